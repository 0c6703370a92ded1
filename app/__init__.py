"""MostID: a single-sign-on identity bridge. `create_app` builds everything once and passes it down."""

import os
from dataclasses import dataclass
from typing import Literal

from flask import Flask
from flask_migrate import Migrate

from app import cli, provider, signin  # noqa: F401  # the rooms of level 7
from app.challenges.budget import Budget
from app.challenges.otp import Otp
from app.challenges.push import Push
from app.challenges.sending import Sender
from app.clients.registry import Clients
from app.grants.codes import Codes
from app.grants.issue import Mint
from app.grants.refresh import RefreshTokens
from app.identity.linking import Linking
from app.identity.proofs import Proofs
from app.keys.datakeys import DataKeys
from app.keys.keyed import KeyedValues
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from app.keys.lookup import LookupHasher
from app.keys.sealing import Sealer
from app.keys.signed import Signed
from app.keys.signing import SigningKeys
from app.provider import parts as provider_parts, routes as provider_routes
from app.sessions.ask import Asks
from app.sessions.browser import BrowserSessions
from app.signin import parts as signin_parts, routes as signin_routes
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral, open_ephemeral
from app.storage.flask import db
from app.storage.versions import Versions
from app.upstreams.http import Http
from app.upstreams.mailru import MailRu
from app.upstreams.mobile_id import MobileId
from app.upstreams.sms import Sms
from app.web import health, logs
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.door import Door
from app.web.forms import Forms
from app.web.metrics import Metrics
from app.web.pages import Pages
from app.web.windows import AddressWindows
from config.settings import Settings

Face = Literal["public"]
SEALED = ("session", "ask", "code", "refresh", "jti", "device", "upstream", "challenge", "proof")
"""Every purpose that a sealed value has."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest rooms, shared by everything above."""

    settings: Settings
    clock: Clock
    storage: Storage
    ephemeral: Ephemeral
    versions: Versions
    keyring: Keyring
    sealer: Sealer
    metrics: Metrics


def create_app(settings: Settings, face: Face = "public") -> Flask:
    """The application of one face. What machines ask is answered at the door, in front of Flask's dispatch."""
    if face != "public":
        raise ValueError(f"unknown face {face!r}")
    floor = _floor(settings)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.request_bytes
    app.extensions["mostid_storage"] = floor.storage
    _bind_database(app)
    signing = SigningKeys(floor.storage, floor.versions, floor.keyring, settings.issuer)
    clients = Clients(floor.storage, floor.versions)
    sessions = BrowserSessions(floor.sealer, floor.clock, settings.lifetimes)
    asks = Asks(floor.sealer, floor.ephemeral, floor.clock, settings.lifetimes.ask_s)
    app.wsgi_app = Door(app.wsgi_app, {}, floor.storage, settings, floor.metrics)  # type: ignore[method-assign]
    return app
