"""Identifiers that sort by time of birth (RFC 9562 §5.7), so that new rows land beside each other."""

import secrets
from uuid import UUID


def uuid7(now_ms: int) -> UUID:
    """A version 7 UUID for this time in milliseconds; 74 bits of it are random."""
    tail = secrets.randbits(74)
    value = (
        (now_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    )
    return UUID(int=value)


def born(identifier: UUID) -> int:
    """Milliseconds at which a version 7 UUID was made."""
    return identifier.int >> 80
