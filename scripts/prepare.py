"""Brings a deployment up to date, in one process: migrations, signing keys, the example services. Safe to repeat."""

import argparse
import sys
from pathlib import Path

from app.clients.policy import Policy
from app.events import audit
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction
from config.load import load
from config.settings import Settings
from migrations.commands import upgrade
from scripts import demo_clients


def main(arguments: list[str]) -> int:
    """Do it for the deployment that MOSTID_ENV_FILE names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.prepare", description=__doc__)
    parser.add_argument("--client-file", type=Path, required=True, help="what the example services read")
    parser.add_argument(
        "origins", nargs="*", metavar="SERVICE=ORIGIN", help="each example service and its address"
    )
    given = parser.parse_args(arguments)
    settings = load()
    upgrade(settings.database)
    storage = Storage(settings.database, Clock(settings.clock_file))
    ensure_keys(settings, storage)
    origins = dict(origin.split("=", 1) for origin in given.origins)
    demo_clients.ensure(storage, Policy.of(settings), given.client_file, origins)
    storage.close()
    return 0


def ensure_keys(settings: Settings, storage: Storage) -> None:
    """Make the first signing keys, as `flask keys ensure` does."""
    lifecycle = KeyLifecycle(Keyring(settings.keys), storage.clock, settings.lifetimes)

    def act(tx: Transaction) -> None:
        for kid in lifecycle.ensure(tx):
            actor, detail = demo_clients.ACTOR, {"kid": kid}
            audit.record(tx, "key.made", storage.clock.now(), actor=actor, detail=detail)

    storage.run(act, write=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
