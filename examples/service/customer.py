"""The records of a sign-in: on its way, and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Journey:
    """A sign-in on its way, kept by us for the browser that began it."""

    url: str
    state: str
    nonce: str
    verifier: str
    silent: bool
    back_to: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who signed in, as this service knows them. Times in seconds."""

    sub: str
    claims: Mapping[str, Any]
    scope: str
    access_token: str
    refresh_token: str
    id_token: str
    renewed_at: float
    ends_at: float
    allowed: Sequence[Mapping[str, Any]] = ()
    """What the person has just allowed in full (RFC 9396 §7)."""
