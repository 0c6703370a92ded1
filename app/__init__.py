"""MostID: a single-sign-on identity bridge. `create_app` builds everything once and passes it down."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flask import Flask
from flask_migrate import Migrate
from prometheus_client import CollectorRegistry

from app import cli
from app.challenges import parts as challenges
from app.challenges.inbound import Inbound
from app.challenges.otp import Otp
from app.challenges.push import Push
from app.challenges.sending import Sender
from app.clients.keys import ClientKeys
from app.clients.logos import Logos
from app.clients.references import References
from app.clients.registry import Clients
from app.clients.sectors import Sectors
from app.grants.access_token import AccessTokens
from app.grants.approvals import Approvals
from app.grants.codes import Codes
from app.grants.detail_types import DetailTypes, load_types
from app.grants.device_requests import DeviceRequests
from app.grants.issue import Mint
from app.grants.refresh import RefreshTokens
from app.identity.linking import Linking
from app.identity.lookups import Lookups
from app.identity.proofs import Proofs
from app.identity.subjects import Subjects
from app.keys.datakeys import DataKeys
from app.keys.keyed import KeyedValues
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from app.keys.lookup import LookupHasher
from app.keys.sealing import Sealer
from app.keys.signed import Signed
from app.keys.signing import SigningKeys
from app.provider import parts as provider
from app.provider import routes as provider_routes
from app.provider.client_certificate import ClientCertificates
from app.provider.dpop import Dpop
from app.sessions.ask import Asks
from app.sessions.browser import BrowserSessions
from app.sessions.others import OtherSessions
from app.sessions.pushed import PushedRequests
from app.signin import parts as signin
from app.signin import routes as signin_routes
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral, open_ephemeral
from app.storage.flask import db
from app.storage.versions import Versions
from app.upstreams.guarded import GuardedFetch
from app.upstreams.http import Http
from app.upstreams.mailru import MailRu
from app.upstreams.mobile_id import MobileId
from app.upstreams.sms import Sms
from app.upstreams.sms_inbox import SmsInbox
from app.upstreams.vkid import VkId
from app.web import headers, health, logs
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.door import Door, Endpoint
from app.web.forms import Forms
from app.web.i18n import Languages
from app.web.metrics import Metrics
from app.web.pages import Pages
from app.web.windows import AddressWindows
from config.settings import Settings

Face = Literal["public"]
SEALED = (
    "session",
    "others",
    "ask",
    "code",
    "access",
    "refresh",
    "jti",
    "device",
    "upstream",
    "challenge",
    "proof",
    "waiting",
    "logout",
)
"""Every purpose that a sealed value has."""
GET = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest rooms, and what is made of them alone."""

    settings: Settings
    clock: Clock
    storage: Storage
    ephemeral: Ephemeral
    keyring: Keyring
    sealer: Sealer
    lookup: LookupHasher
    data_keys: DataKeys
    signing: SigningKeys
    clients: Clients
    sessions: BrowserSessions
    others: OtherSessions
    asks: Asks
    devices: DeviceRequests
    approvals: Approvals
    detail_types: DetailTypes
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class PageKit:
    """What pages are made with."""

    cookies: Cookies
    browser: Browser
    forms: Forms
    pages: Pages


