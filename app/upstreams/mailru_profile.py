"""A Mail.ru profile as OIDC standard claims (OIDC Core §5.1). What is odd in it is left out, except the e-mail's type."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from app.upstreams.base import UpstreamError

ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")
PLAIN = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
BIRTHDAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
LOCALE = re.compile(r"([a-z]{2,3})[_-]([A-Z]{2})")
GENDERS = {"m": "male", "f": "female"}
MOST_NAME = 200
MOST_URL = 1000
OLDEST_YEAR = 1900


def claims_of(profile: Mapping[str, Any], now: int) -> dict[str, str]:
    """The claims that a profile gives; `now` in ms. Raises UpstreamError if its e-mail is not a text."""
    email = profile.get("email")
    if not isinstance(email, str | None):
        raise UpstreamError("mailru", "malformed", "email")
    found = {
        "name": _name(profile.get("name")),
        "given_name": _name(profile.get("first_name")),
        "family_name": _name(profile.get("last_name")),
        "nickname": _name(profile.get("nickname")),
        "email": email_of(email or ""),
        "gender": GENDERS.get(str(profile.get("gender")), ""),
        "birthdate": _birthdate(str(profile.get("birthday")), now),
        "locale": _locale(str(profile.get("locale"))),
        "picture": _picture(profile.get("image")),
    }
    return {claim: value for claim, value in found.items() if value}


def email_of(text: str) -> str:
    """A text if it looks like one e-mail address, else nothing."""
    return text if len(text) <= 254 and text.isprintable() and ADDRESS.fullmatch(text) else ""


def is_own(email: str, domains: Iterable[str]) -> bool:
    """Whether Mail.ru itself keeps the mailbox, so that signing in there proves the address (SR-098).

    Only plain ASCII is compared: other alphabets have letters that become ASCII when their case is folded.
    """
    domain = email.rpartition("@")[2].lower()
    return bool(PLAIN.fullmatch(email)) and domain in {own.lower() for own in domains}


def _name(value: object) -> str:
    """A name without what is not shown or turns the direction of writing."""
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable()).strip()[:MOST_NAME]


def _birthdate(text: str, now: int) -> str:
    """DD.MM.YYYY as a calendar date, if there was such a day."""
    parts = BIRTHDAY.fullmatch(text)
    if not parts:
        return ""
    try:
        day = date(int(parts[3]), int(parts[2]), int(parts[1]))
    except ValueError:
        return ""
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    return day.isoformat() if day.year >= OLDEST_YEAR and day <= today else ""


def _locale(text: str) -> str:
    """ru_RU as a language tag (RFC 5646)."""
    parts = LOCALE.fullmatch(text)
    return f"{parts[1]}-{parts[2]}" if parts else ""


def _picture(value: object) -> str:
    """An https address of a picture."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > MOST_URL:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme == "https" and parts.hostname and " " not in value else ""
