"""One data key for each identity, wrapped by the master key. Destroying it destroys everything personal under it.

The table is backed up apart from the rest, so that an erased person does not come back with a restored backup (SR-180).
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from sqlalchemy import Column, LargeBinary, SmallInteger, Table, insert, select

from app.keys.keyring import Keyring
from app.keys.sealing import Unsealable
from app.storage.database import Transaction
from app.storage.model import Id, metadata

data_keys = Table(
    "data_keys",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", SmallInteger, primary_key=True),
    Column("wrap_version", SmallInteger, nullable=False),
    Column("wrapped", LargeBinary(40), nullable=False),
)


class DataKey:
    """Seals the personal columns of one identity. Each value is bound to its row and column (SR-170)."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, text: str, row: UUID, field: str) -> bytes:
        """Ciphertext with its nonce in front."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, text.encode(), row.bytes + field.encode())

    def open(self, sealed: bytes, row: UUID, field: str) -> str:
        """The text. Raises Unsealable when the value was made for another row or column, or changed."""
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], row.bytes + field.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unsealable from None


class DataKeys:
    """Makes, wraps and unwraps data keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._wrapping = {key.number: key.derive("data-key") for key in keyring.all("wrap")}

    def create(self, tx: Transaction, identity: UUID) -> DataKey:
        """Give a new identity its data key."""
        secret, number = os.urandom(32), self._keyring.current("wrap").number
        wrapped = aes_key_wrap(self._wrapping[number], secret)
        tx.execute(insert(data_keys).values(identity_id=identity, id=1, wrap_version=number, wrapped=wrapped))
        return DataKey(secret)

    def load(self, tx: Transaction, identity: UUID) -> DataKey | None:
        """The data key of an identity; None once it has been erased."""
        row = tx.execute(
            select(data_keys.c.wrap_version, data_keys.c.wrapped).where(data_keys.c.identity_id == identity)
        ).first()
        return self.unwrap(row.wrap_version, row.wrapped) if row else None

    def unwrap(self, wrap_version: int, wrapped: bytes) -> DataKey:
        """A data key from its stored form, for callers that joined the table in a statement of their own.

        Raises Unsealable when the master key that wrapped it is not ours, or no longer listed.
        """
        wrapping = self._wrapping.get(wrap_version)
        try:
            if wrapping is None:
                raise Unsealable
            return DataKey(aes_key_unwrap(wrapping, wrapped))
        except InvalidUnwrap:
            raise Unsealable from None
