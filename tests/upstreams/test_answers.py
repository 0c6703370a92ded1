"""Strict JSON or nothing (SR-118)."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.upstreams.answers import read_object
from app.upstreams.base import UpstreamError
from app.upstreams.exchange import Response
from tests.upstreams.samples import NOT_STRICT

JSON = "application/json;charset=UTF-8"


def read(body: bytes | str, kind: str = JSON, status: int = 200, **required: type) -> dict[str, Any]:
    content = body.encode() if isinstance(body, str) else body
    return read_object("mobile_id", Response(status, content, kind), **required)


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/json",
        JSON,
        'application/json; charset="utf-8"',
        "text/plain",
        "application/jwk-set+json",
    ],
)
def test_an_object_is_read(kind: str) -> None:
    assert read('{"имя": ["a", {"b": null}], "n": -9007199254740991, "f": 1.5}', kind) == {
        "имя": ["a", {"b": None}],
        "n": -9007199254740991,
        "f": 1.5,
    }


def test_errors_are_read_too() -> None:
    assert read('{"error": "invalid_request"}', status=400) == {"error": "invalid_request"}


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("body", NOT_STRICT.values(), ids=NOT_STRICT.keys())
def test_anything_else_is_malformed(body: bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        read(body)
    assert (caught.value.provider, caught.value.kind) == ("mobile_id", "malformed")


@pytest.mark.sr("SR-118")
def test_ten_levels_are_read_and_no_more() -> None:
    assert read('{"a":' + "[" * 9 + "]" * 9 + "}")
    for deep in ('{"a":' + "[" * 10 + "]" * 10 + "}", '{"a":' * 11 + "1" + "}" * 11):
        with pytest.raises(UpstreamError, match="malformed"):
            read(deep)


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(
    "kind",
    [
        "application/json;charset=windows-1251",
        "application/json; Charset = KOI8-R",
        "application/json;charset=utf-16",
        'text/html; x=y; charset="iso-8859-1"',
        "application/json;charset=",
    ],
)
def test_another_charset_is_refused_even_for_ascii(kind: str) -> None:
    with pytest.raises(UpstreamError, match="malformed"):
        read("{}", kind)


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", str),
        ('"1"', int),
        ("true", int),
        ("1", bool),
        ("1.0", int),
        ("null", str),
        ("[]", dict),
        ("{}", list),
    ],
)
def test_required_members_have_exactly_their_type(value: str, kind: type) -> None:
    with pytest.raises(UpstreamError, match="malformed"):
        read(f'{{"a": {value}}}', a=kind)
    with pytest.raises(UpstreamError, match="malformed"):
        read("{}", a=kind)


def test_the_reason_names_a_member_and_quotes_nothing() -> None:
    with pytest.raises(UpstreamError) as caught:
        read('{"access_token": 5, "other": "canary"}', access_token=str)
    assert caught.value.detail == "member access_token, status 200"
    with pytest.raises(UpstreamError) as caught:
        read('{"canary": canary}')
    assert "canary" not in caught.value.detail


@pytest.mark.sr("SR-118")
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    for content in (body, b'{"a":' + body + b"}", b'{"a":"' + body + b'"}'):
        with contextlib.suppress(UpstreamError):
            assert isinstance(read(content), dict)
