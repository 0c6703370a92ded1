"""What linking is told of a visit besides the proof, and what it answers."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Signals:
    """What the operator said of a number, asked before the transaction; None: nothing was said. Times in ms."""

    sim_changed_at: int | None = None
    owner_since: int | None = None
    """Since when the same subscriber has had the number (tenure)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival with a fresh proof."""

    now: int
    """ms, from the clock."""
    locale: str = ""
    """Language of the visit, kept with a new identity."""
    proved_links: frozenset[UUID] = frozenset()
    """Links (epochs of numbers) that this browser proved before, from its device cookie."""
    start_new: bool = False
    """The person asked for a new account after a stale number. Heard only where the number is stale."""
    signals: Signals = field(default_factory=Signals)


class Kind(StrEnum):
    """How a visit ended."""

    SIGNED_IN = "signed_in"
    NEW_IDENTITY = "new_identity"
    NEEDS_OTHER_PROOF = "needs_other_proof"
    """The handed-over page: prove something else, or start a new account. The same for all, hints at nothing."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a proof. Ids are there only where somebody is let in."""

    kind: Kind
    identity_id: UUID | None = None
    """Whose link it is."""
    root: UUID | None = None
    """Whom a session is opened for: the identity itself, or the one that it was merged into."""
    link_id: UUID | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: int = 0
    """ms, when the person proved it; never later than the visit."""
    reason: str = ""
    """For logs and the record, never for a page: blocked, parked, erased, suspended, removed, too_weak, provider."""
    remember: bool = False
    """The browser's device cookie may note this link as proved; false where the proof opened at the lowest acr only."""
