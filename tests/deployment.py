"""A whole MostID in this process: the application over real stores, browsers, services, and people who are signed in.

Pages and endpoints are met through WSGI, door and all. Only what an upstream or an operator would do is done by the
rooms themselves: registering a service, proving a person.
"""

import base64
import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, update
from werkzeug.test import Client, TestResponse

from app import SEALED, create_app
from app.clients import registration
from app.clients.metadata import parse
from app.clients.policy import Policy
from app.clients.tables import clients
from app.identity.linking import Linking
from app.identity.lookups import Lookups
from app.identity.outcomes import Visit
from app.identity.tables import identities
from app.keys.datakeys import DataKeys
from app.keys.keyring import Keyring
from app.keys.lifecycle import KIND, KeyLifecycle
from app.keys.lookup import LookupHasher
from app.keys.sealing import Sealer
from app.keys.tables import signing_keys
from app.sessions.ask import browser_hash
from app.sessions.browser import BrowserSessions, Proved
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.model import metadata
from app.storage.versions import bump
from app.upstreams.base import Assertion, Evidence
from config import load
from config.secrets import new_env
from config.settings import Settings
from tests.services import ClockFile

ISSUER, HTTPS = "http://localhost:8000", "https://id.shop.ru"
REDIRECT = "http://localhost:8200/callback"
CLAIMS = {"name": "Мария Иванова", "given_name": "Мария", "family_name": "Иванова", "email": "maria@mail.ru"}
FED, PHONE = "urn:mostid:acr:1", "urn:mostid:acr:2"


@dataclass(frozen=True, slots=True)
class Service:
    """A registered client, and the verifier of its next flow."""

    client_id: str
    secret: str | None
    redirect_uri: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def basic(self) -> str:
        """The value of its Authorization header."""
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()

    def request(self, **changed: str | None) -> dict[str, str]:
        """Parameters of an authorization request; None takes one away."""
        asked: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changed).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Person:
    """Who was signed in."""

    identity: UUID
    link: UUID


class Browser(Client):
    """A browser that keeps cookies and calls the deployment by its own address. It follows no redirect by itself."""

    def __init__(self, deployment: "Deployment") -> None:
        super().__init__(deployment.app)
        self.deployment = deployment

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", self.deployment.settings.issuer)
        return super().open(*args, buffered=True, **kwargs)

    def authorize(self, service: Service, **changed: str | None) -> TestResponse:
        """`GET /authorize` with the service's request."""
        return self.get(f"/authorize?{urlencode(service.request(**changed))}")

    def code(self, service: Service, **changed: str | None) -> str:
        """A code for the service; the browser must be signed in."""
        return answered(self.authorize(service, **changed))["code"]

    def follow(self, answer: TestResponse) -> TestResponse:
        """Go along redirects as long as they lead to the deployment itself."""
        for _ in range(8):
            if answer.status_code != 303 or not answer.location.startswith(("/", self.issuer + "/")):
                return answer
            answer = self.get(answer.location.removeprefix(self.issuer))
        raise AssertionError("redirects do not end")

    def cookie(self, kind: str) -> str | None:
        """The value of a cookie of ours."""
        found = self.get_cookie(self.deployment.cookie_name(kind), self.deployment.host)
        return found.value if found else None

    def put_cookie(self, kind: str, value: str) -> None:
        """Have the browser hold this value."""
        secure = self.issuer.startswith("https")
        self.set_cookie(self.deployment.cookie_name(kind), value, domain=self.deployment.host, secure=secure)

    @property
    def issuer(self) -> str:
        return self.deployment.settings.issuer


