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


def key(kid: str) -> dict[str, Any]:
    return dict(ECKey.generate_key("P-256").as_dict(private=False)) | {"kid": kid}


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


def found(keys: ClientKeys, shop: Client, kid: str | None) -> list[str | None]:
    return [one.kid for one in keys.find(shop, kid, "ES256")]


@pytest.mark.rule("OIDC Core", "10.1.1", "a client's new key is fetched when a signature names it")
def test_a_rotation_is_picked_up(site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile) -> None:
    publish(site, key("a"))
    assert found(keys, shop, "a") == ["a"]
    assert found(keys, shop, None) == ["a"]
    publish(site, key("b"), key("c"))
    clock_file.advance(10)
    assert found(keys, shop, "b") == ["b"]
    assert found(keys, shop, "a") == []  # gone at the client, gone here
    assert len(site.received) == 2


@pytest.mark.sr("SR-201")
def test_unknown_ids_cause_one_fetch_in_ten_seconds(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile
) -> None:
    publish(site, key("a"))
    for number in range(50):
        assert found(keys, shop, f"x{number}") == []
    assert len(site.received) == 1
    clock_file.advance(10)
    assert found(keys, shop, "y") == []
    assert len(site.received) == 2


def signed(kid: str | None, private: ECKey) -> Foreign:
    """A token by this key; it names a key only where an id is given."""
    header = {"alg": "ES256"} | ({"kid": kid} if kid else {})
    body = ".".join(encode(json.dumps(part).encode()) for part in (header, {}))
    signature = encode(JWSRegistry.algorithms["ES256"].sign(body.encode(), private))
    return read(f"{body}.{signature}", ["ES256"])


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


@pytest.mark.parametrize("bad", [
    made("", 500), made("", 404), made("", 302, "text/html", "Location: /other"), made("<html>"), told({"keys": []}),
    told([]), told({"keys": [RSA | {"n": "AQ"}]}), made("[" * 60_000), made('{"keys":' + "x" * 70_000), b"garbage\r\n\r\n",
])  # fmt: skip
def test_the_last_good_copy_serves_while_fetching_fails(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile, bad: bytes
) -> None:
    site.replies["/keys"] = bad
    assert found(keys, shop, "a") == []
    clock_file.advance(10)
    publish(site, key("a"))
    assert found(keys, shop, "a") == ["a"]
    site.replies["/keys"] = bad
    clock_file.advance(3_600)
    for _ in range(3):
        assert found(keys, shop, "a") == ["a"]
    assert len(site.received) == 3
    publish(site, key("b"))
    clock_file.advance(10)
    assert found(keys, shop, "a") == []


def test_keys_that_cannot_be_used_are_passed_over(site: Fake, shop: Client, keys: ClientKeys) -> None:
    """Other curves, weak keys, keys to encrypt with, private keys, two of one id: none of them spoils the rest."""
    other, twice = ECKey.generate_key("P-384").as_dict(private=False), key("twice")
    secret = ECKey.generate_key("P-256", {"kid": "secret"}).as_dict(private=True)
    publish(
        site,
        None,
        {},
        other,
        RSA | {"n": "AQ"},
        secret,
        twice,
        twice,
        key("enc") | {"use": "enc"},
        key("good"),
    )
    assert found(keys, shop, None) == ["good"]


def test_many_at_once_cause_one_fetch(site: Fake, shop: Client, clock: Clock) -> None:
    fetch, asked = GuardedFetch([site.url], 8), threading.Event()

    def slowly(wire: Wire) -> None:
        asked.wait(0.3)
        wire.send(told({"keys": [key("a")]}))

    site.replies["/keys"] = slowly
    keys = ClientKeys(fetch, clock, 8)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: found(keys, shop, "a"), range(8)))
    fetch.close()
    assert answers == [["a"]] * 8
    assert len(site.received) == 1


@pytest.mark.sr("SR-192")
def test_a_slow_client_holds_up_few(
    site: Fake, shop: Client, keys: ClientKeys, clock_file: ClockFile
) -> None:
    """Two wait, as many as may; the third is told to come again, and clients whose keys are known go on."""
    publish(site, key("a"))
    assert found(keys, shop, "a") == ["a"]
    waiting, go_on = threading.Barrier(2), threading.Event()

    def hang(wire: Wire) -> None:
        waiting.wait(5)
        go_on.wait(5)
        wire.send(told({"keys": [key("b")]}))

    site.replies |= {"/slow": hang, "/slow2": hang}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(found, keys, client_of(site, "/slow"), "b")
        second = pool.submit(found, keys, client_of(site, "/slow2"), "b")
        while site.most_at_once < 2:
            pass
        with pytest.raises(Unavailable):
            found(keys, client_of(site, "/third"), "c")
        assert found(keys, shop, "a") == ["a"]
        clock_file.advance(3_600)
        assert found(keys, shop, "a") == ["a"]  # the former copy
        go_on.set()
        assert (first.result(), second.result()) == (["b"], ["b"])


@pytest.mark.sr("SR-054")
def test_an_address_of_this_machine_is_not_called(site: Fake, shop: Client, clock: Clock) -> None:
    publish(site, key("a"))
    fetch = GuardedFetch([], 1)
    assert found(ClientKeys(fetch, clock, 1), shop, "a") == []
    assert site.connections == 0
    fetch.close()


def test_each_address_has_its_own_copy(site: Fake, shop: Client, keys: ClientKeys) -> None:
    """Changed metadata does not leave the former address's keys in force."""
    publish(site, key("a"))
    site.replies["/new"] = told({"keys": [key("b")]})
    assert found(keys, shop, "a") == ["a"]
    assert found(keys, client_of(site, "/new"), "a") == []
