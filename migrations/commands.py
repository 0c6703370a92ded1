"""Migrations without Flask: for tests, for whoever sets up a database before the application runs, and for writing one.

`python -m migrations.commands "what it does"` writes the next revision.
"""

import sys
import tempfile
from argparse import Namespace
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


def revise(message: str) -> bool:
    """Write the revision that leads from the last one to the tables as the rooms declare them.

    They are compared on a database that is made for it, so no deployment is needed. False where nothing differs.
    """
    written = False

    def act(config: Config, _: str) -> None:
        nonlocal written
        config.cmd_opts = Namespace(autogenerate=True)
        written = bool(command.revision(config, message, autogenerate=True))

    with tempfile.TemporaryDirectory(prefix="mostid-migration-") as directory:
        url = f"sqlite:///{directory}/truth.db"
        upgrade(url)
        _run(act, url, "head")
    return written


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


if __name__ == "__main__":
    if not revise(sys.argv[1]):
        sys.stdout.write("the tables are as the last revision left them: there is nothing to write\n")
