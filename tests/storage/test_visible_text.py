"""What is shown is what came: no text hides, is empty to the eye, or buries a letter under marks."""

import sys
import unicodedata

import pytest

from app.storage.visible_text import NotVisible, check_visible

FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufe00\ufe0f\U0001d159\U000e0100\U000e01ef"


@pytest.mark.parametrize("text", [
    "Чай", "a", "7", "1\u00a0000 ₽", "Ёлка", "Е\u0308лка", "東京", "שָׁלוֹם", "مُحَمَّد", "หนังสือ", "tiếng Việt",
    unicodedata.normalize("NFD", "tiếng Việt"), "🍵", "...", "a  b",
])  # fmt: skip
def test_honest_text_passes(text: str) -> None:
    check_visible(text)


@pytest.mark.parametrize("around", ["{}", "{}{}", "a{}", "{}a", "a{}b"])
def test_nothing_hides(around: str) -> None:
    for letter in [
        *FILLERS,
        *"\u0000\u00ad\u200b\u200d\u202e\u2028\u2029\u2066\ufeff\ue000\ud800\U000e0041\n\t",
    ]:
        with pytest.raises(NotVisible, match="invisible"):
            check_visible(around.replace("{}", letter))


@pytest.mark.parametrize(
    "text", ["", "\u0301", " \u0301", "\u3000", "\u00a0\u3000", "   ", " a", "a ", "a\u00a0", "\u3000a"]
)
def test_something_is_to_be_seen_without_spaces_around_it(text: str) -> None:
    with pytest.raises(NotVisible, match=r"nothing to be seen|spaces at an end"):
        check_visible(text)


def test_no_letter_is_buried_under_marks() -> None:
    for marks in ("\u0335" * 4, "\u0301\u0308" * 60, "\u20dd" * 50):
        with pytest.raises(NotVisible, match="in a row"):
            check_visible(f"a{marks}b")


def test_no_space_of_any_kind_is_visible() -> None:
    spaces = [letter for letter in map(chr, range(sys.maxunicode + 1)) if letter.isspace()]
    assert len(spaces) > 20
    for letter in spaces:
        with pytest.raises(NotVisible):
            check_visible(letter)
