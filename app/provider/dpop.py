"""DPoP (RFC 9449): the proof that whoever sends a request holds the key that its tokens are bound to."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from app.keys.foreign import AHEAD_S, BadForeign, Foreign, read
from app.keys.jwk import BadKey, PublicKey
from app.keys.jwk import read as read_key
from app.keys.keyed import KeyedValues
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from app.web.request import Answer, Request
from config.settings import Settings

ALGORITHMS = ("ES256", "PS256", "EdDSA")
"""Signature algorithms of proofs; the FAPI 2.0 profile allows these alone."""
TYPE = "dpop+jwt"
WINDOW_S = 60
"""How old a proof may be (SR-043). One that is dated ahead outlives a store that was lost, so that is little."""
LEEWAY_S = 10
"""How far our clock may be ahead of the holder's, by whose `exp` a proof has ended."""
REMEMBERED_MS = (AHEAD_S + WINDOW_S + LEEWAY_S) * 1000
"""As long as a proof dated ahead is good; clocks of our machines differ a little."""
LONGEST_PROOF, LONGEST_JTI, LONGEST_HTU = 4_096, 128, 1_024
SORTED = json.JSONEncoder(sort_keys=True)
"""Writes a key as the text that it is remembered by."""
REMEMBERED_KEYS = 1_024
"""Public keys that a process remembers."""
NONCE_SLICE_S = 300
"""How long one nonce is given out; it is taken for as long again."""
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
DEFAULT_PORTS = {"https": 443, "http": 80}
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class BadProof(Exception):
    """Not a proof for this request, from this key, now. The text is our own and safe to send (RFC 9449 §4.3, §8)."""

    def __init__(self, text: str, code: str = "invalid_dpop_proof") -> None:
        super().__init__(text)
        self.code = code


class Dpop:
    """Checks proofs; the ephemeral store remembers those that were used."""

    def __init__(self, settings: Settings, ephemeral: Ephemeral, keyed: KeyedValues, clock: Clock) -> None:
        self._origins, self._require_nonce = _origins(settings), settings.dpop_require_nonce
        self._ephemeral, self._keyed, self._clock = ephemeral, keyed, clock

    def jkt_of_request(
        self, request: Request, *, access_token: str | None = None, require_nonce: bool = False
    ) -> str:
        """The thumbprint of the key whose proof came with this request (RFC 7638). Raises BadProof, EphemeralDown.

        Touches no database. At a resource the proof must be made for the access token too. The proof is spent last,
        so one that is refused may come again; our own second try at a transaction does not spend it twice.
        """
        proof = _read(request.headers.get("dpop", ""))
        key, thumbprint = _key(SORTED.encode(proof.header.get("jwk")))
        if not key.verifies(proof.signed, proof.signature, proof.algorithm):
            raise BadProof("its signature is not by the key in its header")
        claims = proof.claims
        self._check_request(claims, request)
        self._check_time(proof)
        if access_token is not None and claims.get("ath") != _hash(access_token):
            raise BadProof("ath is not the hash of the access token")
        if (self._require_nonce or require_nonce) and claims.get("nonce") not in self._nonces():
            raise BadProof("nonce is missing or too old", "use_dpop_nonce")
        self._spend(thumbprint, claims, request.reference)
        return thumbprint

    def with_nonce(self, request: Request, answer: Answer) -> Answer:
        """The answer, with a nonce for the next proof where there was one (RFC 9449 §8.2), good or bad.

        Every process gives the same nonce for some minutes, and none is kept.
        """
        if "dpop" not in request.headers:
            return answer
        return replace(answer, headers=(*answer.headers, ("DPoP-Nonce", self._nonces()[0])))

    def _nonces(self) -> tuple[str, str]:
        now = self._clock.now() // (NONCE_SLICE_S * 1000)
        return self._keyed.dpop_nonce(now), self._keyed.dpop_nonce(now - 1)

    def _check_request(self, claims: Mapping[str, Any], request: Request) -> None:
        if claims.get("htm") != request.method:
            raise BadProof("htm is not the method of this request")
        uri, ours = claims.get("htu"), [origin + request.path for origin in self._origins]
        if uri not in ours and (not isinstance(uri, str) or normal(uri) not in map(normal, ours)):
            raise BadProof("htu is not the address of this request")

    def _check_time(self, proof: Foreign) -> None:
        now = self._clock.now() / 1000
        try:
            issued, ends, begins = (proof.time(name) for name in ("iat", "exp", "nbf"))
        except BadForeign as error:
            raise BadProof(str(error)) from None
        if issued is None or not now - WINDOW_S <= issued <= now + AHEAD_S:
            raise BadProof("iat is missing or too far from our time")
        if (ends is not None and ends <= now - LEEWAY_S) or (begins is not None and begins > now + AHEAD_S):
            raise BadProof("it is outside its life")

    def _spend(self, thumbprint: str, claims: Mapping[str, Any], reference: str) -> None:
        """Take a `jti` once per key (RFC 9449 §11.1)."""
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
            raise BadProof(f"jti is a text of 1 to {LONGEST_JTI} characters")
        place, mark = "dpop:" + _hash(f"{thumbprint}/{jti}"), reference.encode()
        if not self._ephemeral.add(place, mark, REMEMBERED_MS) and self._ephemeral.get(place) != mark:
            raise BadProof("it was used before")
        if claims["iat"] * 1000 + 999 < self._ephemeral.birth():
            raise BadProof("it may have been used before")  # what the store knew then is lost


def _origins(settings: Settings) -> list[str]:
    """Where our endpoints are, with the aliases that ask for certificates (RFC 8705 §5)."""
    return [origin for origin in (settings.issuer, settings.mtls_origin) if origin]


def is_thumbprint(text: str) -> bool:
    """Whether this may be `dpop_jkt` (RFC 9449 §10): a SHA-256 in base64url."""
    return THUMBPRINT.fullmatch(text) is not None


def normal(uri: str) -> str | None:
    """An http address without query and fragment, normalised by syntax and scheme (RFC 3986 §6.2.2, §6.2.3).

    None where it is no such address.
    """
    if len(uri) > LONGEST_HTU or not uri.isascii() or not uri.isprintable() or " " in uri:
        return None
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        place += f":{port}"
    return f"{parts.scheme}://{place}{_undotted(ESCAPE.sub(_unescaped, parts.path))}"


def _undotted(path: str) -> str:
    """Without the segments `.` and `..` (RFC 3986 §5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _unescaped(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return letter if UNRESERVED.fullmatch(letter) else match[0].upper()


def _read(text: str) -> Foreign:
    """A proof as it came. A header that came twice is joined by a comma, which no token holds."""
    if len(text) > LONGEST_PROOF:
        raise BadProof("it is too long")
    try:
        proof = read(text, ALGORITHMS, own_key=True)
    except BadForeign as error:
        raise BadProof(str(error)) from None
    if proof.header.get("typ") != TYPE:
        raise BadProof(f"its typ is not {TYPE}")
    return proof


@lru_cache(maxsize=REMEMBERED_KEYS)
def _key(jwk: str) -> tuple[PublicKey, str]:
    """A key and its thumbprint (RFC 7638). Clients come with the same one each time."""
    try:
        key = read_key(json.loads(jwk))
    except BadKey as error:
        raise BadProof(f"its key: {error}") from None
    return key, key.key.thumbprint()


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
