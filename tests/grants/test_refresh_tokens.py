"""Refresh tokens as the room makes them: neither a dump of the database nor the sealing key alone forges one."""

import secrets
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.grants.refresh import LAYOUT, PURPOSE, BadRefreshToken, RefreshTokens, Replayed, Rotated
from app.grants.tables import grants
from app.keys.keyring import Keyring
from app.keys.sealing import Sealer
from app.storage.clock import Clock
from config.limits import LifetimeSettings
from tests.deployment import Browser, Deploy, Deployment, Service
from tests.identity.world import keyring, secret
from tests.provider.tokens import grant, refresh, tokens

PURPOSES = (PURPOSE, "jti")
IDENTITY, GRANT = UUID(int=1), UUID(int=2)


def room(clock: Clock, keys: Keyring | None = None) -> RefreshTokens:
    return RefreshTokens(Sealer(keys or keyring(), PURPOSES), clock, LifetimeSettings())


def test_a_token_says_its_place_and_is_sealed_the_same_each_time(clock: Clock) -> None:
    text, digest, version = room(clock).new(IDENTITY, GRANT)
    token = room(clock).open(text)
    assert (token.identity_id, token.grant_id, token.generation, version) == (IDENTITY, GRANT, 1, 1)
    assert token.hash == digest
    assert len({room(clock).new(IDENTITY, GRANT)[0] for _ in range(100)}) == 100


@pytest.mark.sr("SR-074")
def test_what_is_no_refresh_token_is_refused(clock: Clock) -> None:
    sealer = Sealer(keyring(), PURPOSES)
    text = room(clock).new(IDENTITY, GRANT)[0]
    payload, _version = sealer.open_same(PURPOSE, text)
    for other in (
        "", "x", text[:-1], text + "A", text.swapcase(), sealer.seal_same("jti", payload), sealer.seal(PURPOSE, payload),
        sealer.seal_same(PURPOSE, payload[:-1]), sealer.seal_same(PURPOSE, payload + b"x"), text + "=", " " + text,
    ):  # fmt: skip
        with pytest.raises(BadRefreshToken):
            room(clock).open(other)


@pytest.fixture
def stolen(deployment: Deployment, browser: Browser, store: Service) -> dict[str, Any]:
    """A token answer, and beside it what a thief may hold."""
    deployment.sign_in(browser)
    return tokens(browser, store)


def test_the_sealing_key_alone_forges_nothing(
    deployment: Deployment, browser: Browser, store: Service, stolen: dict[str, Any]
) -> None:
    row = grant(deployment)
    for generation in (1, 2, 7):
        for family in (secrets.token_bytes(32), bytes(32), row.secret_hash):
            raw = LAYOUT.pack(row.identity_id.bytes, row.id.bytes, generation, family)
            forged = deployment.sealer.seal_same(PURPOSE, raw)
            assert refresh(browser, store, forged).json == {"error": "invalid_grant"}
    assert grant(deployment) == row  # nothing was ended either: a forger cannot sign anybody out
    assert refresh(browser, store, stolen["refresh_token"]).status_code == 200


def test_a_dump_alone_forges_nothing(
    deployment: Deployment, browser: Browser, store: Service, stolen: dict[str, Any]
) -> None:
    """Whoever has all rows and the secret of the family, but not the key, cannot make the next generation."""
    row = grant(deployment)
    stranger = Sealer(keyring(seal=secret("other")), PURPOSES)
    family = deployment.sealer.open_same(PURPOSE, stolen["refresh_token"])[0][-32:]
    raw = LAYOUT.pack(row.identity_id.bytes, row.id.bytes, 1, family)
    assert refresh(browser, store, stranger.seal_same(PURPOSE, raw)).json == {"error": "invalid_grant"}


def test_a_token_of_a_generation_that_never_was_does_nothing(
    deployment: Deployment, browser: Browser, store: Service, stolen: dict[str, Any]
) -> None:
    """After a backup was restored, clients hold tokens that are newer than the rows."""
    newer = refresh(browser, store, stolen["refresh_token"]).json["refresh_token"]
    newest = refresh(browser, store, newer).json["refresh_token"]
    restored = update(grants).values(generation=1)
    deployment.storage.run(lambda tx: tx.execute(restored), write=True)
    assert refresh(browser, store, newest).json == {"error": "invalid_grant"}
    assert grant(deployment).ended_at is None
    assert refresh(browser, store, stolen["refresh_token"]).status_code == 200


def test_a_new_sealing_key_breaks_no_family(deployment: Deployment, browser: Browser, store: Service) -> None:
    """The successor of a lost answer is the same text, whichever key seals new values by then."""
    deployment.sign_in(browser)
    first = tokens(browser, store)["refresh_token"]
    own = deployment.settings.keys.seal.get_secret_value()
    keys = deployment.settings.keys.model_copy(
        update={"seal": type(deployment.settings.keys.seal)(f"{secret('new', 9)},{own}")}
    )
    newer = RefreshTokens(Sealer(Keyring(keys), PURPOSES), deployment.clock, deployment.settings.lifetimes)
    older = RefreshTokens(deployment.sealer, deployment.clock, deployment.settings.lifetimes)

    def rotate(room: RefreshTokens, text: str) -> Rotated | Replayed | None:
        return deployment.storage.run(lambda tx: room.rotate(tx, room.open(text), "store"), write=True)

    rotated = rotate(older, first)
    assert isinstance(rotated, Rotated)
    again = rotate(newer, first)
    assert isinstance(again, Rotated)
    assert again.token == rotated.token
    third = rotate(newer, rotated.token)
    assert isinstance(third, Rotated)
    assert third.grant.seal_version == 9
    with deployment.storage.transaction() as tx:
        assert tx.execute(select(grants.c.generation)).scalar_one() == 3


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a token that stays good is written anew by a new sealing key")
def test_a_token_that_is_kept(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    first = tokens(browser, store)["refresh_token"]
    own = deployment.settings.keys.seal.get_secret_value()
    keys = deployment.settings.keys.model_copy(
        update={"seal": type(deployment.settings.keys.seal)(f"{secret('new', 9)},{own}")}
    )
    newer = RefreshTokens(Sealer(Keyring(keys), PURPOSES), deployment.clock, deployment.settings.lifetimes)
    older = RefreshTokens(deployment.sealer, deployment.clock, deployment.settings.lifetimes)

    def use(room: RefreshTokens, text: str) -> str:
        kept = deployment.storage.run(
            lambda tx: room.rotate(tx, room.open(text), "store", keep=True), write=True
        )
        assert isinstance(kept, Rotated)
        assert kept.grant.generation == 1
        return kept.token

    assert use(older, first) == use(older, first) == first
    renewed = use(newer, first)
    assert renewed != first
    assert use(newer, renewed) == use(newer, first) == renewed
    assert refresh(browser, store, first).status_code == 200  # and it rotates as soon as nobody keeps it


@pytest.mark.sr("SR-035", "SR-036")
def test_the_window_is_counted_by_each_databases_own_clock(deploy: Deploy, storage_url: str) -> None:
    deployment = deploy(database_url=storage_url)
    browser, store = deployment.client(), deployment.register("store")
    deployment.sign_in(browser)
    first = tokens(browser, store)["refresh_token"]
    deployment.clock_file.advance(100)
    second = refresh(browser, store, first).json["refresh_token"]
    deployment.clock_file.advance(8)
    assert refresh(browser, store, first).json["refresh_token"] == second
    deployment.clock_file.advance(3)
    assert refresh(browser, store, first).json == {"error": "invalid_grant"}
    assert grant(deployment).ended_reason == "refresh_replayed"
