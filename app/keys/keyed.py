"""Keyed values that services see: `sid` and pairwise subjects; and the hash of a code while it waits."""

import hashlib
import hmac
from uuid import UUID

from app.keys.keyring import Keyring
from app.keys.sealing import encode


class KeyedValues:
    """Derives short values from secret keys with HMAC-SHA-256."""

    def __init__(self, keyring: Keyring) -> None:
        self._subject = keyring.current("subject").secret
        self._sid = keyring.current("sid").secret
        self._otp = keyring.current("otp").secret
        self._dpop = keyring.current("sign").derive("dpop")

    def subject(self, identity: UUID, sector: str) -> str:
        """A subject for an identity in a sector (OIDC Core §8.1): 160 bits, written down when first given (SR-077)."""
        return encode(hmac.digest(self._subject, identity.bytes + sector.encode(), hashlib.sha256)[:20])

    def sid(self, session: UUID, sector: str) -> str:
        """The session as a sector knows it; nobody learns the session's own id from it."""
        return encode(hmac.digest(self._sid, session.bytes + sector.encode(), hashlib.sha256)[:16])

    def code_hash(self, challenge: str, code: str) -> bytes:
        """The hash kept while a one-time code waits (SR-135), different for each challenge."""
        return hmac.digest(self._otp, f"{challenge}\0{code}".encode(), hashlib.sha256)

    def dpop_nonce(self, time_slice: int) -> str:
        """The nonce of a slice of time (RFC 9449 §8): nobody outside knows one before it is given out."""
        return encode(hmac.digest(self._dpop, time_slice.to_bytes(8), hashlib.sha256)[:16])
