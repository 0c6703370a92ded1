"""The door refuses what is too large or malformed before anything is read, and fails as an endpoint should."""

import io
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.storage.clock import Clock
from app.storage.database import Storage
from app.web.door import Door, Endpoint
from app.web.metrics import Metrics
from app.web.request import Answer, Request, json_answer
from config.limits import LimitsSettings
from tests.services import ClockFile
from tests.web.world import settings

Answered = tuple[int, dict[str, str], bytes]


@pytest.fixture
def storage(tmp_path: Path, clock: Clock) -> Iterable[Storage]:
    storage = Storage(f"sqlite:///{tmp_path / 'truth.db'}", clock)
    yield storage
    storage.close()


def page(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    status = environ.get("mostid.refused", 200)
    start_response(f"{status} page", [])
    return [environ["wsgi.input"].read()]


def echo(request: Request) -> Answer:
    if "unavailable" in request.form:
        raise OperationalError("", None, Exception("gone"))
    if "bug" in request.form:
        raise KeyError("canary")
    if "write" in request.form:
        request.tx.execute(text("SELECT 1"))
    return json_answer(200, dict(request.form))


def machine(*, pages: bool = False) -> Endpoint:
    return Endpoint(echo, frozenset({"POST"}), pages=pages)


def call(storage: Storage, path: str = "/machine", body: bytes = b"a=b", **environ: Any) -> Answered:
    """One request through a door with one endpoint and a page."""
    door = Door(page, {"/machine": machine()}, storage, settings(), Metrics())
    return through(door, path, body, **environ)


def through(door: Door, path: str, body: bytes = b"a=b", **environ: Any) -> Answered:
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
    }
    given |= environ
    seen: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
        seen.update(status=int(status[:3]), headers=dict(headers))

    content = b"".join(door({name: value for name, value in given.items() if value is not None}, start))
    return seen["status"], seen["headers"], content


LENGTHS = {
    "x": 400, "-1": 400, "+3": 400, " 3": 400, "3.0": 400, "0x3": 400, "3,3": 400, "٣": 400, "1e3": 400,
    "8193": 413, "99999999": 413, "9" * 30: 413, "9" * 5000: 413,
}  # fmt: skip


@pytest.mark.sr("SR-024")
def test_a_malformed_or_large_length_is_refused_unread(storage: Storage) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    for length, status in LENGTHS.items():
        for path in ("/machine", "/page"):
            answer = call(
                storage, path, CONTENT_LENGTH=length, **{"wsgi.input": Unread()} if path == "/machine" else {}
            )
            assert answer[0] == status, (length, path)
    assert call(storage, HTTP_TRANSFER_ENCODING="chunked")[0] == 411
    assert call(storage, CONTENT_LENGTH="")[0] == 200
    assert call(storage, CONTENT_LENGTH=None)[0] == 200
    assert call(storage, CONTENT_LENGTH="003")[0] == 200


@pytest.mark.sr("SR-024")
def test_the_sizes(storage: Storage) -> None:
    assert call(storage, body=b"a=" + b"x" * 8190)[0] == 200
    assert call(storage, body=b"a=" + b"x" * 8191)[0] == 413
    assert call(storage, QUERY_STRING="a=" + "x" * 8190)[0] == 200
    assert call(storage, QUERY_STRING="a=" + "x" * 8191)[0] == 400
    for path in ("/machine", "/page"):
        assert call(storage, path, HTTP_COOKIE="a=" + "x" * 16_382, HTTP_ACCEPT="y" * 16_384)[0] == 200
        assert call(storage, path, HTTP_COOKIE="a=" + "x" * 16_382, HTTP_ACCEPT="y" * 16_385)[0] == 431
    assert call(storage, body=b"&".join(b"p%d=1" % number for number in range(60)))[0] == 200
    assert call(storage, body=b"&".join(b"p%d=1" % number for number in range(61)))[0] == 400
    started = time.perf_counter()
    call(storage, body=b"%" * 8192)
    call(storage, body=b"&" * 8192)
    call(storage, body=b"a=1&" * 60)
    assert time.perf_counter() - started < 0.15


@pytest.mark.sr("SR-024")
def test_unreadable_parameters_are_refused(storage: Storage) -> None:
    for bad in (b"a=%ff", b"\xff=a", b"a=\xc3\x28", b"a=%00", b"%00=a", b"a=%ed%a0%80", b"a=%c0%af"):
        status, headers, content = call(storage, body=bad)
        assert (status, headers["Content-Type"]) == (400, "application/json"), bad
        assert b"invalid_request" in content
        assert call(storage, QUERY_STRING=bad.decode("latin-1"))[0] == 400, bad
    for odd in (b"a=%zz", b"a=%", b"=", b"a", b"a==b", b"%20=%20", "я=ю".encode(), b"a=" + b"[" * 4000):
        assert call(storage, body=odd)[0] == 200, odd


