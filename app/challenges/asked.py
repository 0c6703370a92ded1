"""Who asks for a proof of a number, what for, and from where: what a challenge is bound to (SR-126)."""

import ipaddress
from dataclasses import dataclass

import phonenumbers
from phonenumbers import carrier

SIGN_IN = "sign_in"
"""The usual purpose. A code for one purpose proves nothing for another."""
LOOPBACK = frozenset({"127.0.0.1", "::1"})
PREFIX_DIGITS = 7
IPV4_BITS, IPV6_BITS = (32, 24), (64, 48)


@dataclass(frozen=True, slots=True)
class Asked:
    """One asking."""

    number: str
    """E.164."""
    browser: str
    """Hash of the browser's own cookie, or of what stands for it where there is no browser."""
    purpose: str
    address: str
    client_id: str

    @property
    def is_local(self) -> bool:
        """Whether it comes from this machine."""
        return self.address in LOOPBACK

    @property
    def prefix(self) -> str:
        """The first digits of the number."""
        return self.number.lstrip("+")[:PREFIX_DIGITS]

    def holder(self) -> str:
        """The operator to whom the number's range was given. Numbers move; for counting it is near enough."""
        return carrier.name_for_number(phonenumbers.parse(self.number), "en") or "unknown"

    def networks(self) -> tuple[str, str]:
        """What counts as one visitor, and as one network: IPv4 address and /24, IPv6 /64 and /48 (SR-130)."""
        try:
            found = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address, self.address
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        narrow, wide = IPV4_BITS if found.version == 4 else IPV6_BITS
        return _network(str(found), narrow), _network(str(found), wide)


def _network(address: str, bits: int) -> str:
    return str(ipaddress.ip_network((address, bits), strict=False))