def create_app(settings: Settings, face: Face = "public") -> Flask:
    """The application of one face. What machines ask is answered at the door, in front of Flask's dispatch."""
    if face != "public":
        raise ValueError(f"unknown face {face!r}")
    floor = _floor(settings)
    app = Flask(
        __name__, static_folder="web/static", static_url_path="/static", template_folder="web/templates"
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.request_bytes
    app.url_map.merge_slashes = False  # such a redirect would be made from the Host header (SR-094)
    _bind_database(app, floor)
    pages = _pages(app, floor)
    provider_parts, signin_parts = _provider(floor), _signin(floor, pages)
    app.register_blueprint(
        provider_routes.blueprint(provider_parts, pages.pages, pages.browser, pages.cookies, pages.forms)
    )
    app.register_blueprint(signin_routes.blueprint(signin_parts))
    endpoints = {
        **provider_routes.endpoints(provider_parts, pages.cookies),
        **signin_routes.endpoints(signin_parts),
        "/health/live": Endpoint(health.live, GET),
        "/health/ready": Endpoint(health.ready(floor.ephemeral), GET),
    }
    app.wsgi_app = Door(app.wsgi_app, endpoints, floor.storage, settings, floor.metrics)  # type: ignore[method-assign]
    cli.register(app, _tools(floor))
    return app


def _floor(settings: Settings) -> Floor:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = Clock(settings.clock_file)
    logs.configure(settings.log_level, clock)
    storage = Storage(settings.database, clock, settings.threads + 2)
    ephemeral = open_ephemeral(settings, clock)
    versions, keyring = Versions(storage), Keyring(settings.keys)
    sealer = Sealer(keyring, SEALED)
    sessions = BrowserSessions(sealer, clock, settings.lifetimes)
    return Floor(
        settings=settings,
        clock=clock,
        storage=storage,
        ephemeral=ephemeral,
        keyring=keyring,
        sealer=sealer,
        lookup=LookupHasher(keyring),
        data_keys=DataKeys(keyring),
        signing=SigningKeys(storage, versions, keyring, settings.issuer),
        clients=Clients(storage, versions),
        sessions=sessions,
        others=OtherSessions(sealer, sessions),
        asks=Asks(sealer, ephemeral, clock, settings.lifetimes.ask_s),
        devices=DeviceRequests(ephemeral, clock, settings.lifetimes.device_code_s),
        approvals=Approvals(ephemeral, settings.lifetimes),
        detail_types=load_types(settings.authorization_details_dir),
        metrics=_metrics(),
    )


def _metrics() -> Metrics:
    """Counters of this process; where several share a directory, each writes a file there from its first count on."""
    shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not shared:
        return Metrics(CollectorRegistry())
    Path(shared).mkdir(mode=0o700, parents=True, exist_ok=True)
    return Metrics(None)


def _bind_database(app: Flask, floor: Floor) -> None:
    """Share our engine with commands and migrations."""
    app.extensions["mostid_storage"] = floor.storage
    app.config["SQLALCHEMY_DATABASE_URI"] = floor.settings.database
    db.init_app(app)
    Migrate(app, db, compare_type=True)


def _pages(app: Flask, floor: Floor) -> PageKit:
    cookies = Cookies(floor.settings)
    browser, languages = Browser(cookies), Languages(cookies)
    forms = Forms(Signed(floor.keyring, floor.clock), cookies, browser, floor.settings.issuer)
    pages = Pages(forms, languages, floor.settings.support_url)
    browser.install(app)
    languages.install(app)
    pages.install(app)
    headers.install(app)
    return PageKit(cookies, browser, forms, pages)


def _provider(floor: Floor) -> provider.Parts:
    settings, keyed = floor.settings, KeyedValues(floor.keyring)
    exempt, waiting = settings.profile != "production", max(1, settings.threads // 2)
    client_keys = ClientKeys(GuardedFetch(settings.trusted_origins, waiting), floor.clock, waiting)
    access_tokens = AccessTokens(floor.signing, floor.sealer, settings.issuer)
    return provider.Parts(
        settings=settings,
        storage=floor.storage,
        clock=floor.clock,
        clients=floor.clients,
        client_keys=client_keys,
        references=References(GuardedFetch(settings.trusted_origins, waiting)),
        sectors=Sectors(GuardedFetch(settings.trusted_origins, 1)),
        logos=Logos(GuardedFetch(settings.trusted_origins, 1)),
        ephemeral=floor.ephemeral,
        signing=floor.signing,
        sealer=floor.sealer,
        keyed=keyed,
        data_keys=floor.data_keys,
        codes=Codes(floor.sealer, floor.ephemeral, floor.clock, settings.lifetimes.code_s),
        refresh=RefreshTokens(floor.sealer, floor.clock, settings.lifetimes),
        devices=floor.devices,
        approvals=floor.approvals,
        detail_types=floor.detail_types,
        subjects=Subjects(Lookups(floor.lookup), keyed),
        access_tokens=access_tokens,
        mint=Mint(
            floor.signing, access_tokens, floor.sealer, floor.clock, settings.issuer, settings.lifetimes
        ),
        certificates=ClientCertificates(client_keys, floor.clock),
        dpop=Dpop(settings, floor.ephemeral, keyed, floor.clock),
        sessions=floor.sessions,
        others=floor.others,
        asks=floor.asks,
        pushed=PushedRequests(floor.ephemeral, floor.clock, settings.lifetimes),
        metrics=floor.metrics,
        failures=AddressWindows(floor.clock, settings.limits.client_failures_per_address_minute, exempt),
        starts=AddressWindows(floor.clock, settings.limits.signin_starts_per_address_minute, exempt),
    )


def _signin(floor: Floor, pages: PageKit) -> signin.Parts:
    settings, clock = floor.settings, floor.clock
    http = Http(clock, floor.metrics.event, calls=_calls(settings))
    sender = Sender(settings.sms.pool, settings.sms.queue, floor.metrics.event)
    # Pushes have threads of their own: a dead operator must not hold up what goes to the gateway (SR-192).
    prompter = Sender(settings.sms.pool, settings.sms.queue, floor.metrics.event)
    parts = challenges.build(
        settings,
        storage=floor.storage,
        ephemeral=floor.ephemeral,
        lookup=floor.lookup,
        keyed=KeyedValues(floor.keyring),
        sealer=floor.sealer,
        on_event=floor.metrics.event,
    )
    mobile_id = MobileId(settings.mobile_id, http, clock, issuer=settings.issuer)
    return signin.Parts(
        settings=settings,
        storage=floor.storage,
        clock=clock,
        sealer=floor.sealer,
        clients=floor.clients,
        ephemeral=floor.ephemeral,
        asks=floor.asks,
        devices=floor.devices,
        approvals=floor.approvals,
        detail_types=floor.detail_types,
        sessions=floor.sessions,
        others=floor.others,
        linking=Linking(Lookups(floor.lookup), floor.lookup, floor.data_keys, settings.ways),
        proofs=Proofs(floor.sealer, clock),
        data_keys=floor.data_keys,
        accounts={"mailru": MailRu(settings.mailru, http, clock), "vkid": VkId(settings.vkid, http, clock)},
        otp=Otp(parts, sender, Sms(settings.sms, http)),
        push=Push(parts, prompter, mobile_id),
        inbound=Inbound(parts),
        inbox=SmsInbox(settings.sms),
        pages=pages.pages,
        browser=pages.browser,
        cookies=pages.cookies,
        forms=pages.forms,
        metrics=floor.metrics,
    )


def _calls(settings: Settings) -> dict[str, int]:
    """How many calls an upstream may have at a time: all threads that send, but never all that answer browsers."""
    return {
        "mailru": max(1, settings.threads // 2),
        "vkid": max(1, settings.threads // 2),
        "mobile_id": settings.sms.pool + 1,
        "sms": settings.sms.pool,
    }


def _tools(floor: Floor) -> cli.Tools:
    return cli.Tools(
        settings=floor.settings,
        storage=floor.storage,
        ephemeral=floor.ephemeral,
        clock=floor.clock,
        keyring=floor.keyring,
        signing_keys=floor.signing,
        key_lifecycle=KeyLifecycle(floor.keyring, floor.clock, floor.settings.lifetimes),
        data_keys=floor.data_keys,
        lookup=floor.lookup,
        clients=floor.clients,
        sessions=floor.sessions,
    )
