"""What two readers could take for two things is refused (RFC 7493)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.strict_json import BadJson, parse

REFUSED = {
    "empty": ("", "not JSON"),
    "cut": ('{"a"', "not JSON"),
    "byte order mark": ('\ufeff{"a": 1}', "not JSON"),
    "two values": ("1 2", "not JSON"),
    "repeated name": ('{"a": 1, "a": 1}', "repeated name"),
    "repeated by an escape": ('{"a": 1, "\\u0061": 1}', "repeated name"),
    "NaN": ("[NaN]", "not a number"),
    "infinity": ("[-Infinity]", "not a number"),
    "past all numbers": ("[1e999]", "huge number"),
    "past 2^53": ("[9007199254740992]", "huge integer"),
    "very many digits": ("[" + "9" * 5000 + "]", "huge integer"),
    "half a character": ('["\\ud83d"]', "not JSON"),
    "zero character": ('["\\u0000"]', "zero character"),
    "five levels": ("[[[[[]]]]]", "too deep"),
    "very many levels": ("[" * 100_000 + "]" * 100_000, "not JSON"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(BadJson) as refused:
        parse(text, 4)
    assert str(refused.value) in {reason, "too deep"}  # some machines read more levels than others


def test_read() -> None:
    assert parse('{"a": [[[-9007199254740991]]], "б": "\\ud83d\\ude00 [[[[["}', 4) == {
        "a": [[[-(2**53) + 1]]],
        "б": "😀 [[[[[",
    }


@given(st.text(max_size=100))
def test_nothing_else_is_raised(text: str) -> None:
    for tried in (text, f'{{"a":"{text}"}}', f"[{text}]"):
        with contextlib.suppress(BadJson):
            parse(tried, 4)
