"""A number's life: what a proof of a number that we know is worth today. Operators resell numbers (SR-142, SR-143)."""

from dataclasses import dataclass
from enum import Enum

DAY_MS = 86_400_000
FRESH_MS = 60 * DAY_MS
"""A code by SMS opens for so long after the last proof; operators end a silent contract after 90 days at least."""
SILENT_MS = 90 * DAY_MS
"""Beyond this a phone alone does not open what it opened before."""
SIM_REST_MS = 3 * DAY_MS
"""So long after a change of SIM every proof of the number is of the lowest assurance."""


class Witness(Enum):
    """The operator's name for the subscriber, compared with the one kept at the last proof."""

    EQUAL = "equal"
    OTHER = "other"  # same issuer and client id, another subscriber
    OTHER_ISSUER = "other_issuer"  # ported or configured anew: says nothing
    NONE = "none"  # a code by SMS, or nothing kept to compare with


class Tenure(Enum):
    """The operator's answer to "the same owner since the last proof?"."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


class Life(Enum):
    """What the proof is worth."""

    LASTING = "lasting"  # not a number: the upstream gives a subject to one person for good
    OPENS = "opens"
    OPENS_LOW = "opens_low"  # at the lowest acr
    STALE = "stale"  # other proof, or a new identity
    ENDED = "ended"  # the number is somebody else's now: the epoch closes; other proof, or a new identity
    TOO_WEAK = "too_weak"  # proves nothing to us


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision looks at. Ages in ms."""

    age: int
    """Since the last proof of this epoch."""
    witness: Witness = Witness.NONE
    closed: bool = False
    """The epoch has been closed before."""
    other_links: bool = False
    """The person has another way in."""
    proved_browser: bool = False
    """This browser proved the number in this epoch."""
    sim_changed: int | None = None
    """Since the last change of SIM; None: not known."""
    tenure: Tenure = Tenure.UNKNOWN
    bare: bool = False
    """A push answered with yes alone, no code carried from one screen to the other (SR-137)."""


def number_life(facts: Facts) -> Life:
    """Decide by the first rule that applies; see the table "A number's life" in the design."""
    life = _by_proof(facts)
    return Life.OPENS_LOW if life is Life.OPENS and sim_is_new(facts.sim_changed) else life


def sim_is_new(sim_changed: int | None) -> bool:
    """Whether the SIM changed so recently that nothing above the lowest assurance is given (SR-143)."""
    return sim_changed is not None and sim_changed < SIM_REST_MS


def _by_proof(facts: Facts) -> Life:
    if facts.bare and not facts.proved_browser:
        return Life.TOO_WEAK
    if facts.closed:
        return Life.ENDED
    if facts.witness is Witness.EQUAL:
        return Life.OPENS
    if facts.witness is Witness.OTHER or facts.tenure is Tenure.OTHER:
        return Life.ENDED
    return _by_code(facts)


def _by_code(facts: Facts) -> Life:
    """What a code by SMS is worth, or a push that cannot be compared with an earlier one."""
    swapped = facts.sim_changed is not None and facts.sim_changed < facts.age
    if facts.age <= FRESH_MS and not swapped:
        return Life.OPENS
    if facts.other_links:
        return Life.STALE
    if facts.proved_browser or facts.tenure is Tenure.SAME:
        return Life.OPENS
    return Life.OPENS_LOW if facts.age <= SILENT_MS else Life.STALE
