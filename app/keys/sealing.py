"""Values that travel through browsers and services unread and unchanged: cookies, asks, codes, refresh tokens, proofs.

Layout: one byte format, one byte key version, then nonce and ciphertext; base64url without padding.
"""

import base64
import binascii
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV

from app.keys.keyring import Keyring

RANDOM, SAME = 1, 2
NONCE = 12
LONGEST = 8192


class Unsealable(Exception):
    """Not made by us for this purpose and context, or changed on the way. Says no more than that."""


class Sealer:
    """Seals and opens. Each purpose has key bytes of its own, so a value for one purpose never opens as another."""

    def __init__(self, keyring: Keyring, purposes: tuple[str, ...]) -> None:
        self.current = keyring.current("seal").number
        self._random: Mapping[tuple[str, int], AESGCMSIV] = {
            (purpose, key.number): AESGCMSIV(key.derive(f"seal/{purpose}"))
            for purpose in purposes
            for key in keyring.all("seal")
        }
        self._same: Mapping[tuple[str, int], AESSIV] = {
            (purpose, key.number): AESSIV(key.derive(f"same/{purpose}", 64))
            for purpose in purposes
            for key in keyring.all("seal")
        }

    def seal(self, purpose: str, payload: bytes, context: bytes = b"") -> str:
        """Seal these bytes, differently each time. The context is not inside but must be given again to open."""
        nonce = os.urandom(NONCE)
        sealed = self._random[purpose, self.current].encrypt(nonce, payload, context)
        return encode(bytes((RANDOM, self.current)) + nonce + sealed)

    def open(self, purpose: str, text: str, context: bytes = b"") -> bytes:
        """The bytes that `seal` was given. Raises Unsealable."""
        version, body = _split(text, RANDOM)
        cipher = self._random.get((purpose, version))
        if cipher is None or len(body) < NONCE:
            raise Unsealable
        try:
            return cipher.decrypt(body[:NONCE], body[NONCE:], context)
        except (InvalidTag, ValueError):
            raise Unsealable from None

    def seal_same(self, purpose: str, payload: bytes, version: int | None = None) -> str:
        """Seal these bytes to the same text each time (RFC 5297), with a former key version if one is named."""
        number = version or self.current
        return encode(bytes((SAME, number)) + self._same[purpose, number].encrypt(payload, None))

    def open_same(self, purpose: str, text: str) -> tuple[bytes, int]:
        """The bytes that `seal_same` was given, and the key version. Raises Unsealable."""
        version, body = _split(text, SAME)
        cipher = self._same.get((purpose, version))
        if cipher is None:
            raise Unsealable
        try:
            return cipher.decrypt(body, None), version
        except (InvalidTag, ValueError):
            raise Unsealable from None


def encode(raw: bytes) -> str:
    """Base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The reverse of `encode`, for its own output only: one text, one value. Raises Unsealable."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unsealable from None
    if encode(raw) != text:
        raise Unsealable
    return raw


def _split(text: str, form: int) -> tuple[int, bytes]:
    if len(text) > LONGEST:
        raise Unsealable
    raw = decode(text)
    if len(raw) < 3 or raw[0] != form:
        raise Unsealable
    return raw[1], raw[2:]
