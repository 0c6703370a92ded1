"""What profiles of upstreams share: texts as OIDC standard claims (OIDC Core §5.1), or nothing where they are odd."""

import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")
BIRTHDAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
MOST_NAME = 200
MOST_URL = 1000
OLDEST_YEAR = 1900


def email_of(text: str) -> str:
    """A text if it looks like one e-mail address, else nothing."""
    return text if len(text) <= 254 and text.isprintable() and ADDRESS.fullmatch(text) else ""


def name_of(value: object) -> str:
    """A name without what is not shown or turns the direction of writing."""
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable()).strip()[:MOST_NAME]


def birthdate_of(text: str, now: int) -> str:
    """DD.MM.YYYY as a calendar date, if there was such a day before `now` (ms)."""
    parts = BIRTHDAY.fullmatch(text)
    if not parts:
        return ""
    try:
        day = date(int(parts[3]), int(parts[2]), int(parts[1]))
    except ValueError:
        return ""
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    return day.isoformat() if day.year >= OLDEST_YEAR and day <= today else ""


def picture_of(value: object) -> str:
    """An https address of a picture."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > MOST_URL:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme == "https" and parts.hostname and " " not in value else ""
