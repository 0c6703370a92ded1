"""Personal columns: sealed under the person's own key, bound to their row, gone with the key."""

from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import StatementError

from app.keys.columns import Sealed
from app.keys.datakeys import DataKeys, data_keys
from app.keys.keyring import Keyring
from app.keys.sealing import Unsealable
from app.storage.database import Storage
from tests.keys.conftest import foreign_keyring, make_keyring

ANNA, BORIS = UUID(int=1), UUID(int=2)
ROW, OTHER_ROW = UUID(int=10), UUID(int=11)
NUMBER = "+79201234567"


@pytest.mark.sr("SR-170")
def test_a_value_opens_in_its_row_and_column_only(storage: Storage, keyring: Keyring) -> None:
    keys = DataKeys(keyring)
    with storage.transaction(write=True) as tx:
        anna, boris = keys.create(tx, ANNA), keys.create(tx, BORIS)
    sealed = anna.seal(NUMBER, ROW, "subject")
    assert anna.open(sealed, ROW, "subject") == NUMBER
    for key, row, field in ((anna, OTHER_ROW, "subject"), (anna, ROW, "value"), (boris, ROW, "subject")):
        with pytest.raises(Unsealable):
            key.open(sealed, row, field)


@pytest.mark.sr("SR-170")
def test_every_changed_bit_and_length_is_noticed(storage: Storage, keyring: Keyring) -> None:
    with storage.transaction(write=True) as tx:
        key = DataKeys(keyring).create(tx, ANNA)
    sealed = key.seal(NUMBER, ROW, "subject")
    wrong = [
        sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
        for at in range(len(sealed))
        for bit in range(8)
    ]
    wrong += [sealed[:end] for end in range(len(sealed))] + [sealed + b"\0"]
    for one in wrong:
        with pytest.raises(Unsealable):
            key.open(one, ROW, "subject")


@pytest.mark.sr("SR-170")
def test_equal_values_look_different(storage: Storage, keyring: Keyring) -> None:
    with storage.transaction(write=True) as tx:
        key = DataKeys(keyring).create(tx, ANNA)
    assert len({key.seal(NUMBER, ROW, "subject") for _ in range(100)}) == 100
    assert NUMBER.encode() not in key.seal(NUMBER, ROW, "subject")


@pytest.mark.sr("SR-177", "SR-180")
def test_a_destroyed_key_makes_everything_unreadable(storage: Storage, keyring: Keyring) -> None:
    keys = DataKeys(keyring)
    with storage.transaction(write=True) as tx:
        sealed = keys.create(tx, ANNA).seal(NUMBER, ROW, "subject")
        kept = keys.load(tx, ANNA)
        tx.execute(delete(data_keys).where(data_keys.c.identity_id == ANNA))
        assert keys.load(tx, ANNA) is None
        assert kept is not None
        with pytest.raises(Unsealable):
            keys.create(tx, ANNA).open(sealed, ROW, "subject")


@pytest.mark.sr("SR-073", "SR-171")
def test_data_keys_are_stored_wrapped(storage: Storage, keyring: Keyring) -> None:
    with storage.transaction(write=True) as tx:
        sealed = DataKeys(keyring).create(tx, ANNA).seal(NUMBER, ROW, "subject")
    with storage.transaction() as tx:
        assert len(tx.execute(select(data_keys.c.wrapped)).scalar_one()) == 40
        rotated = DataKeys(make_keyring(wrap=(2, 1))).load(tx, ANNA)
        assert rotated is not None
        assert rotated.open(sealed, ROW, "subject") == NUMBER
        with pytest.raises(Unsealable):
            DataKeys(foreign_keyring()).load(tx, ANNA)
        with pytest.raises(Unsealable):
            DataKeys(make_keyring(wrap=(2,))).load(tx, ANNA)


@pytest.mark.sr("SR-170")
@pytest.mark.parametrize("clear", [NUMBER, "", 7, bytearray(b"x")])
def test_a_personal_column_refuses_clear_text(storage: Storage, clear: object) -> None:
    people = Table("people", MetaData(), Column("id", String(1), primary_key=True), Column("phone", Sealed))
    with storage.transaction(write=True) as tx:
        people.create(tx.connection)
        with pytest.raises(StatementError, match="sealed bytes only"):
            tx.execute(insert(people).values(id="a", phone=clear))
        tx.execute(insert(people).values(id="b", phone=b"sealed"))
        assert tx.execute(select(people.c.phone)).scalars().all() == [b"sealed"]
