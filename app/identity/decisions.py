"""The decision table of sign-in: whose link it is and what the proof is worth give exactly one act."""

from collections.abc import Mapping
from enum import Enum

from app.identity.numbers_life import Life


class Standing(Enum):
    """Whose link the proof names, and how that person stands."""

    UNKNOWN = "unknown"  # nobody's
    ACTIVE = "active"
    MERGED = "merged"  # into an active identity
    BLOCKED = "blocked"  # itself, or the identity that it was merged into
    PARKED = "parked"
    SUSPENDED = "suspended"  # the link
    REMOVED = "removed"  # the link
    ERASED = "erased"


class Act(Enum):
    """What is done."""

    CREATE = "create"
    SIGN_IN = "sign_in"
    SIGN_IN_LOW = "sign_in_low"
    ASK = "ask"  # the handed-over page
    CLOSE = "close"  # the epoch, and the handed-over page
    HAND_OVER = "hand_over"  # the number goes to a new identity
    REFUSE = "refuse"


_CREATE, _IN, _LOW, _ASK, _CLOSE, _OVER, _NO = Act
_EITHER = (False, True)

# fmt: off
_COLUMNS: tuple[tuple[Life, tuple[bool, ...]], ...] = (
    (Life.LASTING, _EITHER), (Life.OPENS, _EITHER), (Life.OPENS_LOW, _EITHER), (Life.STALE, (False,)),
    (Life.STALE, (True,)), (Life.ENDED, (False,)), (Life.ENDED, (True,)), (Life.TOO_WEAK, _EITHER),
)
_ROWS = {
    #                    lasting  opens    low      stale    and new  ended    and new  too weak
    Standing.UNKNOWN:   (_CREATE, _CREATE, _CREATE, _CREATE, _CREATE, _CREATE, _CREATE, _NO),
    Standing.ACTIVE:    (_IN,     _IN,     _LOW,    _ASK,    _OVER,   _CLOSE,  _OVER,   _NO),
    Standing.MERGED:    (_IN,     _IN,     _LOW,    _ASK,    _OVER,   _CLOSE,  _OVER,   _NO),
    # Who buys a number is not made to answer for its former owner: only what would open his account is refused.
    Standing.BLOCKED:   (_NO,     _NO,     _NO,     _ASK,    _OVER,   _CLOSE,  _OVER,   _NO),
    Standing.PARKED:    (_NO,     _NO,     _NO,     _ASK,    _OVER,   _CLOSE,  _OVER,   _NO),
    Standing.SUSPENDED: (_NO,     _NO,     _NO,     _ASK,    _OVER,   _CLOSE,  _OVER,   _NO),
    Standing.REMOVED:   (_NO,     _NO,     _NO,     _ASK,    _OVER,   _CLOSE,  _OVER,   _NO),
    # Erasing lets go of every look-up, so nobody is found this way; should it ever be, nothing is opened.
    Standing.ERASED:    (_NO,     _NO,     _NO,     _NO,     _NO,     _NO,     _NO,     _NO),
}
# fmt: on

TABLE: Mapping[tuple[Standing, Life, bool], Act] = {
    (standing, life, asks_new): act
    for standing, acts in _ROWS.items()
    for (life, asks), act in zip(_COLUMNS, acts, strict=True)
    for asks_new in asks
}
"""(standing, worth of the proof, asks for a new account) → act. Every combination is in it, each once."""
