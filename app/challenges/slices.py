"""Coarse slices of all messages: address, network, prefix, operator, service, everything (SR-130, SR-131).

They are counted in the ephemeral store: losing it forgets some messages of the last hour, and no number's own limits.
"""

import logging
from collections.abc import Callable, Iterable

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from app.challenges.asked import Asked
from app.challenges.outcomes import Refused
from app.challenges.tallies import WEEK_S, Tallies
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from app.storage.ephemeral.limits_storage import EphemeralLimits
from config.limits import LimitsSettings

log = logging.getLogger("mostid.sending")

HOUR_S = 3600
RATIO_S = 900
SURGE = 5
"""So many times what is usual may go to one prefix or operator (SR-130)."""
SMALLEST_SHARE = 20
"""The part of a prefix's budget that is always there, however little is usual."""
TRICKLE = RateLimitItemPerMinute(2)
"""What a throttled slice still gets, so that nobody can shut it by never typing a code."""
ALERT_MS = 60_000


class Slices:
    """Admits messages and prompts by where they come from and go to."""

    def __init__(
        self,
        ephemeral: Ephemeral,
        clock: Clock,
        limits: LimitsSettings,
        on_event: Callable[[str], None],
        *,
        exempt_loopback: bool,
    ) -> None:
        self._ephemeral, self._limits, self._on_event = ephemeral, limits, on_event
        self._tallies = Tallies(ephemeral, clock)
        self._moving = MovingWindowRateLimiter(EphemeralLimits(ephemeral, clock))
        self._exempt_loopback = exempt_loopback

    def admit_send(self, asked: Asked, is_known: Callable[[], bool]) -> Refused | None:
        """Count one message, or refuse it. The narrow slices come first: whom they stop wears out no wider one.

        `is_known`: whether this browser proved this number before. Such a one pumps no messages.
        """
        if not self._from_address(asked, "sends"):
            return self._refused("address")
        for name in self._watched(asked):
            if self._is_pumped(name) and not (is_known() or self._moving.hit(TRICKLE, "trickle", name)):
                return self._refused("ratio", name)
        for name, most in self._targets(asked):
            if not self._tallies.admit(f"sends/{name}", most, HOUR_S):
                return self._refused("surge", name)
        return None

    def admit_push(self, asked: Asked) -> Refused | None:
        """Count one prompt, or refuse it. It costs no message, so only who asks counts."""
        return None if self._from_address(asked, "sends") else self._refused("address")

    def admit_shown(self, asked: Asked) -> Refused | None:
        """Count one code that is shown to be sent to us, or refuse it. Messages that were sent do not count here."""
        return None if self._from_address(asked, "shown") else self._refused("address")

    def sent(self, asked: Asked) -> None:
        """A message goes out."""
        for name in self._watched(asked):
            self._tallies.count(f"sent/{name}", RATIO_S)
        for name in (f"prefix/{asked.prefix}", f"operator/{asked.holder()}"):
            self._tallies.count(f"usual/{name}", WEEK_S)

    def used(self, asked: Asked) -> None:
        """The code of a message was typed."""
        for name in self._watched(asked):
            self._tallies.count(f"used/{name}", RATIO_S)

    def _from_address(self, asked: Asked, kind: str) -> bool:
        if self._is_exempt(asked):
            return True
        address, network = asked.networks()
        limits = self._limits
        checks: tuple[tuple[RateLimitItem, str], ...] = (
            (RateLimitItemPerMinute(limits.sends_per_address_10_minutes, 10), address),
            (RateLimitItemPerHour(limits.sends_per_address_hour), address),
            (RateLimitItemPerHour(limits.sends_per_network_hour), network),
        )
        return all(self._moving.hit(item, kind, name) for item, name in checks)

    def _targets(self, asked: Asked) -> Iterable[tuple[str, int]]:
        """Where it goes, and how many may go there in an hour. Of an operator nothing is known before its usual rate."""
        most = self._limits.sends_per_prefix_hour
        yield f"prefix/{asked.prefix}", self._surge(f"prefix/{asked.prefix}", most, most // SMALLEST_SHARE)
        ceiling, operator = self._limits.sends_per_hour, f"operator/{asked.holder()}"
        yield operator, self._surge(operator, ceiling, most)
        yield "all", ceiling

    def _surge(self, name: str, most: int, least: int) -> int:
        """The budget of an hour: what is usual five times over, within bounds that hold whatever was counted."""
        usual = self._tallies.usual(f"usual/{name}", HOUR_S)
        return most if usual is None else min(most, max(least, 1, round(SURGE * usual)))

    def _is_pumped(self, name: str) -> bool:
        """Whether too few of a slice's messages of the last quarter of an hour led to a right code (SR-131)."""
        sent = self._tallies.recent(f"sent/{name}", RATIO_S)
        if sent < self._limits.send_to_verify_minimum:
            return False
        return (
            self._tallies.recent(f"used/{name}", RATIO_S) * 100 < sent * self._limits.send_to_verify_percent
        )

    def _watched(self, asked: Asked) -> tuple[str, ...]:
        network = () if self._is_exempt(asked) else (f"network/{asked.networks()[1]}",)
        return (f"prefix/{asked.prefix}", f"client/{asked.client_id}", *network)

    def _is_exempt(self, asked: Asked) -> bool:
        return self._exempt_loopback and asked.is_local

    def _refused(self, reason: str, name: str = "") -> Refused:
        """Tell operators: each refusal in the metrics, what is throttled once a minute in the log."""
        self._on_event(f"sends_{reason}_refused")
        if name and self._ephemeral.add(f"alert:{reason}:{name}", b"1", ALERT_MS):
            shown = "network" if name.startswith("network/") else name  # logs hold no addresses
            log.warning("sends throttled", extra={"kind": reason, "cause": shown})
        return Refused(reason)
