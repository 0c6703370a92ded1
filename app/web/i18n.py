"""Languages: English is the source, Russian a catalogue that is read once at the start."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.pofile import read_po
from flask import Flask, g, request
from markupsafe import Markup

from app.web.cookies import Cookies

LANGUAGES = ("ru", "en")
CATALOGUE = Path(__file__).with_name("locale") / "ru" / "LC_MESSAGES" / "messages.po"
MOSCOW = ZoneInfo("Europe/Moscow")

Catalogue = Mapping[str, str | tuple[str, ...]]


def read_catalogue(file: Path = CATALOGUE) -> Catalogue:
    """Russian texts by English ones; texts with a number by their singular."""
    with file.open("rb") as source:
        messages = read_po(source, locale="ru")
    texts: dict[str, str | tuple[str, ...]] = {}
    for message in messages:
        if message.id and message.string:
            key = message.id[0] if isinstance(message.id, list | tuple) else message.id
            texts[key] = message.string  # type: ignore[assignment]
    return texts


RUSSIAN = read_catalogue()


def language() -> str:
    """The language of this answer: what the service asked for, what the person chose, what the browser prefers, Russian."""
    found: str = g.get("language") or "ru"
    return found


def gettext(text: str, **values: object) -> str:
    """A text in the reader's language, with named values filled in."""
    found = RUSSIAN.get(text, text) if language() == "ru" else text
    return str(found).format(**values) if values else str(found)


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """A text with a number in the reader's language; `{n}` stands for the number."""
    forms = RUSSIAN.get(one) if language() == "ru" else None
    text = forms[_russian_plural(number)] if isinstance(forms, tuple) else (one if number == 1 else many)
    return text.format(n=number, **values)


class Languages:
    """Decides the language of each request."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def install(self, app: Flask) -> None:
        """Decide before each request, and give templates their functions."""
        app.before_request(self._decide)
        app.jinja_env.globals.update(_=_safe(gettext), gettext=_safe(gettext), ngettext=ngettext, language=language)
        app.jinja_env.filters["moscow"] = moscow

    def use(self, wanted: str) -> None:
        """The service's wish (`ui_locales`, best first), unless the person has chosen for themselves."""
        if self._cookies.read("lang") in LANGUAGES or request.args.get("lang") in LANGUAGES:
            return
        for tag in wanted.split():
            if (primary := tag.partition("-")[0].lower()) in LANGUAGES:
                g.language = primary
                return

    def _decide(self) -> None:
        for chosen in (request.args.get("lang"), self._cookies.read("lang")):
            if chosen in LANGUAGES:
                g.language = chosen
                return
        g.language = request.accept_languages.best_match(LANGUAGES, "ru")


def moscow(at: datetime) -> Markup:
    """A time as people in Moscow say it, with the exact one for machines and on hover."""
    local = format_datetime(at.astimezone(MOSCOW), "d MMMM, HH:mm", locale=language())
    exact = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(exact, local)


def _safe(function: Any) -> Any:
    """The same for templates, where values must be escaped."""

    def translated(text: str, **values: object) -> Markup:
        return Markup(function(text)).format(**values) if values else Markup(function(text))

    return translated


def _russian_plural(number: int) -> int:
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else 2
