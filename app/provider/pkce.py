"""Proof Key for Code Exchange (RFC 7636). S256 alone, for every client (SR-007)."""

import base64
import hashlib
import re
import secrets

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Whether this can be the S256 challenge of a verifier (RFC 7636 §4.2): 32 bytes in base64url."""
    return CHALLENGE.fullmatch(text) is not None


def verifies(verifier: str, challenge: str) -> bool:
    """Whether the verifier matches (RFC 7636 §4.6).

    No challenge and no verifier match; one without the other does not, in either direction (SR-028).
    """
    if not challenge or not verifier:
        return challenge == verifier
    if VERIFIER.fullmatch(verifier) is None:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return secrets.compare_digest(computed, challenge)
