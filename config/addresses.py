"""What an address in the settings may look like, and who can reach it."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

RESERVED = (
    "localhost", "test", "invalid", "example", "local", "internal", "lan", "home.arpa", "example.com", "example.net",
    "example.org",
)  # fmt: skip
"""Names that stand for nobody on the internet (RFC 2606, RFC 6761, RFC 6762, RFC 8375)."""
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+")
DEFAULT_PORTS = {"http": 80, "https": 443}


def split(address: str) -> SplitResult | None:
    """The parts of an http or https address; None when it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in DEFAULT_PORTS and parts.hostname else None


def origin_fault(address: str) -> str | None:
    """What keeps an address from being an origin as browsers write it (RFC 6454 §6.2): scheme, host, port, no more."""
    parts = split(address)
    if parts is None or not address.isascii():
        return "write an address like https://id.shop.ru"
    if parts.username is not None or parts.password is not None:
        return "leave user and password out of the address"
    if parts.query or parts.fragment or "?" in address or "#" in address:
        return "leave the query and the fragment out of the address"
    if parts.path == "/":
        return "leave out the slash at the end"
    if parts.path:
        return "leave the path out: every link is made from the host alone"
    if parts.port == DEFAULT_PORTS[parts.scheme]:
        return f"leave out the port {parts.port}, which is the usual one"
    return None if address == address.lower() else "write the address in lower case, as browsers do"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host (RFC 6761 §6.3, RFC 1122 §3.2.1.3)."""
    address = ip(host)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)


def is_public_name(host: str) -> bool:
    """Whether a host is a name that people on the internet could reach: dotted, not reserved, not a bare address."""
    reserved = any(host == name or host.endswith(f".{name}") for name in RESERVED)
    return HOST_NAME.fullmatch(host) is not None and ip(host) is None and not reserved


def ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is written as, if it is one."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
