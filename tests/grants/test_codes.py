"""Codes: sealed values that say everything an exchange needs, to us alone, for a minute."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.grants.codes import BadCode, Code, Codes, redirect_hash
from app.keys.keyring import Keyring
from app.keys.sealing import Sealer
from app.storage.clock import Clock
from app.storage.ids import born
from tests.identity.world import keyring, secret
from tests.services import ClockFile

PURPOSES = ("code", "refresh", "session")
LARGEST = Code(
    id=UUID(int=0),
    identity_id=UUID(int=1),
    session_id=UUID(int=2),
    link_id=UUID(int=3),
    client_id="c" * 48,
    redirect_hash=redirect_hash("https://shop.example/callback"),
    challenge="x" * 43,
    scope="openid profile email phone address offline_access",
    nonce="n" * 384,
    resource="https://id.example.ru",
    auth_time=1_700_000_000_123,
    acr="urn:mostid:acr:1",
    amr=("fed", "sms", "otp"),
)


def codes(clock: Clock, keys: Keyring | None = None) -> Codes:
    return Codes(Sealer(keys or keyring(), PURPOSES), clock, 60)


def made(maker: Codes) -> Code:
    return replace(LARGEST, id=maker.new_id())


@pytest.mark.sr("SR-023", "SR-027")
def test_a_code_says_what_was_sealed_and_never_twice_the_same(clock: Clock) -> None:
    maker = codes(clock)
    code = made(maker)
    texts = {maker.seal(code) for _ in range(50)}
    assert len(texts) == 50
    assert {maker.open(text) for text in texts} == {code}
    assert len({maker.new_id() for _ in range(1000)}) == 1000
    assert abs(born(code.id) - clock.now()) < 2000


@pytest.mark.sr("SR-023")
def test_the_largest_code_fits_into_an_address(clock: Clock) -> None:
    assert len(codes(clock).seal(made(codes(clock)))) <= 1_000


@pytest.mark.sr("SR-023")
def test_a_code_is_readable_by_us_alone(clock: Clock) -> None:
    maker = codes(clock)
    text = maker.seal(made(maker))
    stranger = codes(clock, keyring(seal=secret("other")))
    with pytest.raises(BadCode):
        stranger.open(text)
    for part in ("openid", "nnnn", "cccc", LARGEST.challenge):
        assert part not in text


@pytest.mark.sr("SR-074")
def test_no_other_sealed_value_is_a_code(clock: Clock) -> None:
    sealer = Sealer(keyring(), PURPOSES)
    maker = Codes(sealer, clock, 60)
    payload = sealer.open("code", maker.seal(made(maker)))
    for text in (sealer.seal("session", payload), sealer.seal_same("code", payload), "", "A", "x" * 9000):
        with pytest.raises(BadCode):
            maker.open(text)


@pytest.mark.sr("SR-023", "SR-199")
def test_a_code_lives_its_minute_by_any_clock_nearby(clock: Clock, clock_file: ClockFile) -> None:
    maker = codes(clock)
    text = maker.seal(made(maker))
    for seconds, good in ((0, True), (59, True), (61, False), (-9, True), (-11, False), (86_400, False)):
        clock_file.set(seconds)
        if good:
            assert maker.open(text)
        else:
            with pytest.raises(BadCode):
                maker.open(text)


def test_a_code_survives_a_new_sealing_key(clock: Clock) -> None:
    text = codes(clock).seal(made(codes(clock)))
    both = codes(clock, keyring(seal=f"{secret('seal', 2)},{secret('seal')}"))
    assert both.open(text)
