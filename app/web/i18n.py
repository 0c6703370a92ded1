"""Languages: English is the source, Russian a catalogue that is read once at the start."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.pofile import read_po
from flask import Flask, Response, g, request
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.web.cookies import Cookies

LANGUAGES = {"ru": "Русский", "en": "English"}
"""Each by its own name."""
CATALOGUE = Path(__file__).with_name("locale") / "ru" / "LC_MESSAGES" / "messages.po"
MOSCOW = ZoneInfo("Europe/Moscow")
CHOICE_S = 365 * 86_400
LONGEST_PREFERENCE = 1_000
"""Characters of `Accept-Language` that are read: each language in it costs time (SR-202)."""

Catalogue = Mapping[str, tuple[str, ...]]


def read_catalogue(file: Path = CATALOGUE) -> Catalogue:
    """Russian texts by English ones, each with its plural forms; texts with a number are found by their singular."""
    with file.open("rb") as source:
        messages = read_po(source, locale="ru")
    texts: dict[str, tuple[str, ...]] = {}
    for message in messages:
        if message.id and message.string and not message.fuzzy:
            key = message.id if isinstance(message.id, str) else message.id[0]
            texts[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return texts


RUSSIAN = read_catalogue()


def language() -> str:
    """The language of this answer: the person's choice, the service's wish, the browser's preference, or Russian."""
    found: str = g.get("language") or "ru"
    return found


def gettext(text: str, /, **values: object) -> str:
    """A text in the reader's language, with named values filled in."""
    found = RUSSIAN.get(text, (text,))[0] if language() == "ru" else text
    return found.format(**values) if values else found


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """A text with a number in the reader's language; `{n}` stands for the number."""
    return _plural(one, many, number).format(n=number, **values)


class Languages:
    """Decides the language of each request."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def install(self, app: Flask) -> None:
        """Decide before each request, remember what was chosen, and give templates their functions."""
        app.before_request(self._decide)
        app.after_request(self._remember)
        app.jinja_env.globals.update(
            _=_safe_text, ngettext=_safe_plural, language=language, other_languages=other_languages
        )
        app.jinja_env.filters["moscow"] = moscow

    def use(self, wanted: str) -> None:
        """The service's wish (`ui_locales`, best first), unless the person has chosen for themselves."""
        if self._chosen() is not None:
            return
        for tag in wanted.split():
            if (primary := tag.partition("-")[0].lower()) in LANGUAGES:
                g.language = primary
                return

    def _decide(self) -> None:
        g.language = self._chosen() or _preferred()

    def _chosen(self) -> str | None:
        """`?lang=` of the switch on each page, or what it was set to before."""
        wishes = (request.args.get("lang"), self._cookies.read("lang"))
        return next((wish for wish in wishes if wish in LANGUAGES), None)

    def _remember(self, response: Response) -> Response:
        chosen = request.args.get("lang")
        if chosen in LANGUAGES and chosen != self._cookies.read("lang"):
            self._cookies.set(response, "lang", chosen, CHOICE_S)
        return response


def _preferred() -> str:
    """The best of ours for this browser."""
    wanted = request.headers.get("Accept-Language", "")[:LONGEST_PREFERENCE]
    found = parse_accept_header(wanted, LanguageAccept)
    return found.best_match(list(LANGUAGES), "ru")


def other_languages() -> list[tuple[str, str]]:
    """What the switch offers: code and name."""
    return [(code, name) for code, name in LANGUAGES.items() if code != language()]


def moscow(at: datetime) -> Markup:
    """A time as people in Moscow say it, with the exact one for machines and on hover."""
    local = format_datetime(at.astimezone(MOSCOW), "d MMMM, HH:mm", locale=language())
    exact = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(exact, local)


def _safe_text(text: str, /, **values: object) -> Markup:
    """For templates: the catalogue is ours, the values are escaped."""
    return _fill(gettext(text), values)


def _safe_plural(one: str, many: str, number: int, /, **values: object) -> Markup:
    return _fill(_plural(one, many, number), {"n": number, **values})


def _fill(text: str, values: Mapping[str, object]) -> Markup:
    return Markup(text).format(**values) if values else Markup(text)  # noqa: S704


def _plural(one: str, many: str, number: int) -> str:
    forms = RUSSIAN.get(one) if language() == "ru" else None
    return forms[_russian_plural(number)] if forms else (one if number == 1 else many)


def _russian_plural(number: int) -> int:
    """Form 0: 1, 21, 101; form 1: 2-4, 22-24; form 2: the rest, 11-14 among them (CLDR, Russian)."""
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else 2
