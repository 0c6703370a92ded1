"""Tokens that others signed: read within bounds, and verified by keys that we chose, never by the token's own words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.keys.jwk import PublicKey
from app.keys.sealing import Unsealable, decode
from app.storage.strict_json import BadJson, parse

LONGEST = 8_192
"""Characters, counted before anything is decoded (SR-063)."""
LONGEST_HEADER = 1_024
LONGEST_HEADER_WITH_KEY = 1_600
"""The same for a proof that shows its own key: RSA of 4096 bits and some words."""
LONGEST_SIGNATURE = 700
"""Characters: RSA of 4096 bits."""
MOST_DEPTH = 20
REFUSED = frozenset({"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"})
"""Header members that would choose the key or change the rules (SR-062, RFC 8725 §3.10)."""

AHEAD_S = 10
"""How far the signer's clock may be ahead of ours (SR-032)."""
LARGEST_TIME = 2**40
"""No time is later than this, in seconds."""


class BadForeign(Exception):
    """Not a token that we read, or not signed by whom it should be. The text is for the log and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A token as it came. Its claims are what somebody says until `check` has passed."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        """The one that it says, and which was allowed."""
        return str(self.header["alg"])

    @property
    def kid(self) -> str | None:
        """The key that it names, if any."""
        kid: str | None = self.header.get("kid")
        return kid

    def time(self, name: str) -> float | None:
        """A claim that is a NumericDate (RFC 7519 §2), in seconds; None if it is not there. Raises BadForeign."""
        if name not in self.claims:
            return None
        value = self.claims[name]
        if type(value) not in (int, float) or not 0 <= value < LARGEST_TIME:
            raise BadForeign(f"{name} is no time")
        return float(value)

    def check(self, keys: Iterable[PublicKey]) -> None:
        """Pass if one of these keys made the signature. Raises BadForeign."""
        if not any(key.verifies(self.signed, self.signature, self.algorithm) for key in keys):
            raise BadForeign("no key of the signer verifies it")


def read(token: str, algorithms: Collection[str], *, own_key: bool = False) -> Foreign:
    """A compact JWS (RFC 7515 §7.1) by one of these algorithms, not yet verified. Raises BadForeign.

    With `own_key` its header may show the key that it proves to hold, as DPoP proofs do (RFC 9449 §4.2).
    """
    if len(token) > LONGEST or not token.isascii() or token.count(".") != 2:
        raise BadForeign("no compact token of acceptable size")
    head, body, signature = token.split(".")
    most = LONGEST_HEADER_WITH_KEY if own_key else LONGEST_HEADER
    if len(head) > most or not 0 < len(signature) <= LONGEST_SIGNATURE:
        raise BadForeign("its header or signature has no acceptable size")
    header = _object(head)
    if (REFUSED - {"jwk"} if own_key else REFUSED) & header.keys():
        raise BadForeign("its header would choose the key or change the rules")
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or algorithm not in algorithms or not isinstance(kid, str):
        raise BadForeign("its algorithm is not allowed, or its kid is no text")
    return Foreign(header, _object(body), f"{head}.{body}".encode(), _decoded(signature))


def _decoded(part: str) -> bytes:
    try:
        return decode(part)
    except Unsealable:
        raise BadForeign("a part is not base64url") from None


def _object(part: str) -> Mapping[str, Any]:
    """Strict JSON: nothing that two readers could take for two things (RFC 7493 §2)."""
    try:
        found = parse(_decoded(part).decode("utf-8"), MOST_DEPTH)
    except (BadJson, UnicodeDecodeError):
        raise BadForeign("a part is not strict JSON") from None
    if not isinstance(found, dict):
        raise BadForeign("a part is no JSON object")
    return found
