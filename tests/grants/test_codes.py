"""Codes: sealed values that say everything an exchange needs, to us alone, for a minute."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app.grants.codes import BadCode, Code, Codes, redirect_hash
from app.keys.sealing import Sealer
from app.storage.clock import Clock
from app.storage.ephemeral import SqliteEphemeral
from app.storage.ephemeral.base import Ephemeral
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


Maker = Callable[..., Codes]


@pytest.fixture
def codes(clock: Clock, ephemeral: Ephemeral) -> Maker:
    """Makers of codes over one store, with these keys or the usual ones."""
    return lambda keys=None: Codes(Sealer(keys or keyring(), PURPOSES), ephemeral, clock, 60)


def made(maker: Codes) -> Code:
    return replace(LARGEST, id=maker.new_id())


@pytest.mark.sr("SR-023", "SR-027")
def test_a_code_says_what_was_sealed_and_never_twice_the_same(codes: Maker, clock: Clock) -> None:
    maker = codes()
    code = made(maker)
    texts = {maker.seal(code) for _ in range(50)}
    assert len(texts) == 50
    assert {maker.open(text) for text in texts} == {code}
    assert len({maker.new_id() for _ in range(1000)}) == 1000
    assert abs(born(code.id) - clock.now()) < 2000


@pytest.mark.sr("SR-009", "SR-023")
@pytest.mark.parametrize("letter", ["n", '"', "\x01", "ы", "\U0001f600"])
def test_a_code_fits_into_an_address_whatever_was_asked_for(codes: Maker, letter: str) -> None:
    maker = codes()
    for times in (0, 1, 100, 200, 255, 256, 1_024):
        nonce = (letter * times).encode()[:1_024].decode(errors="ignore")
        code = replace(
            made(maker), nonce=nonce, scope=f"openid {'s' * times}", resource="https://r/" + "r" * times
        )
        text = maker.seal(code)
        assert len(text) <= 1_000
        assert codes().open(text) == code  # another process, the same store
        assert codes().open(text) == code


@pytest.mark.sr("SR-023", "SR-181")
def test_an_ordinary_code_needs_no_store(clock: Clock, tmp_path: Path) -> None:
    sealer, one, other = Sealer(keyring(), PURPOSES), tmp_path / "one.db", tmp_path / "other.db"
    makers = [Codes(sealer, SqliteEphemeral(file, clock), clock, 60) for file in (one, other)]
    code = made(makers[0])
    assert makers[1].open(makers[0].seal(code)) == code
    long = makers[0].seal(replace(code, nonce="n" * 1_024))
    with pytest.raises(BadCode, match="kept no more"):
        makers[1].open(long)


@pytest.mark.sr("SR-023", "SR-074")
def test_what_waits_in_the_store_is_not_exchanged_for_something_else(
    codes: Maker,
) -> None:
    maker = codes()
    code = replace(made(maker), nonce="n" * 1_024)
    text = maker.seal(code)
    maker.seal(replace(code, client_id="thief"))
    with pytest.raises(BadCode):
        maker.open(text)


@pytest.mark.sr("SR-023")
def test_a_code_is_readable_by_us_alone(codes: Maker) -> None:
    maker = codes()
    text = maker.seal(made(maker))
    stranger = codes(keyring(seal=secret("other")))
    with pytest.raises(BadCode):
        stranger.open(text)
    for part in ("openid", "nnnn", "cccc", LARGEST.challenge):
        assert part not in text


@pytest.mark.sr("SR-074")
def test_no_other_sealed_value_is_a_code(codes: Maker) -> None:
    sealer = Sealer(keyring(), PURPOSES)
    maker = codes()
    payload = sealer.open("code", maker.seal(made(maker)))
    for text in (sealer.seal("session", payload), sealer.seal_same("code", payload), "", "A", "x" * 9000):
        with pytest.raises(BadCode):
            maker.open(text)


@pytest.mark.sr("SR-023", "SR-199")
def test_a_code_lives_its_minute_by_any_clock_nearby(codes: Maker, clock_file: ClockFile) -> None:
    maker = codes()
    text = maker.seal(made(maker))
    for seconds, good in ((0, True), (59, True), (61, False), (-9, True), (-11, False), (86_400, False)):
        clock_file.set(seconds)
        if good:
            assert maker.open(text)
        else:
            with pytest.raises(BadCode):
                maker.open(text)


def test_a_code_survives_a_new_sealing_key(codes: Maker) -> None:
    text = codes().seal(made(codes()))
    both = codes(keyring(seal=f"{secret('seal', 2)},{secret('seal')}"))
    assert both.open(text)
