"""Russian and English: pages are written in English, and the Russian is in `russian`."""

from urllib.parse import urlencode

from flask import Flask, request

from simulators.russian import RUSSIAN

LANGUAGES = {"ru": "Русский", "en": "English"}


def language() -> str:
    """`?lang=` if it is one of ours, else the browser's preference, else Russian."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "ru")


def translate(text: str, **values: object) -> str:
    """A text in the reader's language."""
    found = RUSSIAN.get(text, text) if language() == "ru" else text
    return found.format(**values) if values else found


def other_language() -> tuple[str, str, str]:
    """Code, name and address of this page in the other language."""
    code = "en" if language() == "ru" else "ru"
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return code, LANGUAGES[code], f"{request.path}?{urlencode([*kept, ('lang', code)])}"


def install(app: Flask) -> None:
    """Give templates `_`, `language` and `other_language`."""
    app.jinja_env.globals.update(_=translate, language=language, other_language=other_language)
