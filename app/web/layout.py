"""What templates use besides texts: addresses of static files and of the page itself, colours, grouped numbers."""

import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

STATIC = Path(__file__).with_name("static")
PLAIN = "#14213D"
"""The ground of a service's mark that has no colour of its own."""
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
RUSSIAN_NUMBER = re.compile(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})")
REPEATABLE = ("ask", "challenge", "shared")
"""Fields of a form that the page it came from takes as a query."""
ENTRY = "/signin"


def install(app: Flask) -> None:
    """Give templates these functions."""
    app.jinja_env.globals.update(static=static, this_page=this_page)
    app.jinja_env.filters.update(colour=colour, ink_on=ink_on, phone_text=phone_text)


def static(name: str) -> str:
    """Address of a file of ours that may be kept for ever: it changes with the content."""
    return f"/static/{name}?v={version(name)}"


@cache
def version(name: str) -> str:
    """Digest of a static file's content; empty for a file that we do not have."""
    file = STATIC / name
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""


def this_page(**changed: str) -> str:
    """A path of ours that shows this page by GET with a changed query: after a POST, the page that its form stood on.

    It is made from this very request, so it leads nowhere else (no open redirect).
    """
    kept = [(name, value) for name, value in _sent() if name not in changed]
    return f"{_path()}?{urlencode(kept + list(changed.items()))}"


def _sent() -> list[tuple[str, str]]:
    """What this page is asked for with, as far as a GET may carry it."""
    if request.method in {"GET", "HEAD"}:
        return list(request.args.items(multi=True))
    try:
        return [(name, value) for name, value in request.form.items(multi=True) if name in REPEATABLE]
    except HTTPException:  # too large, or no form at all
        return []


def _path() -> str:
    """The path of this request as we route it, or the journey's entry where only a POST is answered."""
    try:
        current_app.url_map.bind("").match(request.path, "GET")
    except HTTPException:
        return ENTRY if request.method == "POST" else "/"
    return quote(request.path)


def colour(text: str | None) -> str:
    """A colour that a service registered, or ours where it is not a plain one."""
    return text if text and COLOUR.fullmatch(text) else PLAIN


def ink_on(ground: str) -> str:
    """Black or white, whichever reads better on a ground (WCAG 2.2, contrast ratio)."""
    light = luminance(ground)
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#FFFFFF"


def luminance(text: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.2)."""
    channels = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def phone_text(text: str) -> str:
    """What a field for a number begins with: +7, or the number in groups as people write it."""
    if not text:
        return "+7 "
    found = RUSSIAN_NUMBER.fullmatch(text)
    return "+7 {} {}-{}-{}".format(*found.groups()) if found else text
