"""Acts of operators on clients. Each is one transaction with its record, and every process learns of it."""

import re
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select, update

from app.clients import secrets
from app.clients.metadata import BadMetadata, ClientMetadata, parse
from app.clients.policy import Policy
from app.clients.tables import KIND, clients
from app.events import audit
from app.storage.database import Transaction
from app.storage.upsert import insert_ignore
from app.storage.versions import bump

CHOSEN_ID = re.compile(r"[a-z][a-z0-9_.-]{1,47}")
SUBJECT_LENGTH = 27
"""Characters of a `sub`; no chosen client id is that long, so neither is taken for the other (SR-059)."""
UUID_SHAPE = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


class UnknownClient(Exception):
    """There is no client of this id."""


class ClientIdTaken(Exception):
    """A client of this id exists."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A new client; its secret is known only here and now."""

    client_id: str
    secret: str | None


def add(
    tx: Transaction,
    metadata: ClientMetadata,
    now: int,
    *,
    client_id: str | None = None,
    actor: str = "operator",
) -> Registered:
    """Register a client. Raises BadMetadata for a chosen id of the wrong form, ClientIdTaken for one in use."""
    identifier = client_id or f"c_{random.token_urlsafe(16)}"
    if client_id is not None:
        _check_chosen(client_id)
    secret = secrets.new_secret() if metadata.has_secret else None
    row = {
        "client_id": identifier,
        "metadata": metadata.document(),
        "secrets": [secrets.stored(secret, now)] if secret else [],
        "created_at": now,
        "changed_at": now,
    }
    if not insert_ignore(tx, clients, row):
        raise ClientIdTaken(identifier)
    _record(tx, "client.added", identifier, now, actor, {"first_party": metadata.first_party})
    return Registered(identifier, secret)


def rotate_secret(
    tx: Transaction, client_id: str, now: int, *, overlap_s: int, actor: str = "operator"
) -> str:
    """Give a client a new secret; its former one works for `overlap_s` more seconds.

    Raises UnknownClient, and BadMetadata for a client that has none.
    """
    row = _locked(tx, client_id)
    metadata = ClientMetadata.model_validate(row.metadata)
    if not metadata.has_secret:
        kind = "a public client" if metadata.public else "a client with keys or certificates"
        raise BadMetadata([("token_endpoint_auth_method", f"{kind} has no secret")])
    secret = secrets.new_secret()
    kept = secrets.replaced(row.secrets, secret, now, overlap_s * 1000)
    tx.execute(update(clients).where(clients.c.client_id == client_id).values(secrets=kept, changed_at=now))
    _record(tx, "client.secret_rotated", client_id, now, actor, {"overlap_s": overlap_s})
    return secret


def disable(tx: Transaction, client_id: str, now: int, *, actor: str = "operator") -> bool:
    """Stop a client everywhere within seconds. False when it was disabled before. Raises UnknownClient."""
    return _switch(tx, client_id, now, disabled=True, actor=actor)


def enable(tx: Transaction, client_id: str, now: int, *, actor: str = "operator") -> bool:
    """Let a disabled client go on. False when it was not disabled. Raises UnknownClient."""
    return _switch(tx, client_id, now, disabled=False, actor=actor)


def describe(tx: Transaction, client_id: str) -> dict[str, Any] | None:
    """The record of a client by RFC 7591 names (times in seconds), without secrets; None if there is none."""
    row = tx.execute(select(clients).where(clients.c.client_id == client_id)).first()
    return _document(row) if row else None


def describe_all(tx: Transaction) -> list[dict[str, Any]]:
    """The records of all clients, oldest first, without secrets."""
    return [
        _document(row)
        for row in tx.execute(select(clients).order_by(clients.c.created_at, clients.c.client_id))
    ]


def misfits(tx: Transaction, policy: Policy) -> list[tuple[str, str]]:
    """Enabled clients that this policy would refuse, with the reason: production must not start with them.

    Not those that only lack their certificates: they are refused when they come.
    """
    found, policy = [], replace(policy, mutual_tls=True)
    for row in tx.execute(select(clients).where(clients.c.disabled_at.is_(None))):
        try:
            parse(row.metadata, policy, client_id=row.client_id)
        except BadMetadata as error:
            found.append((row.client_id, str(error)))
    return found


def _check_chosen(client_id: str) -> None:
    if CHOSEN_ID.fullmatch(client_id) is None:
        raise BadMetadata([("client_id", "2 to 48 small letters, digits, dots, dashes; a letter first")])
    if len(client_id) == SUBJECT_LENGTH or UUID_SHAPE.fullmatch(client_id):
        raise BadMetadata([("client_id", "it has the form of a person's identifier")])


def _locked(tx: Transaction, client_id: str) -> Row[Any]:
    """The record, held against other operators until the end."""
    row = tx.execute(select(clients).where(clients.c.client_id == client_id).with_for_update()).first()
    if row is None:
        raise UnknownClient(client_id)
    return row


def _switch(tx: Transaction, client_id: str, now: int, *, disabled: bool, actor: str) -> bool:
    row = _locked(tx, client_id)
    if (row.disabled_at is not None) == disabled:
        return False
    values = {"disabled_at": now if disabled else None, "changed_at": now}
    tx.execute(update(clients).where(clients.c.client_id == client_id).values(**values))
    _record(tx, "client.disabled" if disabled else "client.enabled", client_id, now, actor, {})
    return True


def _record(
    tx: Transaction, kind: str, client_id: str, now: int, actor: str, detail: Mapping[str, Any]
) -> None:
    bump(tx, KIND)
    audit.record(tx, kind, now, actor=actor, client_id=client_id, detail=detail)


def _document(row: Row[Any]) -> dict[str, Any]:
    document: dict[str, Any] = {"client_id": row.client_id, "client_id_issued_at": row.created_at // 1000}
    document |= row.metadata
    return document | {"disabled": row.disabled_at is not None}
