"""Answers that a strict reader refuses, and answers that are no answers: what an upstream may come up with (SR-118)."""

import gzip

from tests.upstreams.fakes import Reply, Wire, made, told

NOT_STRICT: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \r\n",
    "html": b"<!doctype html><title>Sign in</title>",
    "array": b'[{"id": "1", "access_token": "t"}]',
    "string": b'"access_token"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "form": b"access_token=t&id=1",
    "jsonp": b'callback({"id": "1", "access_token": "t"})',
    "cut": b'{"id": "1", "access_token": "t',
    "two objects": b'{"id": "1", "access_token": "t"}{"id": "2"}',
    "trailing text": b'{"id": "1", "access_token": "t"} ok',
    "trailing comma": b'{"id": "1", "access_token": "t",}',
    "single quotes": b"{'id': '1', 'access_token': 't'}",
    "bare names": b'{id: "1", access_token: "t"}',
    "comment": b'{"id": "1", /* hi */ "access_token": "t"}',
    "repeated name": b'{"id": "1", "access_token": "t", "id": "2", "access_token": "u"}',
    "name repeated by an escape": b'{"id": "1", "\\u0069d": "2", "access_token": "t"}',
    "name repeated within": b'{"id": "1", "access_token": "t", "x": [{"a": 1, "a": 2}]}',
    "NaN": b'{"id": "1", "access_token": "t", "x": NaN}',
    "Infinity": b'{"id": "1", "access_token": "t", "x": Infinity}',
    "-Infinity": b'{"id": "1", "access_token": "t", "x": -Infinity}',
    "number past all": b'{"id": "1", "access_token": "t", "x": 1e999}',
    "integer past 2^53": b'{"id": "1", "access_token": "t", "x": 9007199254740992}',
    "integer of 5000 digits": b'{"id": "1", "access_token": "t", "x": ' + b"9" * 5000 + b"}",
    "eleven levels": b'{"id": "1", "access_token": "t", "x": ' + b"[" * 10 + b"]" * 10 + b"}",
    "thousands of levels": b'{"id": "1", "access_token": "t", "x": ' + b"[" * 30000 + b"]" * 30000 + b"}",
    "thousands of objects": b'{"a":' * 10000,
    "half a character": b'{"id": "1", "access_token": "t", "x": "\\ud83d"}',
    "half a character in a name": b'{"id": "1", "access_token": "t", "\\udc00": 1}',
    "zero character": b'{"id": "1", "access_token": "t", "x": "a\\u0000b"}',
    "raw control character": b'{"id": "1", "access_token": "t", "x": "a\nb"}',
    "bad escape": b'{"id": "1", "access_token": "t", "x": "\\x41"}',
    "windows-1251": '{"id": "1", "access_token": "t", "name": "Имя"}'.encode("cp1251"),
    "utf-16": '{"id": "1", "access_token": "t"}'.encode("utf-16"),
    "utf-32": '{"id": "1", "access_token": "t"}'.encode("utf-32"),
    "byte order mark": '{"id": "1", "access_token": "t"}'.encode("utf-8-sig"),
    "overlong utf-8": b'{"id": "1", "access_token": "t", "x": "\xc0\xaf"}',
    "surrogate in utf-8": b'{"id": "1", "access_token": "t", "x": "\xed\xa0\x80"}',
}

GOOD = b'{"id": "1", "access_token": "t"}'


def _cut(wire: Wire) -> None:
    wire.send(made(GOOD)[:-1])


def _chunked_cut(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + GOOD + b"\r\n")


def _endless(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.flood(b"400\r\n" + b" " * 1024 + b"\r\n")


def _drip(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n")
    wire.drip(GOOD, 0.1)


UNAVAILABLE: dict[str, Reply] = {
    "500": told({"error": "server_error"}, 500),
    "502 with a page": made("<html>", 502, "text/html"),
    "503 with a token": made(GOOD, 503),
    "429": told({}, 429),
    "hangs": lambda wire: wire.hang(),
    "drips": _drip,
}
REJECTED: dict[str, Reply] = {
    "400": told({"error": "invalid_grant"}, 400),
    "400 with a token": made(GOOD, 400),
    "401 without a body": made("", 401),
    "403 with a page": made("<html>", 403, "text/html"),
    "404": made("{}", 404),
    **{
        f"200 with error_code {code}": told(
            {"error": "text", "error_code": code, "error_description": "text"}
        )
        for code in (1, 2, 3, 6, 99)
    },
    "200 with an error and all else": told({"id": "1", "access_token": "t", "error": "token not found"}),
    "200 with an error_code and all else": told({"id": "1", "access_token": "t", "error_code": 6}),
    "200 with an error of another type": told({"id": "1", "access_token": "t", "error": {"code": 6}}),
}
MALFORMED: dict[str, Reply] = {
    **{name: made(body, 200, "application/json;charset=UTF-8") for name, body in NOT_STRICT.items()},
    "another charset": made(GOOD, 200, "application/json; charset=windows-1251"),
    "page": made("<html><body>Sign in", 200, "text/html"),
    "redirect": made(GOOD, 302, "application/json", "Location: /other"),
    "moved with a body": made(GOOD, 301),
    "not modified": made("", 304),
    "no content": made("", 204),
    "gzip": made(gzip.compress(GOOD), 200, "application/json", "Content-Encoding: gzip"),
    "gzip bomb": made(gzip.compress(b" " * 20_000_000), 200, "application/json", "Content-Encoding: gzip"),
    "gzip without saying so": made(gzip.compress(GOOD)),
    "64 KiB and a byte": made(GOOD + b" " * (65537 - len(GOOD))),
    "endless": _endless,
    "cut short": _cut,
    "chunks cut short": _chunked_cut,
    "garbage": lambda wire: wire.send(b"\x00\x01garbage\r\n\r\n"),
    "hangs up": lambda wire: None,
    "huge head": lambda wire: wire.send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000),
    "neither member": told({"expires_in": 3600}),
}
