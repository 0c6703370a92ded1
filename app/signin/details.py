"""Authorization details on the page that asks for them: in the words of their type, each member that it shows."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from app.clients.addresses import host_of
from app.grants.authorization_details import NAME, BadDetails, Detail, Details, read_details
from app.grants.detail_types import PLACE, DetailType, Row
from app.signin.journey import Step
from app.signin.parts import Parts
from app.web.pages import gettext

AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")
NOTHING = "—"
"""What stands for a list without entries: a member that was sent is never left out."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to be allowed: what it is, and its lines as (label, value)."""

    title: str
    lines: tuple[tuple[str, str], ...]


def details_of(parts: Parts, step: Step) -> Details | None:
    """What this step asks for in full; None where it may not be asked any more, since the ask was made."""
    text = step.ask.parameters.get(NAME)
    if text is None:
        return ()
    try:
        return read_details(text, step.client, parts.detail_types, parts.settings.issuer)
    except BadDetails:
        return None


def deeds(parts: Parts, details: Details) -> list[Deed]:
    """Each of them, in the reader's language."""
    language = parts.pages.language()
    return [_deed(detail, parts.detail_types[detail["type"]], language) for detail in details]


def _deed(detail: Detail, kind: DetailType, language: str) -> Deed:
    document = kind.document
    shown = [row for row in document.shown if any(_is_there(detail, path) for path in row.members)]
    lines = [(row.in_language(language), _filled(row, detail, kind, language)) for row in shown]
    if "locations" in detail:
        hosts = dict.fromkeys(host_of(location) for location in detail["locations"])
        lines.append((gettext("Where it holds"), ", ".join(hosts)))
    return Deed(document.title.in_language(language), tuple(lines))


def _filled(row: Row, detail: Detail, kind: DetailType, language: str) -> str:
    """The template with its members."""
    values = {path: _value(detail, path, kind, language) for path in row.members}

    def fill(place: re.Match[str]) -> str:
        return money(values[place[1]], language) if place[2] else values[place[1]]

    return PLACE.sub(fill, row.value).strip()


def money(amount: str, language: str) -> str:
    """An amount as people write it: 1 234,50 in Russian, 1,234.50 in English. Anything else stays as it is."""
    if AMOUNT.fullmatch(amount) is None:
        return amount
    places = len(amount.partition(".")[2])
    return format_decimal(Decimal(amount), f"#,##0.{'0' * places}", locale=language)


def _value(detail: Detail, path: str, kind: DetailType, language: str) -> str:
    words = kind.document.words
    texts = (_text(value) for value in _found(detail, path.split(".")))
    return ", ".join(words[text].in_language(language) if text in words else text for text in texts)


def _is_there(detail: Detail, path: str) -> bool:
    return any(True for _ in _found(detail, path.split(".")))


def _found(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path; lists on the way stand for each of their items, what leads no further for itself."""
    if isinstance(value, list) and value:
        for item in value:
            yield from _found(item, path)
    elif not path or not isinstance(value, dict):
        yield value
    elif path[0] in value:
        yield from _found(value[path[0]], path[1:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value == []:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
