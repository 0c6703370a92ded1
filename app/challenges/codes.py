"""One-time codes: made, kept only as a keyed hash, compared once per counted try (SR-125, SR-127, SR-135)."""

import secrets
import unicodedata

from app.keys.keyed import KeyedValues

DIGITS = 6


def new_code() -> str:
    """Six digits from the system's generator, uniform, leading zeros kept."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def typed(text: str) -> str | None:
    """The six digits that a person meant, however they wrote them; None for anything else."""
    if len(text) > 64:
        return None
    digits = []
    for sign in text:
        if sign.isspace() or sign in "-‐–":
            continue
        value = unicodedata.decimal(sign, None)
        if value is None:
            return None
        digits.append(str(value))
    return "".join(digits) if len(digits) == DIGITS else None


def matches(keyed: KeyedValues, challenge: str, code: str, digest: bytes) -> bool:
    """Whether it is the code of this challenge, in constant time."""
    return secrets.compare_digest(keyed.code_hash(challenge, code), digest)
