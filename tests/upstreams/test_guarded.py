"""The guarded fetcher: whatever address a client gives, we call nobody but public machines by https (SR-054)."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.upstreams.base import UpstreamError
from app.upstreams.guarded import GuardedFetch, is_public
from tests.upstreams.certificates import Authority
from tests.upstreams.fakes import Fake, Wire, made, told

KEYS: dict[str, Any] = {"keys": []}
NOT_PUBLIC = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:53aa:64c::", "2001:db8::1", "no address", "",
)  # fmt: skip


@pytest.fixture
def guarded(few_authorities: Path) -> Iterator[Callable[..., GuardedFetch]]:
    opened: list[GuardedFetch] = []

    def make(*trusted: str, calls: int = 2) -> GuardedFetch:
        opened.append(GuardedFetch(trusted, calls))
        return opened[-1]

    yield make
    for fetch in opened:
        fetch.close()


def names_lead(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Have the system's look-up give these addresses, one after another, then the last for ever."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.sr("SR-054")
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "217.69.139.200", "2a00:1450:4010:c05::64"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.sr("SR-054")
@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "[::1]", "0", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "shop.localhost", "user@127.0.0.1", "user:word@localhost",
    "127.0.0.1.", "LOCALHOST", "%6cocalhost", "localhost%00.shop.ru", "１２７.0.0.1",
])  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_this_machine_is_never_called(
    fake: Fake, guarded: Callable[..., GuardedFetch], scheme: str, host: str
) -> None:
    with pytest.raises(UpstreamError):
        guarded().get("client_keys", f"{scheme}://{host}:{fake.port}/keys")
    assert fake.connections == 0


@pytest.mark.sr("SR-054")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "10.1.1.1", "::ffff:127.0.0.1"])
def test_a_name_of_a_private_address_is_not_called(
    fake: Fake, guarded: Callable[..., GuardedFetch], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    names_lead(monkeypatch, address)
    with pytest.raises(UpstreamError) as caught:
        guarded().get("client_keys", f"https://shop.example.com:{fake.port}/keys")
    assert "not a public address" in caught.value.detail
    assert fake.connections == 0


@pytest.mark.sr("SR-054")
def test_a_name_is_looked_up_once(
    fake: Fake, guarded: Callable[..., GuardedFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer would be this machine, and is never asked for."""
    asked = names_lead(monkeypatch, "8.8.8.8", "127.0.0.1")
    called: list[str] = []

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        called.append(address[0])
        raise OSError("unreachable")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(UpstreamError):
        guarded().get("client_keys", f"https://shop.example.com:{fake.port}/keys")
    assert (asked, called, fake.connections) == (["shop.example.com"], ["8.8.8.8"], 0)


@pytest.mark.parametrize("url", [
    "", "keys", "ftp://shop.ru/", "file:///etc/passwd", "http://shop.ru/keys", "https://", "https:///keys", "//shop.ru/",
    "https://shop.ru:0/", "https://shop.ru:99999/", "https://[::1/", "gopher://shop.ru/", "https://user@shop.ru/",
])  # fmt: skip
def test_only_plain_https_is_tried(
    guarded: Callable[..., GuardedFetch], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked = names_lead(monkeypatch, "8.8.8.8")
    with pytest.raises(UpstreamError):
        guarded().get("client_keys", url)
    assert asked == []


def test_development_trusts_single_origins(
    fakes: Callable[..., Fake], guarded: Callable[..., GuardedFetch]
) -> None:
    """The very origin alone: not its neighbour on another port, nor under another name."""
    fake, other = fakes(), fakes()
    fake.replies["/keys"] = other.replies["/keys"] = told(KEYS)
    fetch = guarded(fake.url)
    assert json.loads(fetch.get("client_keys", f"{fake.url}/keys").body) == KEYS
    for url in (
        f"{other.url}/keys",
        f"http://localhost:{fake.port}/keys",
        f"http://u@127.0.0.1:{fake.port}/keys",
    ):
        with pytest.raises(UpstreamError):
            fetch.get("client_keys", url)
    assert (fake.connections, other.connections) == (1, 0)


def test_a_trusted_name_stays_on_this_machine(
    fake: Fake, guarded: Callable[..., GuardedFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead(monkeypatch, "10.0.0.1")
    with pytest.raises(UpstreamError):
        guarded(fake.url).get("client_keys", f"{fake.url}/keys")


@pytest.mark.sr("SR-054", "SR-119")
def test_certificates_are_verified(
    fakes: Callable[..., Fake],
    guarded: Callable[..., GuardedFetch],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    good, bad = fakes(tls=authority.server("localhost")), fakes(tls=authority.server("other.example"))
    good.replies["/keys"] = bad.replies["/keys"] = told(KEYS)
    fetch = guarded(good.url, bad.url)
    assert fetch.get("client_keys", f"{good.url}/keys").is_success
    with pytest.raises(UpstreamError):
        fetch.get("client_keys", f"{bad.url}/keys")
    assert bad.received == []


@pytest.mark.sr("SR-054")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    fakes: Callable[..., Fake], guarded: Callable[..., GuardedFetch], status: int
) -> None:
    fake, inner = fakes(), fakes()
    fake.replies["/keys"] = made("", status, "text/plain", f"Location: {inner.url}/secret")
    with pytest.raises(UpstreamError):
        guarded(fake.url, inner.url).get("client_keys", f"{fake.url}/keys")
    assert inner.connections == 0


@pytest.mark.sr("SR-054")
def test_what_is_too_large_is_not_read(fake: Fake, guarded: Callable[..., GuardedFetch]) -> None:
    fake.replies["/keys"] = made("x" * 65_537)
    with pytest.raises(UpstreamError, match="malformed"):
        guarded(fake.url).get("client_keys", f"{fake.url}/keys")


@pytest.mark.sr("SR-054")
def test_a_slow_answer_is_left_behind_after_three_seconds(
    fake: Fake, guarded: Callable[..., GuardedFetch]
) -> None:
    def drip(wire: Wire) -> None:
        wire.drip(made("x" * 4_000))

    fake.replies["/keys"] = drip
    started = time.monotonic()
    with pytest.raises(UpstreamError, match="unavailable"):
        guarded(fake.url).get("client_keys", f"{fake.url}/keys")
    assert 2.5 < time.monotonic() - started < 8
