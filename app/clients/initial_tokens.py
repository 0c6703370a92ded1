"""Initial access tokens (RFC 7591 §1.2): what an operator gives to somebody who may register clients of their own."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select, update

from app.clients.tables import initial_access_tokens as tokens
from app.events import audit
from app.storage.database import Transaction

PREFIX = "iat_"
"""Lets a scanner of leaked text know what it has found."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a token is good for."""

    note: str
    """Whom it was given to, in the operator's words."""
    scope: Sequence[str]
    """The most that clients registered with it may ask for."""
    uses: int
    life_ms: int
    members: Mapping[str, Any] = field(default_factory=dict)
    """What its clients are excepted from: members of their metadata that only an operator sets."""


class Allowed(NamedTuple):
    """What clients registered with a token may be."""

    scopes: frozenset[str]
    members: Mapping[str, Any]


def issue(tx: Transaction, terms: Terms, now: int, *, actor: str) -> str:
    """A new token; only its hash is kept (SR-053). `now` in ms."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = {
        "hash": hash_of(token),
        "note": terms.note,
        "scope": " ".join(terms.scope),
        "uses_left": terms.uses,
        "expires_at": now + terms.life_ms,
        "created_at": now,
        "members": dict(terms.members),
    }
    tx.execute(insert(tokens).values(row))
    detail = {"note": terms.note, "uses": terms.uses, "expires_at": row["expires_at"], **terms.members}
    audit.record(tx, "client.initial_token_issued", now, actor=actor, detail=detail)
    return token


def spend(tx: Transaction, token: str, now: int) -> Allowed | None:
    """Take one use of a token, in one statement. What it allows; None where it is good for nothing (any more)."""
    taken = (
        update(tokens)
        .where(tokens.c.hash == hash_of(token), tokens.c.uses_left > 0, tokens.c.expires_at > now)
        .values(uses_left=tokens.c.uses_left - 1)
        .returning(tokens.c.scope, tokens.c.members)
    )
    return _allowed(tx.execute(taken).first())


def look(tx: Transaction, token: str, now: int) -> Allowed | None:
    """What a token allows, of which no use is taken yet; None where it is good for nothing."""
    good = (tokens.c.hash == hash_of(token), tokens.c.uses_left > 0, tokens.c.expires_at > now)
    return _allowed(tx.execute(select(tokens.c.scope, tokens.c.members).where(*good)).first())


def hash_of(token: str) -> str:
    """What is kept of a token of 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _allowed(row: Row[tuple[str, dict[str, Any]]] | None) -> Allowed | None:
    return None if row is None else Allowed(frozenset(row.scope.split()), row.members)
