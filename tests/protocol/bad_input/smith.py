"""Bad tokens by the hundred, each a good one with one thing wrong.

Most could be made by anybody who holds a good token; `told` and `twisted` only by who holds the key, a careless signer.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

Make = Callable[["Smith"], str]
EVIL = "https://evil.example/keys"


@cache
def stranger(algorithm: str) -> Any:
    """A key that nobody knows."""
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519")
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}
    return ECKey.generate_key(curves[algorithm]) if algorithm in curves else RSAKey.generate_key(2048)


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: Any) -> str:
    """Bytes as they are, the rest as JSON."""
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


@dataclass(frozen=True)
class Smith:
    """The header, claims and key of a good token."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    key: Any
    other_kid: str = "another"
    """The id of a key of the same signer for another algorithm."""
    other_type: str = "logout+jwt"
    algorithm: str = field(default="ES256")

    def good(self) -> str:
        """The token as it should be."""
        return self.signed()

    def signed(self, header: Any = None, claims: Any = None, key: Any = None, algorithm: str = "") -> str:
        """Anything under a signature that is good."""
        head = self.header if header is None else header
        body = f"{part(head)}.{part(self.claims if claims is None else claims)}"
        made = JWSRegistry.algorithms[algorithm or self.algorithm].sign(body.encode(), key or self.key)
        return f"{body}.{b64(made)}"

    def headed(self, **members: Any) -> str:
        """The header changed, the signature good."""
        return self.signed(self.without(self.header, members))

    def told(self, **members: Any) -> str:
        """Claims changed, the signature good; None takes one away."""
        return self.signed(None, self.without(self.claims, members))

    def said(self, **members: Any) -> str:
        """The header changed, under the signature of the good token: so an attacker would."""
        return f"{part(self.without(self.header, members))}.{self.good().partition('.')[2]}"

    def strange(self, algorithm: str, **members: Any) -> str:
        """By a stranger's key, which the header may show."""
        head = self.without(self.header, {"alg": algorithm} | members)
        return self.signed(head, None, stranger(algorithm), algorithm)

    def mac(self, secret: bytes, alg: str = "HS256") -> str:
        """Symmetric, with something public for a secret (RFC 8725 §2.1)."""
        body = f"{part(dict(self.header) | {'alg': alg})}.{part(self.claims)}"
        return f"{body}.{b64(hmac.digest(secret, body.encode(), getattr(hashlib, f'sha{alg[2:]}')))}"

    def unsigned(self, alg: Any, signature: bytes = b"") -> str:
        """The claims by nobody."""
        return f"{part(dict(self.header) | {'alg': alg})}.{part(self.claims)}.{b64(signature)}"

    def cut(self, *parts: str | None) -> str:
        """The good token with other parts; None leaves one as it is."""
        own = self.good().split(".")
        return ".".join(mine if given is None else given for mine, given in zip(own, parts, strict=False))

    @property
    def mark(self) -> bytes:
        """The signature of the good token."""
        text = self.good().rpartition(".")[2]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @property
    def text(self) -> bytes:
        """The claims as they are written."""
        return json.dumps(dict(self.claims)).encode()

    @property
    def public(self) -> dict[str, Any]:
        """The public key."""
        return dict(self.key.as_dict(private=False))

    def pem(self) -> bytes:
        """The public key as people publish it."""
        raw: bytes = self.key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return raw

    @staticmethod
    def without(members: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
        """Changed; None takes a member away."""
        return {name: value for name, value in (dict(members) | changed).items() if value is not None}


ALGORITHMS: dict[str, Make] = {
    **{f"alg {alg!r}, unsigned": lambda s, alg=alg: s.unsigned(alg) for alg in (
        "none", "None", "NONE", "nOnE", "", None, [], ["ES256"], {"alg": "ES256"}, 1, True, "none ", "\u0000none",
    )},
    **{f"alg {alg!r}, some signature": lambda s, alg=alg: s.unsigned(alg, b"x" * 64) for alg in (
        "none", "HS256", "RS256", "ES256", "ES384", "ES256K", "Ed448", "RS1", "A128KW", "PBES2-HS256+A128KW", "dir", "es256",
    )},
    "no alg": lambda s: s.said(alg=None),
    "HS256 with the public key as JSON": lambda s: s.mac(json.dumps(s.public).encode()),
    "HS256 with the public key as PEM": lambda s: s.mac(s.pem()),
    "HS256 with the PEM, stripped": lambda s: s.mac(s.pem().strip()),
    "HS256 with nothing": lambda s: s.mac(b""),
    "HS256 with the kid": lambda s: s.mac(str(s.header["kid"]).encode()),
    "HS384 with the PEM": lambda s: s.mac(s.pem(), "HS384"),
    "HS512 with the PEM": lambda s: s.mac(s.pem(), "HS512"),
    **{f"a stranger's {alg}": lambda s, alg=alg: s.strange(alg) for alg in (
        "ES256", "ES384", "ES512", "ES256K", "RS256", "PS256", "RS512", "EdDSA",
    )},
}  # fmt: skip
"""Confusion of algorithms (RFC 8725 §2.1, §3.1)."""

KEYS: dict[str, Make] = {
    **{f"kid {kid!r}": lambda s, kid=kid: s.said(kid=kid) for kid in (
        "", "unknown", 1, True, [], {}, ["first"], "../../../../dev/null", "/dev/null", "' OR '1'='1", "x' UNION SELECT 'k';--",
        EVIL, "$(id)", "|id", "x" * 4_000, "\u0000", "\r\nX: y", "{{7*7}}",
    )},
    "kid with a space": lambda s: s.said(kid=f"{s.header['kid']} "),
    "kid in capitals": lambda s: s.said(kid=str(s.header["kid"]).swapcase()),
    "the kid of another key": lambda s: s.headed(kid=s.other_kid),
    "a kid for which an empty secret would do": lambda s: s.unsigned("HS256", hmac.digest(b"", b"", "sha256")),
    "jwk of a stranger": lambda s: s.strange("ES256", jwk=stranger("ES256").as_dict(private=False)),
    "jwk alone": lambda s: s.strange("ES256", kid=None, jwk=stranger("ES256").as_dict(private=False)),
    "jwk under its kid": lambda s: s.strange(
        "ES256", kid=stranger("ES256").thumbprint(), jwk=stranger("ES256").as_dict(private=False)),
    "jwk of its own": lambda s: s.headed(jwk=s.public),
    "jwk, symmetric": lambda s: s.said(alg="HS256", jwk={"kty": "oct", "k": "AA"}),
    "jku": lambda s: s.strange("ES256", jku=EVIL), "jku, else good": lambda s: s.headed(jku=EVIL),
    "x5u": lambda s: s.strange("ES256", x5u=EVIL), "x5u, else good": lambda s: s.headed(x5u=EVIL),
    "x5c": lambda s: s.strange("ES256", x5c=["MIIB"]), "x5c, else good": lambda s: s.headed(x5c=["MIIB"]),
    "crit": lambda s: s.headed(crit=["exp"]), "crit of what nobody knows": lambda s: s.headed(crit=["bork"], bork=True),
    "crit, empty": lambda s: s.headed(crit=[]), "crit, a text": lambda s: s.headed(crit="exp"),
    "crit of alg": lambda s: s.headed(crit=["alg"]), "crit and b64": lambda s: s.headed(crit=["b64"], b64=False),
    "b64": lambda s: s.headed(b64=False), "b64, true": lambda s: s.headed(b64=True, crit=["b64"]),
    "p2c": lambda s: s.said(alg="PBES2-HS512+A256KW", enc="A256GCM", p2s="AAAA", p2c=2**31),
    "zip": lambda s: s.said(zip="DEF"),
}  # fmt: skip
"""Headers that would choose the key or change the rules (SR-062)."""

SIGNATURES: dict[str, Make] = {
    "no signature": lambda s: s.cut(None, None, ""), "zeros": lambda s: s.cut(None, None, b64(bytes(64))),
    "zeros of RSA": lambda s: s.cut(None, None, b64(bytes(256))), "ones": lambda s: s.cut(None, None, b64(b"\xff" * 64)),
    "r is 1, s is 0": lambda s: s.cut(None, None, b64(bytes(31) + b"\1" + bytes(32))),
    "cut": lambda s: s.good()[:-4], "cut by one": lambda s: s.good()[:-1], "longer": lambda s: s.good() + "AAAA",
    "its halves swapped": lambda s: s.cut(None, None, b64(s.mark[32:] + s.mark[:32])),
    "in DER": lambda s: s.cut(None, None, b64(encode_dss_signature(
        int.from_bytes(s.mark[:32], "big"), int.from_bytes(s.mark[32:64], "big")))),
    "a bit changed": lambda s: s.cut(None, None, b64(bytes([s.mark[0] ^ 1]) + s.mark[1:])),
    "padded": lambda s: s.good() + "=", "padded by two": lambda s: s.good() + "==",
    "the other alphabet": lambda s: s.cut(None, None, base64.b64encode(s.mark).decode()),
    "a line break": lambda s: s.good() + "\n", "a space before": lambda s: " " * 2 + s.good()[1:],
    "a zero byte in base64": lambda s: s.cut(None, None, "AA\u0001AA"),
    "not ASCII": lambda s: s.good() + "я", "the letter's double": lambda s: s.good().replace("e", "е", 1),
    "claims of another": lambda s: s.cut(None, part(dict(s.claims) | {"sub": "somebody else"})),
    "claims of a longer life": lambda s: s.cut(None, part(dict(s.claims) | {"exp": 2**39})),
    "claims written in another way": lambda s: s.cut(None, part(json.dumps(dict(s.claims), indent=1).encode())),
    "header written in another way": lambda s: s.cut(part(json.dumps(dict(s.header), indent=1).encode())),
    "a token's signature of itself": lambda s: s.cut(None, None, s.good().partition(".")[0]),
}  # fmt: skip

SHAPES: dict[str, Make] = {
    **{f"the text {text!r}": lambda s, text=text: text for text in (
        ".", "..", "...", "....", "a.b.c", "e30.e30.", "e30.e30.e30", "null", "{}", "Bearer x.y.z", "%2e%2e",
        "eyJhbGciOiJub25lIn0.e30.", "W10.W10.W10", "MQ.MQ.MQ", "bnVsbA.bnVsbA.AAAA", "0.0.0", "===.===.===",
    )},
    "two parts": lambda s: s.good().rpartition(".")[0], "four parts": lambda s: s.good() + ".x",
    "five parts, as if encrypted": lambda s: s.good() + ".x.x", "a dot more": lambda s: s.good() + ".",
    "twice": lambda s: f"{s.good()}.{s.good()}", "twice, by a comma": lambda s: f"{s.good()},{s.good()}",
    "JSON, flattened": lambda s: json.dumps({"protected": part(dict(s.header)), "payload": part(dict(s.claims)),
                                             "signature": b64(s.mark)}),
    "JSON, general": lambda s: json.dumps({"payload": part(dict(s.claims)), "signatures": [
        {"protected": part(dict(s.header)), "signature": b64(s.mark)}]}),
    "header no JSON": lambda s: s.cut(part(b"{")), "header no UTF-8": lambda s: s.cut(part(b"\xff\xfe{}")),
    "header with a mark of order": lambda s: s.cut(part(b"\xef\xbb\xbf" + json.dumps(dict(s.header)).encode())),
    "header in UTF-16": lambda s: s.cut(part(json.dumps(dict(s.header)).encode("utf-16"))),
    "header deep": lambda s: s.cut(part(b"[" * 2_000 + b"]" * 2_000)),
    "header deep, an object": lambda s: s.cut(part(b'{"a":' * 900 + b"1" + b"}" * 900)),
    "claims deep": lambda s: s.cut(None, part(b"[" * 2_000 + b"]" * 2_000)),
    "header with alg twice": lambda s: s.cut(part(b'{"alg":"none",' + json.dumps(dict(s.header)).encode()[1:])),
    "header with alg twice, none last": lambda s: s.cut(part(json.dumps(dict(s.header)).encode()[:-1] + b',"alg":"none"}')),
    "header with a number of 5000 digits": lambda s: s.cut(part(b'{"alg":' + b"9" * 5_000 + b"}")),
    "huge": lambda s: s.good() + "A" * 7_000, "a header of 6000": lambda s: s.said(padding="x" * 4_500),
    "nested": lambda s: s.signed(dict(s.header) | {"cty": "JWT"}, s.good().encode()),
    "nested, by a stranger": lambda s: s.signed(
        dict(s.header) | {"cty": "JWT", "alg": "ES256"}, s.good().encode(), stranger("ES256"), "ES256"),
    "encrypted": lambda s: ".".join([part({"alg": "dir", "enc": "A128GCM"}), "", b64(bytes(12)), part(s.text), b64(bytes(16))]),
}  # fmt: skip

TYPES: dict[str, Make] = {
    "another typ": lambda s: s.headed(typ=s.other_type),
    **{f"typ {typ!r}": lambda s, typ=typ: s.headed(typ=typ) for typ in (
        "logout+jwt", "secevent+jwt", "token-introspection+jwt", "statuslist+jwt", "", 1, [], {"a": 1}, "x" * 90, "at+jwt;x=1",
    )},
}  # fmt: skip
"""One type never stands for another (RFC 8725 §3.11): under a good signature."""

NO_TIMES = ("", "1", "soon", [], {}, True, -1, 1e300, float("nan"), float("inf"), 10**400)


def claims(now: int, issuer: str) -> dict[str, Make]:
    """Wrong claims under a good signature (SR-065)."""
    return {
        **{f"iss {iss!r}": lambda s, iss=iss: s.told(iss=iss) for iss in (
            None, "", "https://evil.example", f"{issuer}/", issuer.upper(), [issuer], {"a": issuer}, 1, True,
        )},
        **{f"exp {exp!r}"[:40]: lambda s, exp=exp: s.told(exp=exp) for exp in (*NO_TIMES,)},
        **{f"{name} {value!r}"[:40]: lambda s, name=name, value=value: s.told(**{name: value})
           for name in ("iat", "nbf") for value in NO_TIMES},
        "iat ahead": lambda s: s.told(iat=now + 3_600), "nbf ahead": lambda s: s.told(nbf=now + 3_600),
        "iat in the year 10000": lambda s: s.told(iat=253_402_300_800, exp=253_402_300_900),
    }  # fmt: skip


def audiences(ours: str) -> dict[str, Make]:
    """Made for somebody else, or in a form that could be passed on."""
    return {f"aud {aud!r}": lambda s, aud=aud: s.told(aud=aud) for aud in (
        None, "", "https://evil.example", f"{ours}/", ours.upper(), ["https://evil.example"], [], {ours: 1}, 1, True, [[ours]],
    )}  # fmt: skip


TWISTED: dict[str, Make] = {
    "claims a list": lambda s: s.signed(None, b"[]"), "claims a number": lambda s: s.signed(None, b"1"),
    "claims null": lambda s: s.signed(None, b"null"), "claims a text": lambda s: s.signed(None, b'"x"'),
    "claims no JSON": lambda s: s.signed(None, b"{"), "claims of nothing": lambda s: s.signed(None, b"{}"),
    "claims nothing": lambda s: s.signed(None, b""), "claims no UTF-8": lambda s: s.signed(None, b'{"a":"\xff"}'),
    "claims and more": lambda s: s.signed(None, s.text + b"{}"),
}  # fmt: skip
"""No claims at all, under a good signature."""

LOOSE: dict[str, Make] = {
    "claims with a member twice": lambda s: s.signed(None, s.text[:-1] + b',"iss":"x","iss":"y"}'),
    "claims with iss twice": lambda s: s.signed(None, b'{"iss":"https://evil.example",' + s.text[1:]),
    "claims with NaN": lambda s: s.signed(None, s.text[:-1] + b',"x":NaN}'),
    "claims with half a character": lambda s: s.signed(None, s.text[:-1] + b',"x":"\\ud800"}'),
    "header with kid twice": lambda s: s.signed(json.dumps(dict(s.header)).encode()[:-1] + b',"kid":"other"}'),
}  # fmt: skip
"""JSON that two readers may read in two ways (RFC 7493), under a good signature. Our own mint writes none."""

BY_ANYBODY = ALGORITHMS | KEYS | SIGNATURES | SHAPES
