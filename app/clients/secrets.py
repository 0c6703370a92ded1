"""Client secrets: 256 random bits, shown once, kept as SHA-256 (SR-055). Two may live while one replaces the other."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PREFIX = "cs_"
"""Lets a scanner of leaked text know what it has found."""
MOST_LIVE = 2


@dataclass(frozen=True, slots=True)
class SecretHash:
    """What is kept of one secret; `expires_at` in ms."""

    sha256: bytes
    expires_at: int | None


def new_secret() -> str:
    """A fresh secret of 256 bits from the system's generator."""
    return PREFIX + secrets.token_urlsafe(32)


def stored(secret: str, now: int) -> dict[str, Any]:
    """How a secret is written down."""
    return {"sha256": _hash(secret).hex(), "created_at": now, "expires_at": None}


def live(rows: Iterable[Mapping[str, Any]], now: int) -> list[dict[str, Any]]:
    """Those that still work at this time."""
    return [dict(row) for row in rows if row["expires_at"] is None or row["expires_at"] > now]


def replaced(
    rows: Iterable[Mapping[str, Any]], secret: str, now: int, overlap_ms: int
) -> list[dict[str, Any]]:
    """The list with a new secret in front; the newest former one ends after the overlap, older ones now."""
    kept = live(rows, now)[: MOST_LIVE - 1] if overlap_ms > 0 else []
    ends = now + overlap_ms
    former = [row | {"expires_at": min(ends, row["expires_at"] or ends)} for row in kept]
    return [stored(secret, now), *former]


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[SecretHash, ...]:
    """The stored form, ready to compare."""
    return tuple(SecretHash(bytes.fromhex(row["sha256"]), row["expires_at"]) for row in rows)


def matches(presented: str, hashes: Sequence[SecretHash], now: int) -> bool:
    """Whether a secret is one of the live ones. Every hash is compared, each in constant time (SR-029)."""
    found = False
    digest = _hash(presented)
    for known in hashes:
        equal = hmac.compare_digest(digest, known.sha256)
        found |= equal and (known.expires_at is None or now < known.expires_at)
    return found


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
