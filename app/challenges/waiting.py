"""A challenge that waits for its code, as the ephemeral store keeps it: the code as a keyed hash, never itself (SR-135)."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any, Self

from app.challenges.asked import Asked


@dataclass(frozen=True, slots=True)
class Waiting:
    """One challenge. Times in ms."""

    challenge: str
    asked: Asked
    digest: str
    """Keyed hash of the code, hex. Empty: no code was ever made, so none is right."""
    expires_at: int
    next_at: int
    """When the next message may follow."""
    used: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent: it only looks like a challenge (SR-133)."""
        return not self.digest

    def is_of(self, browser: str, purpose: str) -> bool:
        """Whether this browser asked for it, for this purpose (SR-126)."""
        return secrets.compare_digest(self.asked.browser, browser) and self.asked.purpose == purpose

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """As it was kept."""
        return cls(**(value | {"asked": Asked(**value["asked"])}))
