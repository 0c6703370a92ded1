"""The doctor's look at files: whose they are, and how much room is left."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from app.cli.finding import Finding, error, warning
from config import settings_file
from config.settings import Settings

LITTLE, HARDLY_ANY = 1 << 30, 100 << 20
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_files(settings: Settings) -> Iterator[Finding]:
    """Permissions of everything that holds secrets or people's data (SR-189), and free room on the disk."""
    make = error if settings.profile == "production" else warning
    for file in _own_files(settings):
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & OTHERS:
            wanted = 700 if file.is_dir() else 600
            yield make("file", f"others may use {file} (mode {mode:o})", f"run `chmod {wanted} {file}`")
    if settings.data_dir.exists():
        yield from _room(settings.data_dir)


def _own_files(settings: Settings) -> Iterator[Path]:
    found = [settings_file(), settings.data_dir, *settings.data_dir.glob("*.db*")]
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database:
        database = Path(url.database)
        found += [database, *database.parent.glob(f"{database.name}-*")]
    yield from (file for file in dict.fromkeys(path.absolute() for path in found) if file.exists())


def _room(directory: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(directory).free
    if free < LITTLE:
        make = error if free < HARDLY_ANY else warning
        yield make(
            "file",
            f"{free >> 20} MiB are left for {directory}",
            "make room: without it every write is refused",
        )
