"""The record of acts and the word for services are written with the change, or not at all."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.events import audit, outbox
from app.events.audit import NOBODY, STREAMS
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ids import born, uuid7


def rows(storage: Storage, table: Any) -> list[Any]:
    with storage.transaction() as tx:
        return list(tx.execute(select(table).order_by(table.c.id)))


@pytest.mark.sr("SR-155", "SR-161")
def test_what_is_rolled_back_leaves_neither_record_nor_word(storage: Storage, clock: Clock) -> None:
    person = uuid7(clock.now())
    with pytest.raises(KeyError), storage.transaction(write=True) as tx:
        audit.record(tx, "identity.blocked", clock.now(), identity=person)
        outbox.put(tx, "session.ended", clock.now(), person, "store", {"sub": "x", "sid": None})
        raise KeyError
    assert rows(storage, audit.audit) == rows(storage, outbox.outbox) == []


@pytest.mark.sr("SR-155")
def test_a_record_says_what_who_when_and_on_whom(storage: Storage, clock: Clock) -> None:
    person, now = uuid7(clock.now()), clock.now()
    with storage.transaction(write=True) as tx:
        audit.record(
            tx,
            "consent.given",
            now,
            identity=person,
            actor="anna",
            client_id="store",
            detail={"scope": "openid", "n": 1},
        )
        audit.record(tx, "key.retired", now)
    about_person, about_nobody = sorted(rows(storage, audit.audit), key=lambda row: row.identity_id == NOBODY)
    assert (about_person.kind, about_person.actor, about_person.client_id) == (
        "consent.given",
        "anna",
        "store",
    )
    assert about_person.detail == {"scope": "openid", "n": 1}
    assert (about_person.identity_id, about_person.at, born(about_person.id)) == (person, now, now)
    assert (about_nobody.identity_id, about_nobody.actor, about_nobody.detail) == (NOBODY, "self", {})


def test_a_person_stays_in_one_stream_and_people_spread(storage: Storage, clock: Clock) -> None:
    people = [UUID(int=number) for number in range(1, STREAMS + 1)]
    with storage.transaction(write=True) as tx:
        for person in (*people, *people):
            audit.record(tx, "x", clock.now(), identity=person)
    streams = {(row.identity_id, row.stream) for row in rows(storage, audit.audit)}
    assert len(streams) == STREAMS
    assert {stream for _, stream in streams} == set(range(STREAMS))


@pytest.mark.sr("SR-161")
def test_a_word_is_whole(storage: Storage, clock: Clock) -> None:
    """A worker needs nothing but the row to tell a service."""
    person, now = uuid7(clock.now()), clock.now()
    with storage.transaction(write=True) as tx:
        outbox.put(tx, "session.ended", now, person, "store", {"sub": "abc", "sid": "def"})
    (row,) = rows(storage, outbox.outbox)
    assert (row.identity_id, row.kind, row.client_id, row.body, row.at, row.sealed) == (
        person, "session.ended", "store", {"sub": "abc", "sid": "def"}, now, None,
    )  # fmt: skip
