"""The budget: what must hold before anything is sent (SR-129 to SR-131, SR-138).

Coarse slices (address, network, prefix, service, everything) are counted in the ephemeral store, a number in the truth.
"""

import ipaddress
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from app.challenges.counters import NumberCounters
from app.challenges.outcomes import Refused
from app.keys.lookup import LookupHasher
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral.base import Ephemeral
from app.storage.ephemeral.limits_storage import EphemeralLimits
from config.limits import LimitsSettings

RATIO_MS = 900_000
LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Slices:
    """What a message is counted under besides its number."""

    address: str
    network: str
    prefix: str
    client: str

    @classmethod
    def of(cls, number: str, address: str, client_id: str) -> "Slices":
        """Cut a send into its slices: IPv4 address or IPv6 /64, /24 or /48, first seven digits."""
        narrow, wide = (32, 24) if ":" not in address else (64, 48)
        try:
            cut = [str(ipaddress.ip_network((address, bits), strict=False)) for bits in (narrow, wide)]
        except ValueError:
            cut = [address, address]
        return cls(cut[0], cut[1], number.lstrip("+")[:7], client_id)


class Budget:
    """Admits messages and tries, or says when to come again."""

    def __init__(
        self,
        storage: Storage,
        ephemeral: Ephemeral,
        hasher: LookupHasher,
        clock: Clock,
        limits: LimitsSettings,
        *,
        exempt_loopback: bool,
    ) -> None:
        self._storage, self._ephemeral, self._clock, self._limits = storage, ephemeral, clock, limits
        self._numbers = NumberCounters(hasher, clock, limits)
        self._rates = FixedWindowRateLimiter(EphemeralLimits(ephemeral, clock))
        self._exempt = exempt_loopback

    def admit_send(self, number: str, *, address: str, client_id: str) -> Refused | int:
        """Count one message before it is sent; returns when the next may follow (ms), or a refusal."""
        slices = Slices.of(number, address, client_id)
        refused = self._slices(slices, address)
        if refused is not None:
            return refused
        now = self._clock.now()
        admitted = self._storage.run(lambda tx: self._numbers.send(tx, number, now), write=True)
        if not isinstance(admitted, Refused):
            self._note("sent", slices)
        return admitted

    def admit_push(self, number: str, *, address: str, client_id: str) -> Refused | int:
        """Count one prompt before it is shown."""
        refused = self._slices(Slices.of(number, address, client_id), address)
        if refused is not None:
            return refused
        now = self._clock.now()
        return self._storage.run(lambda tx: self._numbers.push(tx, number, now), write=True)

    def attempt(self, number: str) -> bool:
        """Count a code as wrong before it is compared; False when no more may be tried."""
        now = self._clock.now()
        return self._storage.run(lambda tx: self._numbers.attempt(tx, number, now), write=True)

    def succeed(self, number: str, *, address: str, client_id: str) -> None:
        """The code was right."""
        now = self._clock.now()
        self._storage.run(lambda tx: self._numbers.succeed(tx, number, now), write=True)
        self._note("used", Slices.of(number, address, client_id))

    def _slices(self, slices: Slices, address: str) -> Refused | None:
        limits = self._limits
        checks: list[tuple[RateLimitItem, str]] = [
            (RateLimitItemPerHour(limits.sends_per_prefix_hour), f"prefix/{slices.prefix}"),
            (RateLimitItemPerHour(limits.sends_per_hour), "all"),
        ]
        if not (self._exempt and address in LOOPBACK):
            checks += [
                (
                    RateLimitItemPerMinute(limits.sends_per_address_10_minutes, 10),
                    f"address/{slices.address}",
                ),
                (RateLimitItemPerHour(limits.sends_per_address_hour), f"address-hour/{slices.address}"),
                (RateLimitItemPerHour(limits.sends_per_network_hour), f"network/{slices.network}"),
            ]
        for item, name in checks:
            if not self._rates.hit(item, name):
                return Refused(f"rate {name.partition('/')[0]}")
        if any(self._is_pumped(name) for name in self._watched(slices)):
            return Refused("ratio")
        return None

    def _is_pumped(self, name: str) -> bool:
        """Whether too few of a slice's messages of the last quarter of an hour led to a right code (SR-131)."""
        sent = int(self._ephemeral.get(f"ratio:sent:{name}") or 0)
        if sent < self._limits.send_to_verify_minimum:
            return False
        used = int(self._ephemeral.get(f"ratio:used:{name}") or 0)
        return used * 100 < sent * self._limits.send_to_verify_percent

    def _note(self, what: str, slices: Slices) -> None:
        for name in self._watched(slices):
            self._ephemeral.increment(f"ratio:{what}:{name}", RATIO_MS)

    def _watched(self, slices: Slices) -> tuple[str, ...]:
        network = () if self._exempt else (f"network/{slices.network}",)
        return (f"prefix/{slices.prefix}", f"client/{slices.client}", *network)