@pytest.mark.sr("SR-157")
def test_a_fault_of_ours_says_nothing_but_a_reference(storage: Storage) -> None:
    status, headers, content = call(storage, body=b"bug=1")
    assert status == 500
    assert headers["X-Reference"].encode() in content
    assert b"canary" not in content
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.sr("SR-193")
def test_a_store_that_is_away_is_503_with_a_time_to_wait(storage: Storage) -> None:
    status, headers, content = call(storage, body=b"unavailable=1")
    assert (status, content) == (503, b'{"error":"temporarily_unavailable"}')
    assert int(headers["Retry-After"]) > 0


def test_every_answer_has_a_reference_and_is_not_sniffed(storage: Storage) -> None:
    answers = [
        call(storage),
        call(storage, "/page"),
        call(storage, REQUEST_METHOD="GET"),
        call(storage, CONTENT_LENGTH="x"),
        call(storage, body=b"bug=1"),
    ]
    for _, headers, _ in answers:
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert len(headers["X-Reference"]) == 12
    assert len({headers["X-Reference"] for _, headers, _ in answers}) == len(answers)


@pytest.mark.sr("SR-202")
def test_strangers_are_braked_and_services_are_not(storage: Storage, clock_file: ClockFile) -> None:
    """A service has many people behind one address, so only faulty requests count against it."""
    endpoints = {
        "/ended": Endpoint(
            lambda _request: json_answer(400, {"error": "invalid_grant"}), frozenset({"POST"}), services=True
        ),
        "/service": Endpoint(echo, frozenset({"POST"}), services=True),
        "/machine": Endpoint(echo, frozenset({"POST"})),
    }
    limited = settings(limits=LimitsSettings(requests_per_address_minute=5))
    door = Door(page, endpoints, storage, limited, Metrics())

    def ask(path: str, body: bytes = b"a=b", address: str = "203.0.113.7") -> int:
        return through(door, path, body, REMOTE_ADDR=address)[0]

    assert [ask("/service") for _ in range(20)] == [200] * 20
    assert [ask("/ended") for _ in range(20)] == [400] * 20
    assert [ask("/service", b"a=%ff") for _ in range(7)] == [400] * 5 + [429] * 2
    assert ask("/service") == 429
    assert ask("/page") == 429
    assert ask("/service", address="203.0.113.8") == 200
    for path in ("/machine", "/page"):
        clock_file.advance(60)
        assert [ask(path) for _ in range(7)] == [200] * 5 + [429] * 2
    clock_file.advance(60)
    assert [ask("/service", b"a=%ff", f"2001:db8::{number}") for number in range(7)] == [400] * 5 + [429] * 2
    assert [ask("/page", address="127.0.0.1") for _ in range(10)] == [200] * 10


def test_an_ipv4_visitor_is_counted_as_one_behind_an_ipv6_socket(storage: Storage) -> None:
    """All mapped addresses lie in one /64, which would brake everybody at once."""
    limited = settings(limits=LimitsSettings(requests_per_address_minute=2), trusted_proxies=("10.0.0.0/8",))
    door = Door(page, {}, storage, limited, Metrics())

    def ask(address: str, forwarded: str | None = None) -> int:
        return through(door, "/page", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded)[0]

    assert [ask("::ffff:203.0.113.7") for _ in range(3)] == [200, 200, 429]
    assert ask("203.0.113.7") == 429
    assert ask("::FFFF:203.0.113.8") == 200
    assert ask("::ffff:10.1.2.3", "203.0.113.9") == 200
    assert ask("::ffff:10.1.2.3", "::ffff:203.0.113.7") == 429


@pytest.mark.sr("SR-094")
@pytest.mark.parametrize(
    "forwarded", ["", " ", ",", "203.0.113.9,", "unknown", "203.0.113.9, unknown", "203.0.113.9:8443", "203.0.113.256",
                  "unknown, 10.1.2.4", "_hidden", "203.0.113.9 203.0.113.8"]
)  # fmt: skip
def test_an_address_that_the_proxy_does_not_say_is_not_guessed(storage: Storage, forwarded: str) -> None:
    """Servers empty a header with a byte outside ASCII: its sender would count as the proxy itself."""
    door = Door(page, {"/machine": machine()}, storage, settings(trusted_proxies=("10.0.0.0/8",)), Metrics())
    for path in ("/machine", "/page"):
        assert through(door, path, REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR=forwarded)[0] == 400
        assert through(door, path, REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=forwarded)[0] == 200
        assert through(door, path, REMOTE_ADDR="10.1.2.3")[0] == 200
    for good in ("x, 203.0.113.9", ", 203.0.113.9", "2001:db8::1", "10.9.9.9", "203.0.113.9,10.1.2.4 "):
        assert through(door, "/page", REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR=good)[0] == 200, good


