"""Malformed requests over a real connection: the server and the door together refuse them, and stay well."""

import socket
import time

import pytest

from tests.deployment import Service
from tests.races.served import Served
from tests.support.volley import request

FORM = "content-type: application/x-www-form-urlencoded"
pytestmark = pytest.mark.timeout(300)


def status(served: Served, raw: bytes) -> int:
    """The status of the answer to these bytes; 0 where the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(raw)
        try:
            first = connection.recv(4096)
        except ConnectionResetError:
            return 0
    return int(first.split(b" ")[1]) if first.startswith(b"HTTP/") else 0


def post(*headers: str, body: bytes = b"") -> bytes:
    lines = ["POST /token HTTP/1.1", "host: localhost", "connection: close", FORM, *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@pytest.mark.sr("SR-024")
def test_malformed_requests_are_refused_at_once(served: Served, store: Service) -> None:
    requests = {
        "huge body that is announced": (post("content-length: 100000000"), {413}),
        "body over the limit": (post("content-length: 9000", body=b"x" * 9000), {413}),
        "endless length": (post("content-length: " + "9" * 400), {400, 413}),
        "length that is no number": (post("content-length: x"), {0, 400}),
        "negative length": (post("content-length: -1"), {0, 400}),
        "two lengths": (post("content-length: 3", "content-length: 5", body=b"a=b"), {0, 400}),
        "chunked": (post("transfer-encoding: chunked", body=b"3\r\na=b\r\n0\r\n\r\n"), {411}),
        "length and chunks": (
            post("content-length: 3", "transfer-encoding: chunked", body=b"3\r\na=b\r\n0\r\n\r\n"),
            {0, 400, 411},
        ),
        "no length": (post(), {400}),
        "zero byte": (post("content-length: 6", body=b"a=%00x"), {400}),
        "raw bytes": (post("content-length: 4", body=b"\xff\xfe=\xfd"), {400}),
        "raw bytes in a header": (post("content-length: 0", "authorization: Basic \xff\xfe"), {0, 400, 401}),
        "raw bytes in the address": (
            b"GET /userinfo?a=\xff\xfe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            {0, 400, 401},
        ),
        "long address": (
            b"GET /userinfo?a=" + b"x" * 9000 + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            {400},
        ),
        "another host": (b"GET /userinfo HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n", {401}),
        "absolute address": (
            b"GET http://evil.example/userinfo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            {401},
        ),
        "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", {0, 400}),
    }
    started = time.perf_counter()
    seen = {name: status(served, raw) for name, (raw, _) in requests.items()}
    assert {name: got for name, got in seen.items() if got not in requests[name][1]} == {}
    assert time.perf_counter() - started < 10
    assert served.send(request("GET", "/health/live")).status == 200


@pytest.mark.rule("RFC 7009", "2.2", "the answer has no type over the wire either")
def test_the_answer_to_a_revocation_over_the_wire(served: Served, store: Service) -> None:
    reply = served.send(request("POST", "/revoke", {"token": "x"}, authorization=store.basic))
    assert (reply.status, reply.text, reply.headers["content-length"]) == (200, "", "0")
    assert "content-type" not in reply.headers
