"""Every command, put on the application."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.cli import clients, doctor, identities, keys, metrics, worker
from app.cli.output import refuse
from app.cli.tools import Tools
from app.clients.logos import Logos
from app.clients.policy import Policy
from app.clients.sectors import Sectors
from app.delivery.housekeeping import Housekeeping
from app.delivery.worker import Worker
from app.storage.database import Unavailable
from app.upstreams.guarded import GuardedFetch


def register(app: Flask, tools: Tools) -> None:
    """Put the commands of operators on this application's `flask` command."""
    settings, storage, clock = tools.settings, tools.storage, tools.clock
    chores = Housekeeping(storage, tools.ephemeral, clock, tools.key_lifecycle)
    fetch = GuardedFetch(settings.trusted_origins, 1)
    sectors, logos = Sectors(fetch), Logos(fetch)
    for command in (
        clients.group(
            storage, clock, Policy.of(settings), sectors, logos, settings.authorization_details_dir
        ),
        keys.group(storage, clock, tools.key_lifecycle),
        identities.group(tools),
        metrics.command(settings.metrics_address, settings.data_dir / "metrics"),
        doctor.command(settings, storage, tools.ephemeral, tools.signing_keys, clock),
        worker.command(Worker(chores, clock)),
    ):
        _excuse(command)
        app.cli.add_command(command)


def _excuse(command: click.Command) -> None:
    """Have a command, or each of a group, end with one sentence where the database cannot be used."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            _excuse(one)
    elif command.callback is not None:
        command.callback = _excused(command.callback)


def _excused(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def excused(*arguments: Any, **options: Any) -> Any:
        try:
            return act(*arguments, **options)
        except (Unavailable, DBAPIError) as error:
            refuse(f"the database cannot be used ({type(error).__name__}); run `flask doctor` to learn why")

    return excused
