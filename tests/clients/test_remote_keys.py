"""Keys that clients publish at their jwks_uri: fetched when needed, not more often, and never lost by a failure."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from app.clients.client import Client, make
from app.clients.keys import ClientKeys
from app.clients.metadata import parse
from app.clients.policy import Policy
from app.keys.foreign import BadForeign, Foreign, read
from app.keys.sealing import encode
from app.storage.clock import Clock
from app.storage.database import Unavailable
from app.upstreams.guarded import GuardedFetch
from tests.services import ClockFile
from tests.upstreams.fakes import Fake, Wire, made, told

RSA = RSAKey.generate_key(2048).as_dict(private=False)


PRIVATE: dict[str, ECKey] = {name: ECKey.generate_key("P-256") for name in ("a", "b", "c")}


def key(name: str) -> dict[str, Any]:
    """The public half of one of the client's keys, whose name is its id."""
    return dict(PRIVATE[name].as_dict(private=False)) | {"kid": name}


@pytest.fixture
def site() -> Iterator[Fake]:
    """The client's own web server."""
    fake = Fake()
    yield fake
    fake.close()


@pytest.fixture
def shop(site: Fake) -> Client:
    return client_of(site, "/keys")


def client_of(site: Fake, path: str) -> Client:
    given = {
        "client_name": "Shop",
        "redirect_uris": ["https://shop.example.com/cb"],
        "jwks_uri": site.url + path,
    }
    return make("shop", parse(given, Policy()), [])


@pytest.fixture
def keys(site: Fake, clock: Clock) -> Iterator[ClientKeys]:
    fetch = GuardedFetch([site.url], 2)
    yield ClientKeys(fetch, clock, 2)
    fetch.close()


def publish(site: Fake, *published: object) -> None:
    site.replies["/keys"] = told({"keys": list(published)})


def signed(kid: str | None, private: ECKey) -> Foreign:
    """A token by this key; it names a key only where an id is given."""
    header = {"alg": "ES256"} | ({"kid": kid} if kid else {})
    body = ".".join(encode(json.dumps(part).encode()) for part in (header, {}))
    signature = encode(JWSRegistry.algorithms["ES256"].sign(body.encode(), private))
    return read(f"{body}.{signature}", ["ES256"])


def serves(keys: ClientKeys, shop: Client, name: str, kid: str | None = "") -> bool:
    """Whether this key's signature passes, with its own id, another one or none."""
    try:
        keys.check(shop, signed(name if kid == "" else kid, PRIVATE[name]))
    except BadForeign:
        return False
    return True


@pytest.mark.rule("OIDC Core", "10.1.1", "a client's new key is fetched when a signature names it")
def test_a_rotation_is_picked_up(site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile) -> None:
    publish(site, key("a"))
    assert serves(keys, shop, "a")
    assert serves(keys, shop, "a", None)
    publish(site, key("b"), key("c"))
    clock_file.advance(10)
    assert serves(keys, shop, "b")
    assert not serves(keys, shop, "a")  # gone at the client, gone here
    assert len(site.received) == 2


@pytest.mark.sr("SR-201")
def test_unknown_ids_cause_one_fetch_in_ten_seconds(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile
) -> None:
    publish(site, key("a"))
    for number in range(50):
        assert not serves(keys, shop, "a", f"x{number}")
    assert len(site.received) == 1
    clock_file.advance(10)
    assert not serves(keys, shop, "a", "y")
    assert len(site.received) == 2


@pytest.mark.rule(
    "OIDC Core", "10.1.1", "a key without an id is replaced too: what the copy does not verify asks anew"
)
@pytest.mark.sr("SR-201")
@pytest.mark.parametrize("kid", [None, "always the same"])
def test_a_key_that_takes_anothers_place(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile, kid: str | None
) -> None:
    """Once in ten seconds, so nobody makes us call a client more often by bad signatures."""
    first, second = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    name = {"kid": kid} if kid else {}
    publish(site, first.as_dict(private=False) | name)
    keys.check(shop, signed(kid, first))
    publish(site, second.as_dict(private=False) | name)
    for _ in range(3):
        with pytest.raises(BadForeign):
            keys.check(shop, signed(kid, second))
    assert len(site.received) == 1
    clock_file.advance(10)
    keys.check(shop, signed(kid, second))
    with pytest.raises(BadForeign):
        keys.check(shop, signed(kid, first))
    assert len(site.received) == 2


