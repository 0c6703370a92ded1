"""Addresses that a service may register: exact, absolute, and nothing that two parsers could read in two ways.

What passes here is compared byte for byte and written to `Location` as it stands (RFC 9700 §4.1.3, SR-003, SR-051).
"""

import ipaddress
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from app.clients.policy import Policy

LONGEST = 512
"""Characters of a registered address."""
PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=%]+")
"""RFC 3986 characters without `#` (a fragment) and `*` (no address is a pattern)."""
ESCAPES = re.compile(r"%(?![0-9A-F]{2})|%(?:2E|2F|5C|7F|25|[01][0-9A-F])")
"""Escapes that are malformed, or stand for a dot, slash, backslash, percent or control character."""
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z][a-z0-9-]{0,61}[a-z0-9]")
"""Lower-case labels, the last one not a number: `2130706433` and `0x7f.1` are addresses in disguise."""
SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")
"""A private-use scheme is a reversed domain name (RFC 8252 §7.1)."""
OURS = frozenset(
    {"code", "state", "iss", "error", "error_description", "error_uri", "response", "session_state"}
)
"""Query names that we add to an answer; a registered one would stand beside ours (SR-051)."""
HASH = re.compile(r"[A-Za-z0-9_-]{43}")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
LOOPBACK_ADDRESS = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?(/.*)?")


class BadAddress(Exception):
    """An address that must not be registered. The text is a sentence for its owner and repeats nothing of it."""


def check_redirect(uri: str, policy: Policy, *, native: bool) -> None:
    """Refuse a redirect address that is not safe to send a code to. Raises BadAddress."""
    scheme = uri.partition(":")[0]
    _check_form(uri)
    if native and SCHEME.fullmatch(scheme):
        _check_private(uri, scheme)
        return
    if not (native and loopback_parts(uri)):
        check_web(uri, policy)
    names = {unquote(name).lower() for name, _ in parse_qsl(urlsplit(uri).query, keep_blank_values=True)}
    if names & OURS:
        raise BadAddress("its query uses a name that the answer needs, such as code or state")


def check_web(uri: str, policy: Policy) -> None:
    """Refuse what is not an https address with a host name. Raises BadAddress.

    Outside production, http on loopback passes.
    """
    _check_form(uri)
    scheme, _, rest = uri.partition("://")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    host, port = _split_authority(authority)
    if port and not 0 < int(port) < 65536:
        raise BadAddress("its port does not exist")
    if is_loopback(host):
        if policy.production:
            raise BadAddress("loopback addresses are for development")
        if scheme not in {"http", "https"}:
            raise BadAddress("it must begin with https://")
    elif scheme != "https":
        raise BadAddress("it must begin with https://")
    elif HOST.fullmatch(host) is None or len(host) > 253:
        raise BadAddress("its host must be a name in lower case, not an address")


def check_reference(uri: str, policy: Policy) -> None:
    """Refuse an address of request objects unless it is https, its fragment a hash (OIDC Core §6.2). Raises BadAddress."""
    address, mark, fragment = uri.partition("#")
    if mark and HASH.fullmatch(fragment) is None:
        raise BadAddress("its fragment is the SHA-256, in base64url, of the request object that lies there")
    check_web(address, policy)


def check_foreign(uri: str, policy: Policy) -> None:
    """Refuse a checked address where we answer ourselves: it would pass for ours. Raises BadAddress.

    In production no port of our host is another's; a developer's machine has its services on other ports.
    """
    part_of = host_of if policy.production else origin_of
    if part_of(uri) in {part_of(origin) for origin in policy.origins}:
        raise BadAddress("it lies at MostID's own address")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by the names that browsers keep on it (RFC 6761 §6.3)."""
    return host in LOOPBACK or (host.endswith(".localhost") and HOST.fullmatch(host) is not None)


def host_of(uri: str) -> str:
    """The host of a checked address; empty for private-use schemes."""
    scheme, mark, rest = uri.partition("://")
    return _split_authority(re.split(r"[/?]", rest, maxsplit=1)[0])[0] if mark and "." not in scheme else ""


def origin_of(uri: str) -> str:
    """The origin of a checked web address as browsers write it (RFC 6454 §6.2); empty for private-use schemes."""
    host = host_of(uri)
    if not host:
        return ""
    scheme, _, rest = uri.partition("://")
    port = _split_authority(re.split(r"[/?]", rest, maxsplit=1)[0])[1]
    usual = {"https": "443", "http": "80"}[scheme]
    return f"{scheme}://{host}" + (f":{port}" if port and port != usual else "")


def loopback_parts(uri: str) -> tuple[str, str] | None:
    """Host and everything after the port of an http loopback address; None for any other (RFC 8252 §7.3)."""
    found = LOOPBACK_ADDRESS.fullmatch(uri)
    if found is None or int(found[2] or 1) > 65535:
        return None
    return found[1], found[3] or ""


def _check_form(uri: str) -> None:
    if not 0 < len(uri) <= LONGEST or PLAIN.fullmatch(uri) is None:
        raise BadAddress("it must be plain ASCII without spaces, backslashes, fragments or wildcards")
    if ESCAPES.search(uri):
        raise BadAddress("it has a malformed or misleading %-escape; write escapes in upper case")
    path = uri.partition("://")[2].partition("?")[0]
    if any(segment in {".", ".."} for segment in path.split("/")[1:]):
        raise BadAddress("it has dot segments")


def _check_private(uri: str, scheme: str) -> None:
    rest = uri[len(scheme) + 1 :]
    if not rest.startswith("/") or rest.startswith("//") or "?" in rest or "@" in rest:
        raise BadAddress("after a private-use scheme comes one slash and a path (RFC 8252 §7.1)")


def _split_authority(authority: str) -> tuple[str, str]:
    """Host and port. Raises BadAddress for user information and anything that is neither."""
    found = re.fullmatch(r"(\[[0-9a-f:]+\]|[^:@\[\]]+)(?::([0-9]{1,5}))?", authority)
    if found is None:
        raise BadAddress("it must name a host, with at most a port, and no user")
    host, port = found[1], found[2] or ""
    if host.startswith("["):
        _check_v6(host)
    return host, port


def _check_v6(host: str) -> None:
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        raise BadAddress("its host is not an address") from None
