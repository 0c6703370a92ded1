"""The WSGI entry point: `wsgi:app`. What must not be served with ends the start with a sentence for each mistake (SR-156)."""

import logging

from flask import Flask

from app import create_app
from app.clients.policy import Policy
from app.clients.registration import misfits
from app.storage.database import Unavailable
from app.storage.ephemeral import WrongPolicy
from config import ConfigurationError, Settings, in_command, load

log = logging.getLogger("mostid.start")


def start() -> Flask:
    """The application of the settings. Raises SystemExit."""
    try:
        settings = load()
        made = create_app(settings)
    except (ConfigurationError, WrongPolicy) as mistake:
        raise SystemExit(str(mistake)) from None
    if settings.profile == "production" and not in_command():  # commands are what mends it
        _refuse_misfits(made, settings)
    return made


def _refuse_misfits(made: Flask, settings: Settings) -> None:
    """Production does not serve a client that a developer's machine registered: on http, or on a domain of nobody's."""
    storage = made.extensions["mostid_storage"]
    try:
        found = storage.run(lambda tx: misfits(tx, Policy.of(settings)))
    except Unavailable as error:
        log.warning("clients could not be checked", extra={"cause": str(error)})
        return
    if found:
        lines = [
            f"client {client_id}: {reason}: disable it and register it anew" for client_id, reason in found
        ]
        raise SystemExit("\n".join(lines))


app = start()
