"""Names and colours that a service shows on our pages: nothing that passes for us or hides what it is."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from app.storage.visible_text import NotVisible, check_visible

PLAIN = re.compile("[A-Za-z0-9ÆæÐðØøÞþßẞĐđĦħıŁłŊŋŒœƏə\u0400-\u045f\u0490-\u04ff !-/:-@\\[-`{-~«»„“”‘’–—]")
"""What a third party's name is made of, accents aside: Latin and Cyrillic letters in use today, digits, punctuation."""
LOOKALIKES = str.maketrans(
    {
        "м": "m", "о": "o", "ο": "o", "0": "o", "ø": "o", "ө": "o", "с": "s", "ѕ": "s", "5": "s", "$": "s", "т": "t",
        "τ": "t", "7": "t", "ҭ": "t", "і": "i", "ı": "i", "ι": "i", "1": "i", "l": "i", "|": "i", "!": "i", "ӏ": "i",
        "ł": "i", "и": "i", "д": "d", "ԁ": "d", "đ": "d", "ð": "d", "а": "a", "@": "a", "4": "a", "ә": "e", "ə": "e",
        "е": "e", "3": "e", "к": "k", "қ": "k", "р": "p", "у": "y", "ү": "y", "х": "x",
    }
)  # fmt: skip
"""Letters and signs that read like those of the names below; both spellings of ours fold to one."""
OURS = "mostid"
WAYS_IN = (
    "Mail.ru", "Майл.ру", "Мейл.ру", "Мэйл.ру", "VK ID", "ВК ИД", "VKontakte", "ВКонтакте", "MegaFon", "МегаФон",
    "Mobile ID", "Мобильный ID",
)  # fmt: skip
"""Whom people sign in by: our pages show these names beside a service's."""
SHORT_WAYS_IN = ("VK", "ВК")
"""Names of theirs that are parts of honest words too."""
LEAST_CONTRAST = 4.5
"""White text on the colour (WCAG 2.2 §1.4.3)."""
COLOUR = re.compile(r"#[0-9a-f]{6}")


class BadName(Exception):
    """A name or colour that must not be shown. The text is a sentence for its owner."""


def check_name(name: str, *, ours: bool) -> None:
    """Refuse a name with hidden or direction-changing characters, mixed alphabets, or a name that is another's.

    `ours`: a first-party service, which may carry our name, and be written in any alphabet. Raises BadName.
    """
    try:
        check_visible(name)
    except NotVisible as problem:
        raise BadName(f"it has {problem}") from None
    if unicodedata.normalize("NFKC", name) != name:
        raise BadName("it must be in normal form (NFKC)")
    if any(unicodedata.category(letter)[0] == "Z" and letter != " " for letter in name):
        raise BadName("it has a space of another kind")
    if not any(letter.isalnum() for letter in name):
        raise BadName("it needs a letter or a digit")
    if any(_mixed(word) for word in re.findall(r"[^\W\d_]+", name)):
        raise BadName("one word of it mixes alphabets")
    if not ours:
        _check_foreign(name)


def _check_foreign(name: str) -> None:
    """Refuse what a third party's name may not be. Raises BadName."""
    if not all(PLAIN.fullmatch(unicodedata.normalize("NFD", letter)[0]) for letter in name):
        raise BadName("it has something else than Latin and Cyrillic letters, digits and punctuation")
    seen = skeleton(name)
    if OURS in seen:
        raise BadName("it reads like MostID")
    for known in WAYS_IN:
        if skeleton(known) in seen:
            raise BadName(f"it reads like {known}")
    if seen in map(skeleton, SHORT_WAYS_IN):
        raise BadName("it reads like VK ID")


def check_colour(colour: str) -> None:
    """Refuse a colour on which white text cannot be read. Raises BadName."""
    if COLOUR.fullmatch(colour) is None:
        raise BadName("it must be written as #rrggbb in lower case")
    if contrast_with_white(colour) < LEAST_CONTRAST:
        raise BadName(f"white text on it has less contrast than {LEAST_CONTRAST}:1")


def bad_names(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and the colour of metadata that must not be shown, and what is wrong with each."""
    names = {"client_name": said["client_name"]}
    names |= {name: text for name, text in said["translations"].items() if name.startswith("client_name#")}
    if said["short_name"]:
        names["short_name"] = said["short_name"]
    problems = []
    for member, name in names.items():
        try:
            check_name(name, ours=said["first_party"])
        except BadName as error:
            problems.append((member, str(error)))
    if said["accent"]:
        try:
            check_colour(said["accent"])
        except BadName as error:
            problems.append(("accent", str(error)))
    return problems


def skeleton(name: str) -> str:
    """A name as a hasty reader sees it: look-alikes folded, accents, spaces and signs gone."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "".join(letter for letter in bare.translate(LOOKALIKES) if letter.isalnum()).replace("rn", "m")


def contrast_with_white(colour: str) -> float:
    """Contrast of `#rrggbb` with white, 1 to 21 (WCAG 2.2, relative luminance)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(share: float) -> float:
    linear: float = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
    return linear


def _mixed(word: str) -> bool:
    return len({unicodedata.name(letter, "?").partition(" ")[0] for letter in word}) > 1
