import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract
from flask import Flask
from flask.testing import FlaskClient
from jinja2.ext import babel_extract

from app.web.i18n import RUSSIAN, gettext, moscow, ngettext

APP = Path("app")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def sources() -> Iterator[tuple[str, str | None]]:
    """Every text of views and templates: singular, and plural where there is one."""
    for file in sorted(APP.rglob("*.py")):
        with file.open("rb") as opened:
            for _, message, _, _ in extract("python", opened, KEYWORDS):
                yield (message, None) if isinstance(message, str) else (message[0], message[1])
    for file in sorted(APP.glob("web/templates/**/*.html")):
        with file.open("rb") as opened:
            for _, name, found, _ in babel_extract(opened, ["_", "ngettext"], [], {}):
                parts = found if isinstance(found, tuple) else (found,)
                yield str(parts[0]), str(parts[1]) if name == "ngettext" else None


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_has_a_russian_one() -> None:
    found = dict(sources())
    assert len(found) > 60
    assert sorted(set(found) - set(RUSSIAN)) == []


def test_the_catalogue_has_no_text_that_nobody_uses() -> None:
    assert sorted(set(RUSSIAN) - {text for text, _ in sources()}) == []


def test_texts_with_a_number_have_three_russian_forms() -> None:
    for one, many in sources():
        assert len(RUSSIAN[one]) == (1 if many is None else 3), one


def test_a_translation_fills_in_the_same_values() -> None:
    for text, forms in RUSSIAN.items():
        for form in forms:
            assert placeholders(form) == placeholders(text), text


def test_no_text_shouts_or_blames() -> None:
    for text, forms in RUSSIAN.items():
        for each in (text, *forms):
            assert "!" not in each
            assert not re.search(r"\b(упс|oops|invalid|ошибк\w+|Вы[^ ]*|error)\b", each[1:]), each


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 секунду"), (2, "2 секунды"), (4, "4 секунды"), (5, "5 секунд"), (11, "11 секунд"), (12, "12 секунд"),
        (14, "14 секунд"), (21, "21 секунду"), (22, "22 секунды"), (100, "100 секунд"), (101, "101 секунду"),
        (111, "111 секунд"), (112, "112 секунд"), (0, "0 секунд"),
    ],
)  # fmt: skip
def test_russian_numbers_take_the_right_form(pages: Flask, number: int, text: str) -> None:
    with pages.test_request_context("/?lang=ru"):
        one, many = "The next code can be sent in {n} second.", "The next code can be sent in {n} seconds."
        assert ngettext(one, many, number) == f"Следующий код можно отправить через {text}."


def test_english_numbers_take_the_right_form(pages: Flask) -> None:
    with pages.test_request_context("/?lang=en"):
        pages.preprocess_request()
        assert [ngettext("{n} try", "{n} tries", number) for number in (1, 2)] == ["1 try", "2 tries"]


def test_a_text_without_a_translation_is_shown_in_english(pages: Flask) -> None:
    with pages.test_request_context("/"):
        assert gettext("no such text {x}", x=1) == "no such text 1"


def test_times_are_shown_in_moscow_with_the_exact_one_on_hover(pages: Flask) -> None:
    with pages.test_request_context("/?lang=ru"):
        shown = moscow(datetime(2026, 11, 22, 22, 5, tzinfo=UTC))
    assert (
        shown == '<time datetime="2026-11-22T22:05:00Z" title="2026-11-22T22:05:00Z">23 ноября, 01:05</time>'
    )


@pytest.mark.parametrize(
    ("query", "cookie", "accepts", "language"),
    [
        ("", None, None, "ru"),
        ("", None, "de-DE,de", "ru"),
        ("", None, "en-GB,en;q=0.9,ru;q=0.5", "en"),
        ("", None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("?ui_locales=en-US%20ru", None, "ru", "en"),
        ("?ui_locales=de%20ru", None, "en", "ru"),
        ("?ui_locales=de", None, "en", "en"),
        ("", "en", "ru", "en"),
        ("?ui_locales=ru", "en", "ru", "en"),
        ("?lang=ru&ui_locales=en", "en", "en", "ru"),
        ("?lang=de", None, "en", "en"),
        ("", "<script>", "en", "en"),
    ],
)
def test_the_language_is_the_persons_then_the_services_then_the_browsers_then_russian(
    client: FlaskClient, query: str, cookie: str | None, accepts: str | None, language: str
) -> None:
    if cookie:
        client.set_cookie("mostid_lang", cookie)
    answer = client.get(f"/sample/phone{query}", headers={"Accept-Language": accepts} if accepts else {})
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.sr("SR-202")
def test_of_an_endless_list_of_languages_only_the_beginning_is_read(client: FlaskClient) -> None:
    for before, language in ((" " * 900, "en"), ("zz," * 10_000, "ru")):
        answer = client.get("/sample/phone", headers={"Accept-Language": before + "en"})
        assert f'<html lang="{language}">' in answer.text


def test_the_switch_is_remembered(client: FlaskClient) -> None:
    client.get("/sample/phone?lang=en")
    assert '<html lang="en">' in client.get("/sample/code").text
    client.get("/sample/phone?lang=ru")
    assert '<html lang="ru">' in client.get("/sample/code").text
