"""A database with three services and one signed-in person, and the settings of the server that will read it."""

import secrets
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from app.clients import registration
from app.clients.metadata import parse
from app.clients.policy import Policy
from app.identity.linking import Linking
from app.identity.lookups import Lookups
from app.identity.outcomes import Visit
from app.keys.datakeys import DataKeys
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from app.keys.lookup import LookupHasher
from app.keys.sealing import Sealer
from app.sessions.ask import browser_hash
from app.sessions.browser import BrowserSessions, Proved
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction
from app.storage.model import metadata
from app.upstreams.base import Assertion, Evidence
from bench.scenarios import DEVICE_CODE, REDIRECT, SCOPE
from bench.setting import Secret, Setting
from config import load
from config.limits import LifetimeSettings
from config.secrets import new_env

CLAIMS = {"name": "Мария Иванова", "given_name": "Мария", "family_name": "Иванова", "email": "maria@mail.ru"}


def prepare(
    directory: Path, database_url: str, redis_url: str, algorithm: str
) -> tuple[dict[str, str], Setting]:
    """Environment for the server, and what the driver needs."""
    file = directory / "mostid.env"
    file.write_text(new_env())
    settings = load(file, data_dir=directory, database_url=database_url, redis_url=redis_url)
    clock = Clock()
    storage = Storage(settings.database, clock)
    keyring = Keyring(settings.keys)
    metadata.create_all(storage.writer)
    browser, key = secrets.token_urlsafe(16), ECKey.generate_key("P-256")
    with storage.transaction(write=True) as tx:
        KeyLifecycle(keyring, clock, settings.lifetimes).ensure(tx)
        service, opaque, signer = (
            registration.add(tx, parse(wanted, Policy(production=False)), clock.now())
            for wanted in _services(algorithm, key)
        )
        cookie = _signed_in(tx, keyring, clock, settings.lifetimes, browser)
    storage.close()
    return _environment(file, database_url, redis_url), Setting(
        issuer=settings.issuer,
        cookies=f"mostid_browser={browser}; mostid_sid={cookie}",
        service=Secret(service.client_id, service.secret or ""),
        opaque=Secret(opaque.client_id, opaque.secret or ""),
        signer=signer.client_id,
        key=key,
    )


def _environment(file: Path, database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "MOSTID_ENV_FILE": str(file),
        "MOSTID_DATA_DIR": str(file.parent),
        "MOSTID_DATABASE_URL": database_url,
        "MOSTID_REDIS_URL": redis_url,
        "MOSTID_LOG_LEVEL": "WARNING",
        "MOSTID_LIMITS__SIGNIN_STARTS_PER_ADDRESS_MINUTE": "10000000",
    }


def _services(algorithm: str, key: ECKey) -> tuple[dict[str, Any], ...]:
    """The usual one, the same with opaque access tokens, and one that signs assertions."""
    usual = {
        "client_name": "Bench",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE],
        "allowed_scopes": [*SCOPE.split(), "catalogue.read"],
        "first_party": True,
        "id_token_signed_response_alg": algorithm,
    }
    signing = {
        "client_name": "Bench",
        "grant_types": ["client_credentials"],
        "allowed_scopes": ["catalogue.read"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    return usual, usual | {"access_token_format": "opaque"}, signing


def _signed_in(
    tx: Transaction, keyring: Keyring, clock: Clock, lifetimes: LifetimeSettings, browser: str
) -> str:
    """The session cookie of a person who has just signed in."""
    evidence = Evidence(("fed",), "urn:mostid:acr:1", clock.now(), "")
    assertion = Assertion("mailru", "1", evidence, CLAIMS, frozenset({"email"}))
    hasher = LookupHasher(keyring)
    linking = Linking(Lookups(hasher), hasher, DataKeys(keyring), ("mailru",))
    outcome = linking.resolve(tx, assertion, Visit(now=clock.now()))
    if outcome.root is None or outcome.link_id is None:
        raise SystemExit("the bench could not sign its person in")
    sessions = BrowserSessions(Sealer(keyring, ("session",)), clock, lifetimes)
    proved = Proved(outcome.root, outcome.link_id, clock.now(), outcome.acr, outcome.amr)
    return sessions.open(tx, proved, bytes.fromhex(browser_hash(browser)), shared=False, known=None)
