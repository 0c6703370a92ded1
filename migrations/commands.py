"""Migrations without Flask: for tests, and for whoever sets up a database before the application runs."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.storage.clock import Clock
from app.storage.engine import make_engines

HERE = Path(__file__).parent


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision. Safe to call from several processes at once."""
    _run(command.upgrade, url, revision)


def downgrade(url: str, revision: str) -> None:
    """Take a database down to a revision; `base` empties it."""
    _run(command.downgrade, url, revision)


def revisions() -> list[str]:
    """All revisions, first to last. Raises when there is more than one head."""
    scripts = ScriptDirectory.from_config(_config())
    scripts.get_current_head()
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _run(act: Callable[[Config, str], None], url: str, revision: str) -> None:
    engines = make_engines(url, Clock(), 1)
    config = _config()
    config.attributes["engine"] = engines[0]
    try:
        act(config, revision)
    finally:
        for engine in engines:
            engine.dispose()


def _config() -> Config:
    config = Config(HERE / "alembic.ini")
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config
