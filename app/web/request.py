"""What a machine's endpoint sees and says: a small immutable request in, an answer out, free of Flask's globals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from app.storage.database import Transaction


class Malformed(Exception):
    """A query or form that cannot be read: too many parameters, bad encoding. The text is safe to send."""


class Form(Mapping[str, str]):
    """Decoded parameters; knows which of them came more than once (RFC 6749 §3.1)."""

    __slots__ = ("_values", "repeated")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values = dict(reversed(pairs))
        self.repeated = _repeated(pairs) if len(self._values) != len(pairs) else frozenset()

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @classmethod
    def parse(cls, raw: bytes, most: int) -> "Form":
        """Read `application/x-www-form-urlencoded` bytes with at most so many parameters. Raises Malformed (SR-024).

        Parameters without a value count as omitted (RFC 6749 §3.1).
        """
        parts = [part for part in raw.split(b"&") if part]
        if len(parts) > most:
            raise Malformed("too many parameters")
        pairs = []
        for part in parts:
            name, _, value = part.partition(b"=")
            pairs.append((_decode(name), _decode(value)))
        return cls([(name, value) for name, value in pairs if value != ""])


EMPTY_FORM = Form([])
CERTIFICATE, CERTIFICATE_VERIFIED = "client-cert", "x-ssl-client-verify"
"""The client's certificate (RFC 9440), and whether its chain was verified. Only a trusted proxy's pass the door."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request from a machine."""

    method: str
    path: str
    query: Form
    form: Form
    headers: Mapping[str, str]
    """Names in lower case."""
    address: str
    """The client's address, from the socket or a trusted proxy."""
    reference: str
    tx: Transaction
    """Begins with its first statement; commits when the answer is given."""

    def cookies(self, names: tuple[str, ...]) -> dict[str, str]:
        """The values of these cookies, as far as they came."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name in names}

    def has(self, tag: str) -> bool:
        """Whether the cache that asks has what bears this mark (RFC 9110 §13.1.2). A proxy may have made it weak."""
        known = self.headers.get("if-none-match", "")
        return any(part.strip().removeprefix("W/") in {tag, "*"} for part in known.split(","))


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers; the door adds what every answer carries."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=())
    faulty: bool = False
    """The request was malformed, or its client failed to prove itself: it counts against its address."""


NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
JSON_TYPE = ("Content-Type", "application/json")


_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def json_answer(status: int, body: Mapping[str, Any], *headers: tuple[str, str]) -> Answer:
    """A JSON answer that nobody may keep (RFC 6749 §5.1)."""
    return Answer(status, _JSON(body).encode(), (JSON_TYPE, *NO_STORE, *headers))


def jwt_answer(media_type: str, token: str) -> Answer:
    """A signed answer that nobody may keep."""
    return Answer(200, token.encode(), (("Content-Type", media_type), *NO_STORE))


def _decode(raw: bytes) -> str:
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("parameters are not UTF-8") from None
    if "\0" in text:
        raise Malformed("parameters hold a zero byte")
    return text


def _repeated(pairs: list[tuple[str, str]]) -> frozenset[str]:
    names = [name for name, _ in pairs]
    return frozenset(name for name in names if names.count(name) > 1)