@pytest.mark.sr("SR-081")
def test_cookies_that_the_server_could_not_read_are_not_taken_for_none(storage: Storage) -> None:
    """Servers empty such a header; machines' endpoints read no cookies, and pages' files need none."""
    assert [call(storage, path, HTTP_COOKIE="")[0] for path in ("/machine", "/page")] == [200, 400]
    assert call(storage, "/static/app.css", HTTP_COOKIE="")[0] == 200
    both = Door(page, {"/both": machine(pages=True)}, storage, settings(), Metrics())
    assert through(both, "/both", HTTP_COOKIE="")[0] == 400
    assert through(both, "/both", HTTP_COOKIE="a=b")[0] == 200


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_says_no_length(storage: Storage, status: int) -> None:
    endpoint = Endpoint(lambda _request: Answer(status), frozenset({"POST"}))
    answered = through(Door(page, {"/machine": endpoint}, storage, settings(), Metrics()), "/machine")
    assert answered[0] == status
    assert "Content-Length" not in answered[1]


REFUSALS = {
    "not a number": (400, "RFC 9110 §15.5.1", {"CONTENT_LENGTH": "x"}),
    "a zero byte": (400, "RFC 9110 §15.5.1", {"body": b"a=%00"}),
    "a cookie twice": (400, "RFC 9110 §15.5.1", {"HTTP_COOKIE": "mostid_sid=a; mostid_sid=b"}),
    "another method": (405, "RFC 9110 §15.5.6", {"REQUEST_METHOD": "GET"}),
    "no length": (411, "RFC 9110 §15.5.12", {"HTTP_TRANSFER_ENCODING": "chunked"}),
    "large": (413, "RFC 9110 §15.5.14", {"CONTENT_LENGTH": "8193"}),
    "large headers": (431, "RFC 6585 §5", {"HTTP_ACCEPT": "x" * 40_000}),
}


@pytest.mark.sr("SR-033", "SR-184")
@pytest.mark.parametrize("name", REFUSALS)
def test_the_log_explains(storage: Storage, caplog: pytest.LogCaptureFixture, name: str) -> None:
    status, section, asked = REFUSALS[name]
    caplog.set_level(logging.INFO, "mostid.door")
    for path in ("/machine",) if status == 405 else ("/machine", "/page"):
        caplog.clear()
        answer = call(storage, path, **asked)
        (line,) = caplog.records
        told = (line.message, line.status, line.section, line.reference)  # type: ignore[attr-defined]
        assert told == ("refused", status, section, answer[1]["X-Reference"])
        assert line.cause  # type: ignore[attr-defined]
        assert section.encode() not in answer[2]


@pytest.mark.sr("SR-202")
def test_a_flood_does_not_fill_the_log(
    storage: Storage, clock_file: ClockFile, caplog: pytest.LogCaptureFixture
) -> None:
    """Each address has a few lines a minute, so nobody takes those of others either."""
    caplog.set_level(logging.INFO, "mostid.door")
    limited = settings(limits=LimitsSettings(requests_per_address_minute=5))
    door = Door(page, {"/machine": Endpoint(echo, frozenset({"POST"}))}, storage, limited, Metrics())

    def flood(address: str) -> list[int]:
        caplog.clear()
        for number in range(40):
            through(door, "/machine", REMOTE_ADDR=address, CONTENT_LENGTH="x" if number % 2 else None)
        return [line.status for line in caplog.records]  # type: ignore[attr-defined]

    clock_file.advance(61 - storage.clock.now() // 1000 % 60)  # a minute begins
    first = flood("203.0.113.7")
    assert len(first) == 10
    assert set(first) == {400, 429}
    assert len(flood("203.0.113.8")) == 10
    assert flood("203.0.113.7") == []
    clock_file.advance(60)
    assert len(flood("203.0.113.7")) == 10


def test_what_has_its_line_gets_no_second(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.door")
    for body in (b"bug=1", b"unavailable=1"):
        caplog.clear()
        call(storage, body=body)
        assert len(caplog.records) == 1