class Deployment:
    """One MostID over its own stores, on a clock that the test moves."""

    def __init__(self, directory: Path, clock_file: ClockFile, **settings: Any) -> None:
        file = directory / "mostid.env"
        file.write_text(_environment())
        chosen: dict[str, Any] = {
            "data_dir": directory,
            "clock_file": clock_file.path,
            "issuer": ISSUER,
            "log_level": "WARNING",
        }
        self.settings: Settings = load(file, **(chosen | settings))
        self.clock_file, self.clock = clock_file, Clock(clock_file.path)
        if not self.settings.database_url:
            (directory / "mostid.db").write_bytes(_template().database)
        self.app = create_app(self.settings)
        self.storage: Storage = self.app.extensions["mostid_storage"]
        keyring = Keyring(self.settings.keys)
        self.sealer = Sealer(keyring, SEALED)
        self.sessions = BrowserSessions(self.sealer, self.clock, self.settings.lifetimes)
        self._hasher, self._data_keys = LookupHasher(keyring), DataKeys(keyring)
        if self.settings.database_url:
            _prepare(self.storage)

    def client(self) -> Browser:
        """A new browser without cookies."""
        return Browser(self)

    @property
    def host(self) -> str:
        return urlsplit(self.settings.issuer).hostname or ""

    def cookie_name(self, kind: str) -> str:
        return ("__Host-mostid_" if self.settings.secure else "mostid_") + kind

    def register(self, client_id: str | None = None, **members: Any) -> Service:
        """A service of our own ecosystem, unless its metadata says otherwise."""
        wanted: dict[str, Any] = {
            "client_name": "Витрина",
            "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code", "refresh_token"],
            "allowed_scopes": ["openid", "profile", "email", "phone", "offline_access"],
            "first_party": True,
        } | members
        registered = self.storage.run(
            lambda tx: registration.add(tx, parse(wanted, Policy()), self.clock.now(), client_id=client_id),
            write=True,
        )
        first = next(iter(wanted["redirect_uris"]), "")
        return Service(registered.client_id, registered.secret, first)

    def change(self, service: Service, **members: Any) -> None:
        """Change a service's metadata, as an operator does; this process knows within a second."""

        def act(tx: Any) -> None:
            row = tx.execute(select(clients).where(clients.c.client_id == service.client_id)).one()
            given = {name: value for name, value in row.metadata.items() if name != "scope"} | members
            document = parse(given, Policy()).document()
            tx.execute(
                update(clients).where(clients.c.client_id == service.client_id).values(metadata=document)
            )
            bump(tx, "clients")

        self.storage.run(act, write=True)
        self.clock_file.advance(2)

    def disable(self, service: Service) -> None:
        """Stop a service; every process knows within a second."""
        self.storage.run(lambda tx: registration.disable(tx, service.client_id, self.clock.now()), write=True)

    def sign_in(
        self,
        browser: Browser,
        subject: str = "1",
        *,
        provider: str = "mailru",
        claims: Mapping[str, str] = CLAIMS,
        acr: str = FED,
        shared: bool = False,
    ) -> Person:
        """Sign a person in as the end of the journey does: resolve the proof, open the session, set the cookies."""
        if browser.cookie("browser") is None:
            browser.put_cookie("browser", secrets.token_urlsafe(16))
        id_hash = browser_hash(browser.cookie("browser") or "")
        amr = ("fed",) if provider == "mailru" else ("sms", "otp")
        evidence = Evidence(amr, acr, self.clock.now(), "")
        assertion = Assertion(provider, subject, evidence, claims, frozenset({"email"}) & claims.keys())
        linking = Linking(Lookups(self._hasher), self._hasher, self._data_keys, ("mailru", "phone"))

        def act(tx: Any) -> tuple[Person, str]:
            outcome = linking.resolve(tx, assertion, Visit(now=self.clock.now()))
            assert outcome.root is not None, outcome
            assert outcome.link_id is not None, outcome
            proved = Proved(outcome.root, outcome.link_id, self.clock.now(), outcome.acr, outcome.amr)
            known = self.sessions.find(tx, browser.cookie("sid"))
            cookie = self.sessions.open(tx, proved, bytes.fromhex(id_hash), shared=shared, known=known)
            return Person(outcome.root, outcome.link_id), cookie

        person, cookie = self.storage.run(act, write=True)
        browser.put_cookie("sid", cookie)
        return person

    def set_status(self, person: Person, status: str) -> None:
        """Have a person be blocked, parked, …, as the row says."""
        statement = update(identities).where(identities.c.id == person.identity).values(status=status)
        self.storage.run(lambda tx: tx.execute(statement), write=True)

    def rows(self, table: str) -> list[Any]:
        """All rows of a table."""
        with self.storage.transaction() as tx:
            return list(tx.execute(select(metadata.tables[table])).all())

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements that are executed meanwhile, BEGIN apart."""
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith("BEGIN"):
                seen.append(statement)

        engines = (self.storage.writer, self.storage.reader)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)


def answered(answer: TestResponse) -> dict[str, str]:
    """The parameters of a redirect to a service."""
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(tmp_path: Path, clock_file: ClockFile) -> Iterator[Deploy]:
    """Makes a deployment; keywords are settings: `deploy(issuer=HTTPS)`."""
    made: list[Deployment] = []

    def make(**settings: Any) -> Deployment:
        directory = tmp_path / f"mostid-{len(made)}"
        directory.mkdir()
        made.append(Deployment(directory, clock_file, **settings))
        return made[-1]

    yield make
    for deployment in made:
        deployment.storage.close()


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    """A deployment on SQLite with the settings of a checkout."""
    return deploy()


@cache
def _environment() -> str:
    """One set of keys for all deployments of a test process: making them costs more than most tests."""
    return new_env(profile="testing")


@dataclass(frozen=True, slots=True)
class Template:
    """What every deployment of a test process begins with."""

    database: bytes
    """A SQLite file with all tables and signing keys."""
    signing_keys: list[dict[str, Any]]


@cache
def _template() -> Template:
    """Made once: signing keys and tables cost more than most tests."""
    with tempfile.TemporaryDirectory(prefix="mostid-template-") as directory:
        file = Path(directory) / "mostid.env"
        file.write_text(_environment())
        settings = load(file, data_dir=Path(directory))
        storage = Storage(settings.database, Clock())
        metadata.create_all(storage.writer)
        lifecycle = KeyLifecycle(Keyring(settings.keys), Clock(), settings.lifetimes)
        storage.run(lifecycle.ensure, write=True)
        with storage.transaction() as tx:
            keys = [dict(row) for row in tx.execute(select(signing_keys)).mappings()]
        storage.close()  # the last connection moves the write-ahead log into the file
        return Template((Path(directory) / "mostid.db").read_bytes(), keys)


def _prepare(storage: Storage) -> None:
    """Give a database that has its tables the signing keys of the template, unless another deployment has."""

    def act(tx: Any) -> None:
        if tx.execute(select(signing_keys.c.kid)).first() is not None:
            return
        bump(tx, KIND)
        tx.execute(insert(signing_keys), _template().signing_keys)

    storage.run(act, write=True)
