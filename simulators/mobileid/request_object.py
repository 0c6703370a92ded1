"""The signed request of `si-authorize`: a JWT by the client's key, whose claims say what is asked of whom."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from joserfc import jws, jwt
from joserfc.errors import JoseError

from simulators.clock import Clock
from simulators.mobileid.errors import inner, unauthorized
from simulators.mobileid.keys import ClientKeys
from simulators.outbound import origin_of
from simulators.upstream_switches import MobileIdSwitches
from simulators.wire import text

VERSION = "mc_si_r2_v1.0"
LEVELS = frozenset({"2", "3", "4"})
HINT = re.compile(r"MSISDN:([1-9][0-9]{9,14})")
BEARER = re.compile(r"[\x21-\x7e]{1,2048}")
FAILED = "Token validation failed"
LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class SiRequest:
    """What was asked, once all of it is right."""

    client_id: str
    number: str
    """E.164."""
    nonce: str
    levels: tuple[str, ...]
    scope: str
    polling: bool
    notification_token: str
    notification_uri: str
    otp_uri: str
    correlation_id: str
    binding_message: str

    @property
    def acr(self) -> str:
        """Level of the ID token. It follows what was asked, not what was done: 2 wins over 3."""
        return "2" if "2" in self.levels else "3"

    @property
    def lowest(self) -> str:
        """The lowest level that the client is content with."""
        return min(self.levels)


def verified(token: str, client: MobileIdSwitches, keys: ClientKeys, clock: Clock) -> Mapping[str, Any]:
    """The claims, if the client's key signed them and their times are good. Raises Refused."""
    try:
        header = jws.extract_compact(token.encode()).headers()
        key = keys.find(client.jwks_uri, text(header, "kid")) if len(token) <= LONGEST else None
        if key is None or header.get("alg") != "RS256" or header.get("typ") != "JWT":
            raise unauthorized(FAILED)
        claims = jwt.decode(token, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError) as error:
        raise unauthorized(FAILED) from error
    if not _is_timely(claims, clock.now()):
        raise unauthorized(FAILED)
    return claims


def checked(
    claims: Mapping[str, Any], outer: Mapping[str, Any], client: MobileIdSwitches, issuer: str
) -> SiRequest:
    """The request, if every claim is right. Raises Refused."""
    said = {name: value for name, value in claims.items() if isinstance(value, str)}
    for name, is_right in _rules(said, claims, outer, client, issuer):
        if not is_right:
            raise inner(name, "invalid" if name in claims else "missing")
    otp_uri = said.get("sms_otp_notification_uri") or client.otp_notification_uri
    _check_addresses(said["notification_uri"], otp_uri, client)
    return SiRequest(
        client_id=client.client_id,
        number="+" + _digits(said["login_hint"]),
        nonce=said["nonce"],
        levels=tuple(said["acr_values"].split()),
        scope=said["scope"],
        polling=said["response_type"] == "mc_si_polling",
        notification_token=said["client_notification_token"],
        notification_uri=said["notification_uri"],
        otp_uri=otp_uri,
        correlation_id=said.get("correlation_id") or text(dict(outer), "correlation_id"),
        binding_message=said.get("binding_message", ""),
    )


def _rules(
    said: Mapping[str, str],
    claims: Mapping[str, Any],
    outer: Mapping[str, Any],
    client: MobileIdSwitches,
    issuer: str,
) -> Iterator[tuple[str, bool]]:
    """Each claim that is looked at, and whether it is right; `said`: those that are texts."""
    audience = claims.get("aud")
    levels = said.get("acr_values", "").split()
    yield "client_id", said.get("client_id") == client.client_id
    yield "iss", said.get("iss") == client.client_id
    yield "aud", issuer in (audience if isinstance(audience, list) else [audience])
    yield "version", said.get("version") == VERSION
    yield "response_type", said.get("response_type") == outer["response_type"]
    yield "scope", said.get("scope") == outer["scope"]
    yield "nonce", bool(said.get("nonce"))
    yield "acr_values", bool(levels) and set(levels) <= LEVELS
    yield "login_hint", bool(_digits(said.get("login_hint", "")))
    yield "client_notification_token", bool(BEARER.fullmatch(said.get("client_notification_token", "")))
    yield "notification_uri", bool(said.get("notification_uri"))
    yield "client_name", _is_named(said, client)


def _digits(hint: str) -> str:
    """The number of a hint; its colon may have been encoded once more. Encrypted numbers are not taken."""
    found = HINT.fullmatch(unquote(hint))
    return found[1] if found else ""


def _is_timely(claims: Mapping[str, Any], now: float) -> bool:
    """`iat`, `nbf` and `exp` may be left out; a time that is there is a number."""
    times = [claims.get(name, value) for name, value in (("iat", now), ("nbf", now), ("exp", now + 1))]
    if not all(isinstance(time, int | float) for time in times):
        return False
    issued, begins, expires = times
    return bool(issued <= now + 60 and begins <= now + 60 and expires > now)


def _is_named(said: Mapping[str, str], client: MobileIdSwitches) -> bool:
    """Where the person is asked to agree to something, the client is named as it is registered."""
    if "client_name" not in said:
        return "mc_authz" not in said["scope"].split()
    return said["client_name"] == client.client_name


def _check_addresses(notification_uri: str, otp_uri: str, client: MobileIdSwitches) -> None:
    """Results go to a registered address; word of an SMS code to one of the same origin."""
    if notification_uri not in client.notification_uris:
        raise unauthorized("notification_uri is not registered")
    known = {origin_of(uri) for uri in (*client.notification_uris, client.otp_notification_uri)}
    if otp_uri and origin_of(otp_uri) not in known:
        raise unauthorized("sms_otp_notification_uri is not registered")
