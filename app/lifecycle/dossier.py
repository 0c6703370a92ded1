"""What an operator may see of a person: enough to help, no number in full, no secret, no `sub` of any service (SR-152).

Who looks, and why, is on the record in the same transaction (SR-155).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, func, select

from app.clients import registration
from app.clients.client import sector
from app.clients.metadata import ClientMetadata
from app.events import audit
from app.grants.tables import consents, grants
from app.identity import identities, links, numbers
from app.identity.attributes import VALUE
from app.identity.identities import Identity
from app.identity.lookups import Lookups
from app.identity.providers import PROVIDERS
from app.identity.subjects import Subjects
from app.identity.tables import attributes
from app.keys.datakeys import DataKey, DataKeys
from app.sessions.tables import sessions
from app.storage.database import Transaction

NEWEST = 20
"""Rows of one kind that are shown; how many there are is said beside them."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is shown. Times in ms; the members of rows are named after their columns."""

    identity: Identity
    links: list[dict[str, Any]]
    profile: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    live_sessions: int
    grants: list[dict[str, Any]]
    live_grants: int
    consents: list[dict[str, Any]]
    record: list[dict[str, Any]]


class Dossiers:
    """Finds people by what operators are told, and opens their dossiers."""

    def __init__(
        self, lookups: Lookups, subjects: Subjects, data_keys: DataKeys, region: str, countries: Iterable[int]
    ) -> None:
        self._lookups, self._subjects, self._data_keys = lookups, subjects, data_keys
        self._region, self._countries = region, tuple(countries)

    def find(self, tx: Transaction, text: str) -> UUID | None:
        """Whoever is meant by an id of ours, a number in any spelling, `provider:subject`, or a `sub` of any service."""
        given = text.strip()
        provider, _, subject = given.partition(":")
        if provider in PROVIDERS and subject:
            return self._by_link(tx, provider, subject)
        number = self._number(given)
        if number is not None:
            return self._by_link(tx, "phone", number)
        identity = _uuid(given)
        if identity is not None:
            return identity if identities.get(tx, identity) else None
        return self._by_sub(tx, given)

    def look(self, tx: Transaction, identity: UUID, now: int, *, actor: str, reason: str) -> Dossier | None:
        """The dossier; who looked, and why, is written down. None for an id that is nobody's."""
        person = identities.get(tx, identity)
        if person is None:
            return None
        audit.record(tx, "identity.viewed", now, identity=identity, actor=actor, detail={"reason": reason})
        key = self._data_keys.load(tx, identity)
        live_session = (sessions.c.ended_at.is_(None), sessions.c.expires_at > now)
        live_grant = (grants.c.ended_at.is_(None), grants.c.refresh_until > now)
        return Dossier(
            identity=person,
            links=_links(tx, key, identity),
            profile=_profile(tx, key, identity),
            sessions=_newest(tx, sessions, identity, SESSION),
            live_sessions=_count(tx, sessions, identity, *live_session),
            grants=_newest(tx, grants, identity, GRANT),
            live_grants=_count(tx, grants, identity, *live_grant),
            consents=_consents(tx, identity),
            record=_newest(tx, audit.audit, identity, RECORD),
        )

    def carries_contact(self, text: str) -> bool:
        """Whether a text that is to be kept holds a number or an address, which the record must not (SR-183)."""
        words = text.replace(",", " ").replace(";", " ")
        return "@" in words or any(self._number(part) for part in _digit_runs(words))

    def _number(self, text: str) -> str | None:
        try:
            return numbers.parse(text, self._region, self._countries).e164
        except numbers.BadNumber:
            return None

    def _by_link(self, tx: Transaction, provider: str, subject: str) -> UUID | None:
        spelled = self._number(subject) or subject if provider == "phone" else subject
        found = self._lookups.find(tx, links.kind(provider), spelled)
        return found[0] if found else None

    def _by_sub(self, tx: Transaction, sub: str) -> UUID | None:
        """A `sub` means somebody within its sector only, so all sectors are asked."""
        documents = registration.describe_all(tx)
        sectors = {sector(one["client_id"], ClientMetadata.model_validate(one)) for one in documents}
        found = (self._subjects.find_by_sub(tx, name, sub) for name in sorted(sectors))
        return next((identity for identity in found if identity is not None), None)


