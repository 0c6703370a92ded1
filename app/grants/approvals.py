"""A person's word for authorization details: it gives one code, and the code finds there what was allowed.

Details are too large for the code itself, which travels in an address. A store that was lost has spent everything.
"""

import hashlib
import secrets
from uuid import UUID

from app.storage.ephemeral.base import Ephemeral
from config.limits import LifetimeSettings

SLACK_MS = 20_000
"""How much longer than its code a text is kept: clocks differ."""


class Approvals:
    """Keeps and spends. Every method but `speaks_of` may raise EphemeralDown."""

    def __init__(self, ephemeral: Ephemeral, lifetimes: LifetimeSettings) -> None:
        self._ephemeral = ephemeral
        self._ask_ms, self._code_ms = lifetimes.ask_s * 1000, lifetimes.code_s * 1000 + SLACK_MS

    def give(self, identity: UUID, details: str) -> str:
        """A new one, for this person and these details."""
        approval = f"{_mark(identity, details)}.{secrets.token_urlsafe(16)}"
        self._ephemeral.put(_key(approval), b"1", self._ask_ms)
        return approval

    def spend(self, approval: str) -> bool:
        """Whether it may give a code now. Of many at once exactly one hears yes."""
        return self._ephemeral.take(_key(approval)) is not None

    def keep(self, code: UUID, details: str) -> None:
        """Keep what was allowed until its code comes back."""
        self._ephemeral.put(f"details:{code}", details.encode(), self._code_ms)

    def find(self, code: UUID) -> str | None:
        """What was allowed with a code. Reading it spends nothing: the grant's row does that."""
        found = self._ephemeral.get(f"details:{code}")
        return None if found is None else found.decode()


def speaks_of(approval: str, identity: UUID, details: str) -> bool:
    """Whether an approval was given by this person for these very details."""
    return secrets.compare_digest(approval.partition(".")[0], _mark(identity, details))


def _mark(identity: UUID, details: str) -> str:
    return hashlib.sha256(f"mostid/approval/{identity}/{details}".encode()).hexdigest()[:32]


def _key(approval: str) -> str:
    return f"approval:{approval}"
