"""Every command, put on the application."""

from flask import Flask

from app.cli import clients, doctor, identities, keys, metrics, worker
from app.cli.tools import Tools
from app.clients.policy import Policy
from app.delivery.housekeeping import Housekeeping
from app.delivery.worker import Worker


def register(app: Flask, tools: Tools) -> None:
    """Put the commands of operators on this application's `flask` command."""
    settings, storage, clock = tools.settings, tools.storage, tools.clock
    chores = Housekeeping(storage, clock, tools.key_lifecycle)
    for command in (
        clients.group(storage, clock, Policy.of(settings)),
        keys.group(storage, clock, tools.key_lifecycle),
        identities.group(storage, clock, tools.data_keys, tools.lookup, tools.sessions),
        metrics.command(settings.metrics_address, settings.data_dir / "metrics"),
        doctor.command(settings, storage, tools.ephemeral, tools.signing_keys, clock),
        worker.command(Worker(chores, clock)),
    ):
        app.cli.add_command(command)
