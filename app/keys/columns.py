"""Column type for personal text: holds ciphertext only, so that clear text cannot be written by mistake."""

from typing import Any

from sqlalchemy import Dialect, LargeBinary, TypeDecorator


class Sealed(TypeDecorator[bytes]):
    """Bytes made by `DataKey.seal`. A `str` is refused before it reaches the database (SR-170)."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:
        """The value, if it is ciphertext or none. Raises TypeError."""
        if value is not None and not isinstance(value, bytes):
            raise TypeError("a personal column takes sealed bytes only")
        return value