SESSION = (
    sessions.c.created_at,
    sessions.c.seen_at,
    sessions.c.acr,
    sessions.c.amr,
    sessions.c.shared,
    sessions.c.expires_at,
    sessions.c.ended_at,
    sessions.c.ended_reason,
)
GRANT = (
    grants.c.client_id,
    grants.c.scope,
    grants.c.offline,
    grants.c.acr,
    grants.c.created_at,
    grants.c.rotated_at,
    grants.c.ended_at,
    grants.c.ended_reason,
)
RECORD = (audit.audit.c.at, audit.audit.c.kind, audit.audit.c.actor, audit.audit.c.client_id)


def _links(tx: Transaction, key: DataKey | None, identity: UUID) -> list[dict[str, Any]]:
    if key is None:
        return []
    return [
        {
            "provider": link.provider,
            "subject": numbers.masked(link.subject) if link.provider == "phone" else link.subject,
            "state": "closed" if link.closed_at is not None else link.state,
            "grade": link.grade,
            "acr": link.evidence.get("acr"),
            "amr": link.evidence.get("amr"),
            "created_at": link.created_at,
            "proved_at": link.proved_at,
            "closed_at": link.closed_at,
        }
        for link in links.list_of(tx, key, identity)
    ]


def _profile(tx: Transaction, key: DataKey | None, identity: UUID) -> list[dict[str, Any]]:
    if key is None:
        return []
    wanted = select(attributes).where(attributes.c.identity_id == identity).order_by(attributes.c.id)
    return [
        {
            "name": row.name,
            "value": _shown(row.name, key.open(row.value, row.id, VALUE)),
            "verified_at": row.verified_at,
            "observed_at": row.observed_at,
        }
        for row in tx.execute(wanted)
    ]


def _shown(name: str, value: str) -> str:
    mask = MASKS.get(name)
    return mask(value) if mask else value


def _masked_email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    return f"{local[:1]}{numbers.BULLET * 3}@{domain}"


def _year(value: str) -> str:
    return f"{value[:4]}-{numbers.BULLET * 2}-{numbers.BULLET * 2}"


MASKS: Mapping[str, Callable[[str], str]] = {
    "phone_number": numbers.masked,
    "email": _masked_email,
    "birthdate": _year,
}


def _newest(
    tx: Transaction, table: Table, identity: UUID, columns: Iterable[Column[Any]]
) -> list[dict[str, Any]]:
    wanted = select(*columns).where(table.c.identity_id == identity).order_by(table.c.id.desc()).limit(NEWEST)
    return [dict(row) for row in tx.execute(wanted).mappings()]


def _consents(tx: Transaction, identity: UUID) -> list[dict[str, Any]]:
    given = (consents.c.client_id, consents.c.scope, consents.c.given_at, consents.c.withdrawn_at)
    wanted = select(*given).where(consents.c.identity_id == identity).order_by(consents.c.given_at.desc())
    return [dict(row) for row in tx.execute(wanted.limit(NEWEST)).mappings()]


def _count(tx: Transaction, table: Table, identity: UUID, *conditions: Any) -> int:
    counted = select(func.count()).select_from(table).where(table.c.identity_id == identity, *conditions)
    return int(tx.execute(counted).scalar_one())


def _digit_runs(text: str) -> list[str]:
    """Stretches of a text that could be a number as people write it."""
    runs = "".join(sign if sign.isdigit() or sign in "+()- ." else "\n" for sign in text)
    return [run.strip() for run in runs.split("\n") if sum(sign.isdigit() for sign in run) >= 10]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
