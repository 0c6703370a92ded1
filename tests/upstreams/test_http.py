"""The client: bounded in time and size, follows nothing, believes no environment."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from tests.upstreams.fakes import Fake, Reply, Wire, made

SLACK_S = 0.7
"""What a busy machine may add to a deadline."""


@contextmanager
def failing(kind: str, within_s: float = 30) -> Iterator[pytest.ExceptionInfo[UpstreamError]]:
    began = time.monotonic()
    with pytest.raises(UpstreamError) as caught:
        yield caught
    assert caught.value.kind == kind, caught.value.detail
    assert caught.value.provider == "mailru"
    assert time.monotonic() - began < within_s + SLACK_S


def test_a_form_is_posted_with_basic_authentication(http: Http, fake: Fake) -> None:
    fake.replies["/token"] = made("{}", 200, "text/plain")
    response = http.post("mailru", fake.url + "/token", form={"a": "ё &="}, auth=("me", "пароль"))
    assert (response.status, response.body, response.content_type) == (200, b"{}", "text/plain")
    (request,) = fake.received
    assert (request.method, request.form) == ("POST", {"a": "ё &="})
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"] == "Basic bWU60L/QsNGA0L7Qu9GM"
    assert request.headers["accept-encoding"] == "identity"


def test_json_is_posted_and_a_query_added(http: Http, fake: Fake) -> None:
    fake.replies["/x"] = made("{}", 404)
    assert not http.post("mailru", fake.url + "/x", json={"to": 79, "message": "Код"}).is_success
    http.get("mailru", fake.url + "/x?a=1", params={"b": "2 &"}, headers={"Authorization": "Bearer t"})
    first, second = fake.received
    assert first.json == {"to": 79, "message": "Код"}
    assert first.headers["content-type"] == "application/json"
    assert second.query == {"a": "1", "b": "2 &"}
    assert second.headers["authorization"] == "Bearer t"


def test_connections_are_used_again_and_keep_no_cookie(http: Http, fake: Fake) -> None:
    fake.replies["/x"] = made("{}", 200, "application/json", "Set-Cookie: person=one; Path=/")
    for _ in range(5):
        http.get("mailru", fake.url + "/x")
    assert fake.connections == 1
    assert not any("cookie" in request.headers for request in fake.received)


def _hang(wire: Wire) -> None:
    wire.hang()


def _hang_in_head(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    wire.hang()


def _hang_in_body(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
    wire.hang()


def _drip_head(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nX: ")
    wire.drip(b"y" * 1000)


def _drip_body(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    wire.drip(b" " * 1000)


def _drip_chunks(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.drip(b"1\r\n \r\n" * 200)


def _drip_continue(wire: Wire) -> None:
    wire.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 40)


def _flood_continue(wire: Wire) -> None:
    wire.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@pytest.mark.sr("SR-191")
@pytest.mark.parametrize(
    "reply",
    [
        _hang,
        _hang_in_head,
        _hang_in_body,
        _drip_head,
        _drip_body,
        _drip_chunks,
        _drip_continue,
        _flood_continue,
    ],
)
def test_the_deadline_is_one_for_the_whole_call(
    client: Callable[..., Http], fake: Fake, reply: Reply
) -> None:
    http = client(total_s=0.3)
    fake.replies["/x"] = reply
    with failing("unavailable", within_s=0.3):
        http.get("mailru", fake.url + "/x")


@pytest.mark.sr("SR-191")
def test_a_call_may_have_a_deadline_of_its_own(http: Http, fake: Fake) -> None:
    fake.replies["/x"] = lambda wire: wire.drip(made("{}"), 0.007)
    assert http.get("mailru", fake.url + "/x", total_s=5).is_success


@pytest.mark.sr("SR-191")
def test_connecting_has_its_own_shorter_limit(client: Callable[..., Http]) -> None:
    http = client(connect_s=0.2, total_s=5)
    with full_backlog() as port, failing("unavailable", within_s=0.2):
        http.get("mailru", f"http://127.0.0.1:{port}/")


@contextmanager
def full_backlog(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port where nobody answers a SYN."""
    with socket.create_server((host, port), backlog=0) as server:
        waiting = [socket.socket() for _ in range(3)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(server.getsockname())
        yield server.getsockname()[1]
        for connection in waiting:
            connection.close()


@pytest.mark.sr("SR-191")
def test_a_name_server_that_hangs_is_left_behind(
    client: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    http = client(connect_s=0.2, total_s=5)
    with failing("unavailable", within_s=0.2):
        http.get("mailru", "https://oauth.mail.ru/userinfo")
    over.set()


def test_each_address_of_a_host_gets_its_share_of_time(
    client: Callable[..., Http], fakes: Callable[..., Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    living, look_up = fakes(host="127.0.0.2"), socket.getaddrinfo
    living.replies["/x"] = made("{}")
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.3", "127.0.0.2")
    ]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **b: found if host == "localhost" else look_up(host, *a, **b)
    )
    with full_backlog("127.0.0.3", living.port):
        began = time.monotonic()
        assert client(connect_s=0.4, total_s=5).get("mailru", f"http://localhost:{living.port}/x").is_success
        assert time.monotonic() - began > 0.15  # the first had half of the time


@pytest.mark.parametrize(
    "address",
    ["http://localhost:1/", "http://127.0.0.1:1/", "https://name.invalid/", f"https://{'a' * 70}.example/"],
)
def test_nobody_there_is_unavailable(http: Http, address: str) -> None:
    with failing("unavailable"):
        http.get("mailru", address)


@pytest.mark.sr("SR-119")
@pytest.mark.parametrize(
    "address",
    [
        "http://oauth.mail.ru/token",
        "http://10.0.0.1/",
        "http://localhost.mail.ru/",
        "http://127.0.0.1@mail.ru/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "//localhost/",
        "https:///x",
        "https://[::1/",
        "https://localhost:99999/",
        "https://почта.рф/",
        "",
    ],
)
def test_clear_text_to_elsewhere_and_odd_addresses_are_not_called(http: Http, address: str) -> None:
    with failing("malformed"):
        http.get("mailru", address)


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(
    "status", [101, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 404, 429, 500, 503, 599, 999]
)
def test_statuses(http: Http, fake: Fake, status: int) -> None:
    fake.replies["/elsewhere"] = made("{}")
    fake.replies["/x"] = made("", status, "text/plain", "Location: /elsewhere")
    if status in {204, 206, 400, 404}:
        assert http.get("mailru", fake.url + "/x").status == status
        return
    with failing("unavailable" if status >= 429 else "malformed"):
        http.get("mailru", fake.url + "/x")
    assert [request.target for request in fake.received] == ["/x"]  # a redirect is not followed


@pytest.mark.sr("SR-118")
def test_64_kib_are_read_and_not_a_byte_more(http: Http, fake: Fake) -> None:
    fake.replies["/most"] = made(b"x" * 65536)
    fake.replies["/more"] = made(b"x" * 65537)
    assert len(http.get("mailru", fake.url + "/most").body) == 65536
    with failing("malformed"):
        http.get("mailru", fake.url + "/more")
    assert http.get("mailru", fake.url + "/most").is_success


@pytest.mark.sr("SR-118")
def test_an_endless_answer_is_dropped(client: Callable[..., Http], fake: Fake) -> None:
    def endless(wire: Wire) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.flood(b"400\r\n" + b"x" * 1024 + b"\r\n")

    fake.replies["/x"] = endless
    fake.replies["/head"] = lambda wire: (wire.send(b"HTTP/1.1 200 OK\r\n"), wire.flood(b"A: b\r\n" * 100))[1]
    http = client(total_s=5)
    for path in ("/x", "/head"):
        with failing("malformed", within_s=2):
            http.get("mailru", fake.url + path)


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x-unknown", "identity, gzip"])
def test_nothing_is_unpacked(http: Http, fake: Fake, coding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    fake.replies["/x"] = made(bomb, 200, "application/json", f"Content-Encoding: {coding}")
    with failing("malformed"):
        http.get("mailru", fake.url + "/x")


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(
    "wire_bytes",
    [
        b"",
        b"hello",
        b"<html>\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 000 Zero\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: \xff\xfe\x00\r\n\r\n{}",
        b"\x15\x03\x01\x00\x02\x02\x28",
    ],
)  # fmt: skip
def test_what_is_not_http_is_a_clean_failure(http: Http, fake: Fake, wire_bytes: bytes) -> None:
    fake.replies["/x"] = lambda wire: wire.send(wire_bytes)
    with failing("malformed"):
        http.get("mailru", fake.url + "/x")


def test_proxies_and_netrc_of_the_environment_are_not_believed(
    http: Http, fakes: Callable[..., Fake], fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    proxy = fakes()
    (tmp_path / "netrc").write_text("machine localhost login intruder password intruder\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    fake.replies["/x"] = made("{}")
    assert http.get("mailru", fake.url + "/x").is_success
    assert proxy.connections == 0
    assert "authorization" not in fake.received[0].headers
