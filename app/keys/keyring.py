"""The secrets of this deployment, one list of versions for each purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.keys import PURPOSES, read_keys
from config.settings import KeySettings

__all__ = ["PURPOSES", "KeyVersion", "Keyring", "parse"]


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One secret: its number in front of everything it made, and 32 bytes."""

    number: int
    secret: bytes = field(repr=False)

    def derive(self, label: str, length: int = 32) -> bytes:
        """A key for one use of this secret (RFC 5869), so that no two uses share key bytes."""
        return HKDF(SHA256(), length, salt=None, info=b"mostid/" + label.encode()).derive(self.secret)


class Keyring:
    """All versions of all purposes. The first version of a purpose makes new values, the others only read."""

    def __init__(self, settings: KeySettings) -> None:
        self._versions: Mapping[str, tuple[KeyVersion, ...]] = {
            purpose: parse(getattr(settings, purpose).get_secret_value()) for purpose in PURPOSES
        }

    def current(self, purpose: str) -> KeyVersion:
        """The version that makes new values."""
        return self._versions[purpose][0]

    def all(self, purpose: str) -> tuple[KeyVersion, ...]:
        """Every version that may still be read, current first."""
        return self._versions[purpose]


def parse(text: str) -> tuple[KeyVersion, ...]:
    """Versions from `1:base64url,2:base64url`. Raises ValueError when one is malformed, or two are alike."""
    return tuple(KeyVersion(number, secret) for number, secret in read_keys(text))
