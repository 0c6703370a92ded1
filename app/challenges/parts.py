"""What the challenges are built from. Made once when the application is made."""

from collections.abc import Callable
from dataclasses import dataclass

from app.challenges.budget import Budget
from app.challenges.counters import NumberCounters
from app.challenges.kept import Kept
from app.challenges.slices import Slices
from app.challenges.tries import Tries
from app.challenges.wave import Wave
from app.keys.keyed import KeyedValues
from app.keys.lookup import LookupHasher
from app.keys.sealing import Sealer
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral.base import Ephemeral
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The rooms below, as both challenges use them."""

    settings: Settings
    clock: Clock
    kept: Kept
    budget: Budget
    tries: Tries
    keyed: KeyedValues
    on_event: Callable[[str], None]

    def place(self, kind: str, *values: str) -> str:
        """A name in the ephemeral store that tells nothing of what it is made of."""
        return f"{kind}:{self.keyed.code_hash(kind, chr(0).join(values)).hex()[:32]}"


def build(
    settings: Settings,
    *,
    storage: Storage,
    ephemeral: Ephemeral,
    lookup: LookupHasher,
    keyed: KeyedValues,
    sealer: Sealer,
    on_event: Callable[[str], None],
) -> Parts:
    """Make the parts of one deployment."""
    limits, clock = settings.limits, storage.clock
    slices = Slices(ephemeral, clock, limits, on_event, exempt_loopback=settings.profile != "production")
    budget = Budget(storage, NumberCounters(lookup, clock, limits), slices)
    wave = Wave(ephemeral, clock, limits.wrong_codes_10_minutes, on_event)
    return Parts(
        settings=settings,
        clock=clock,
        kept=Kept(ephemeral, sealer),
        budget=budget,
        tries=Tries(budget, wave, keyed, ephemeral, limits.otp_tries_per_challenge),
        keyed=keyed,
        on_event=on_event,
    )
