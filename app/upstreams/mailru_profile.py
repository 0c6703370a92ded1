"""A Mail.ru profile as OIDC standard claims. What is odd in it is left out, except the e-mail's type."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.upstreams.base import UpstreamError
from app.upstreams.profile import birthdate_of, email_of, name_of, picture_of

PLAIN = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
LOCALE = re.compile(r"([a-z]{2,3})[_-]([A-Z]{2})")
GENDERS = {"m": "male", "f": "female"}


def claims_of(profile: Mapping[str, Any], now: int) -> dict[str, str]:
    """The claims that a profile gives; `now` in ms. Raises UpstreamError if its e-mail is not a text."""
    email = profile.get("email")
    if not isinstance(email, str | None):
        raise UpstreamError("mailru", "malformed", "email")
    found = {
        "name": name_of(profile.get("name")),
        "given_name": name_of(profile.get("first_name")),
        "family_name": name_of(profile.get("last_name")),
        "nickname": name_of(profile.get("nickname")),
        "email": email_of(email or ""),
        "gender": GENDERS.get(str(profile.get("gender")), ""),
        "birthdate": birthdate_of(str(profile.get("birthday")), now),
        "locale": _locale(str(profile.get("locale"))),
        "picture": picture_of(profile.get("image")),
    }
    return {claim: value for claim, value in found.items() if value}


def is_own(email: str, domains: Iterable[str]) -> bool:
    """Whether Mail.ru itself keeps the mailbox, so that signing in there proves the address (SR-098).

    Only plain ASCII is compared: other alphabets have letters that become ASCII when their case is folded.
    """
    domain = email.rpartition("@")[2].lower()
    return bool(PLAIN.fullmatch(email)) and domain in {own.lower() for own in domains}


def _locale(text: str) -> str:
    """ru_RU as a language tag (RFC 5646)."""
    parts = LOCALE.fullmatch(text)
    return f"{parts[1]}-{parts[2]}" if parts else ""