BAD = [
    made("", 500), made("", 404), made("", 410), made("", 302, "text/html", "Location: /other"), made("<html>"), told([]),
    told({}), told({"keys": [key("b")] * 21}), made("[" * 60_000), made('{"keys":' + "x" * 70_000), b"garbage\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_the_last_good_copy_serves_for_an_hour_more(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile, bad: bytes
) -> None:
    """A client whose server is down goes on; one that took its address away is impersonated by nobody for ever."""
    site.replies["/keys"] = bad
    assert not serves(keys, shop, "a")
    clock_file.advance(10)
    publish(site, key("a"))
    assert serves(keys, shop, "a")
    site.replies["/keys"] = bad
    clock_file.advance(3_600)
    for _ in range(3):
        assert serves(keys, shop, "a")
    assert len(site.received) == 3
    clock_file.advance(3_570)
    assert serves(keys, shop, "a")
    clock_file.advance(30)
    assert not serves(keys, shop, "a")
    assert not serves(keys, shop, "a", None)
    publish(site, key("a"))
    clock_file.advance(10)
    assert serves(keys, shop, "a")


@pytest.mark.rule(
    "OIDC Core", "10.1.1", "keys that a client takes away stop working within an hour, the last one too"
)
@pytest.mark.parametrize("rest", [[], [RSA | {"n": "AQ"}], [None]], ids=["none", "a weak one", "no key"])
def test_all_keys_are_taken_away(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile, rest: list[object]
) -> None:
    publish(site, key("a"))
    assert serves(keys, shop, "a")
    publish(site, *rest)
    clock_file.advance(3_570)
    assert serves(keys, shop, "a")
    clock_file.advance(30)
    assert not serves(keys, shop, "a")
    publish(site, key("b"))
    clock_file.advance(10)
    assert serves(keys, shop, "b")
    assert not serves(keys, shop, "a")


def test_nothing_else_serves_from_an_old_copy(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile
) -> None:
    """Nobody encrypts to a key of two hours ago either."""
    publish(site, key("a"))
    assert keys.recipient(shop, "ECDH-ES") is not None
    site.replies["/keys"] = made("", 500)
    clock_file.advance(7_170)
    assert keys.recipient(shop, "ECDH-ES") is not None
    clock_file.advance(30)
    assert keys.recipient(shop, "ECDH-ES") is None


def test_keys_that_cannot_be_used_are_passed_over(site: Fake, shop: Client, keys: ClientKeys) -> None:
    """Other curves, weak keys, keys to encrypt with, private keys, two of one id: none of them spoils the rest."""
    other, twice = ECKey.generate_key("P-384").as_dict(private=False), key("a") | {"kid": "twice"}
    secret = PRIVATE["a"].as_dict(private=True) | {"kid": "secret"}
    publish(
        site,
        None,
        {},
        other,
        RSA | {"n": "AQ"},
        secret,
        twice,
        twice,
        key("b") | {"use": "enc"},
        key("c"),
    )
    assert [name for name in PRIVATE if serves(keys, shop, name, None)] == ["c"]


def test_many_at_once_cause_one_fetch(site: Fake, shop: Client, clock: Clock) -> None:
    fetch, asked = GuardedFetch([site.url], 8), threading.Event()

    def slowly(wire: Wire) -> None:
        asked.wait(0.3)
        wire.send(told({"keys": [key("a")]}))

    site.replies["/keys"] = slowly
    keys = ClientKeys(fetch, clock, 8)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: serves(keys, shop, "a"), range(8)))
    fetch.close()
    assert answers == [True] * 8
    assert len(site.received) == 1


@pytest.mark.sr("SR-192")
def test_a_slow_client_holds_up_few(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile
) -> None:
    """Two wait, as many as may; the third is told to come again, and clients whose keys are known go on."""
    publish(site, key("a"))
    assert serves(keys, shop, "a")
    waiting, go_on = threading.Barrier(2), threading.Event()

    def hang(wire: Wire) -> None:
        waiting.wait(5)
        go_on.wait(5)
        wire.send(told({"keys": [key("b")]}))

    site.replies |= {"/slow": hang, "/slow2": hang}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(serves, keys, client_of(site, "/slow"), "b")
        second = pool.submit(serves, keys, client_of(site, "/slow2"), "b")
        while site.most_at_once < 2:
            pass
        with pytest.raises(Unavailable):
            serves(keys, client_of(site, "/third"), "c")
        assert serves(keys, shop, "a")
        clock_file.advance(3_600)
        assert serves(keys, shop, "a")  # the former copy
        go_on.set()
        assert first.result()
        assert second.result()


@pytest.mark.sr("SR-054")
def test_an_address_of_this_machine_is_not_called(site: Fake, shop: Client, clock: Clock) -> None:
    publish(site, key("a"))
    fetch = GuardedFetch([], 1)
    assert not serves(ClientKeys(fetch, clock, 1), shop, "a")
    assert site.connections == 0
    fetch.close()


def test_each_address_has_its_own_copy(site: Fake, shop: Client, keys: ClientKeys) -> None:
    """Changed metadata does not leave the former address's keys in force."""
    publish(site, key("a"))
    site.replies["/new"] = told({"keys": [key("b")]})
    assert serves(keys, shop, "a")
    assert not serves(keys, client_of(site, "/new"), "a")
