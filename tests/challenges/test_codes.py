"""Codes are uniform, and read however people type them."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.challenges.codes import DIGITS, new_code, typed

CRITICAL_9, CRITICAL_999 = 33.7, 1_200.0
"""Chi-square that uniform digits exceed about once in 10,000 runs, for 9 and for 999 degrees of freedom."""


def _chi_square(counts: Counter[str], places: int) -> float:
    expected = counts.total() / places
    return sum((found - expected) ** 2 / expected for found in counts.values()) + expected * (
        places - len(counts)
    )


def _check_uniform(times: int) -> None:
    codes = [new_code() for _ in range(times)]
    assert all(len(code) == DIGITS and code.isascii() and code.isdigit() for code in codes)
    for place in range(DIGITS):
        assert _chi_square(Counter(code[place] for code in codes), 10) < CRITICAL_9
    for half in (slice(0, 3), slice(3, 6)):
        assert _chi_square(Counter(code[half] for code in codes), 1000) < CRITICAL_999
    zeros = sum(code[0] == "0" for code in codes)
    assert 0.9 < zeros / times * 10 < 1.1, "leading zeros are kept"


@pytest.mark.sr("SR-125")
def test_codes_are_uniform() -> None:
    _check_uniform(30_000)


@pytest.mark.soak
@pytest.mark.sr("SR-125")
def test_a_million_codes_are_uniform() -> None:
    _check_uniform(1_000_000)


@given(
    st.text(alphabet="0123456789", min_size=6, max_size=6), st.sampled_from([" ", "-", "–", "\u00a0", "  "])
)
def test_spaces_and_dashes_are_no_part_of_a_code(code: str, gap: str) -> None:
    assert typed(f"{gap}{code[:3]}{gap}{code[3:]}{gap}") == code


@given(st.text(max_size=80))
def test_whatever_is_typed_is_six_digits_or_nothing(text: str) -> None:
    found = typed(text)
    assert found is None or (len(found) == 6 and found.isascii() and found.isdigit())


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12345a", "١٢٣٤٥", "½23456", "²34567", "+12345", "1" * 65]
)
def test_what_is_not_six_digits_is_no_code(text: str) -> None:
    assert typed(text) is None


def test_digits_of_any_script_are_read() -> None:
    assert typed("١٢٣٤٥٦") == "123456"
    assert typed("１２３ ４５６") == "123456"
