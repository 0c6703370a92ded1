"""What the tests of this room stand on: a deployment's keys, a database, and proofs as upstreams would give them."""

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import event, select, update

from app.events.audit import audit
from app.identity.linking import Linking, Outcome, Signals, Visit
from app.identity.lookups import Lookups
from app.identity.subjects import Subjects
from app.identity.tables import attributes, identities, links, lookups
from app.keys.datakeys import DataKeys
from app.keys.keyed import KeyedValues
from app.keys.keyring import PURPOSES, Keyring
from app.keys.lookup import LookupHasher
from app.storage.clock import Clock
from app.storage.database import Storage
from app.upstreams.base import Assertion, Evidence
from config.settings import KeySettings

NUMBER = "+79201234567"
ISSUER = "https://mobileid.megafon.ru|mostid-demo"
DAY = 86_400_000


def secret(purpose: str, version: int = 1) -> str:
    """A key as settings have it, the same in every process of a test."""
    raw = f"{purpose}{version}".encode().ljust(32, b".")
    return f"{version}:{base64.urlsafe_b64encode(raw).decode()}"


def keyring(**others: str) -> Keyring:
    """A key of version 1 for each purpose, unless other versions are named."""
    values: dict[str, Any] = {purpose: secret(purpose) for purpose in PURPOSES} | others
    return Keyring(KeySettings(**values))


def mailru(
    subject: str = "1234567890", *, verified: tuple[str, ...] = ("email",), **claims: str
) -> Assertion:
    """A proof by Mail.ru."""
    said = {"name": "Анна Ким", "email": "anna@mail.ru"} | claims
    evidence = Evidence(("fed",), "urn:mostid:acr:1", 0, "")
    return Assertion("mailru", subject, evidence, said, frozenset(verified))


def sms(number: str = NUMBER) -> Assertion:
    """A proof by a code in a message."""
    return Assertion("phone", number, Evidence(("sms", "otp"), "urn:mostid:acr:2", 0, "m-1"), {}, frozenset())


def push(
    witness: str = "pcr-1", *, number: str = NUMBER, issuer: str = ISSUER, bare: bool = False
) -> Assertion:
    """A proof by a push, with the code of our page unless bare."""
    method = ("swk",) if bare else ("swk", "otp")
    return replace(
        sms(number),
        evidence=Evidence(method, "urn:mostid:acr:2", 0, "p-1"),
        witness=witness,
        witness_issuer=issuer,
    )


@dataclass(slots=True)
class World:
    """One deployment at one time."""

    storage: Storage
    now: int = 1_800_000_000_000
    keys: Keyring = field(default_factory=keyring)
    providers: tuple[str, ...] = ("mailru", "phone")

    @property
    def lookups(self) -> Lookups:
        return Lookups(LookupHasher(self.keys))

    @property
    def data_keys(self) -> DataKeys:
        return DataKeys(self.keys)

    @property
    def subjects(self) -> Subjects:
        return Subjects(self.lookups, KeyedValues(self.keys))

    @property
    def linking(self) -> Linking:
        return Linking(self.lookups, LookupHasher(self.keys), self.data_keys, self.providers)

    def arrive(
        self,
        assertion: Assertion,
        *,
        start_new: bool = False,
        proved: tuple[UUID | None, ...] = (),
        sim_changed_at: int | None = None,
        owner_since: int | None = None,
    ) -> Outcome:
        """Somebody comes with this proof, made now."""
        proof = replace(assertion, evidence=replace(assertion.evidence, at=self.now))
        visit = Visit(
            self.now,
            "ru",
            frozenset(link for link in proved if link),
            start_new,
            Signals(sim_changed_at, owner_since),
        )
        return self.storage.run(lambda tx: self.linking.resolve(tx, proof, visit), write=True)

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Rows of a table."""
        with self.storage.transaction() as tx:
            return list(tx.execute(select(table).filter_by(**where)).all())

    def one(self, table: Any, **where: Any) -> Any:
        """The only row."""
        (row,) = self.rows(table, **where)
        return row

    def set_status(self, identity: UUID | None, status: str, root: UUID | None = None) -> None:
        """What an operator or a merge does to an identity."""
        with self.storage.transaction(write=True) as tx:
            tx.execute(update(identities).where(identities.c.id == identity).values(status=status, root=root))

    def set_state(self, link: UUID | None, state: str) -> None:
        """What an operator does to a link."""
        with self.storage.transaction(write=True) as tx:
            tx.execute(update(links).where(links.c.id == link).values(state=state))

    def add_link(self, identity: UUID | None, assertion: Assertion) -> None:
        """A second way in, as linking with both proofs makes one."""
        from_visit = self.arrive(assertion)
        with self.storage.transaction(write=True) as tx:
            tx.execute(
                update(links).where(links.c.id == from_visit.link_id).values(identity_id=identity, grade="A")
            )
            tx.execute(
                update(lookups).where(lookups.c.row_id == from_visit.link_id).values(identity_id=identity)
            )
            tx.execute(attributes.delete().where(attributes.c.link_id == from_visit.link_id))

    def kinds(self, identity: UUID | None) -> Counter[str]:
        """What the record says of an identity, and how often."""
        return Counter(row.kind for row in self.rows(audit, identity_id=identity))

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Every statement on the writing side."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(self.storage.writer, "before_cursor_execute", note)
        yield seen
        event.remove(self.storage.writer, "before_cursor_execute", note)


def open_world(url: str) -> World:
    """The deployment on this database."""
    return World(Storage(url, Clock()))
