"""Tokens that are not ours, or not for this use, or not now: none verifies (SR-061 to SR-065)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import select

from app.keys.lifecycle import ALGORITHMS, KeyLifecycle, unwrap_private
from app.keys.signing import LEEWAY_S, LONGEST_TOKEN, BadToken, SigningKeys
from app.keys.tables import signing_keys
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.versions import Versions, versions
from config.limits import LifetimeSettings
from tests.keys.conftest import ISSUER, make_keyring

AT = "at+jwt"
LAX = jws.JWSRegistry(algorithms=["ES256", "RS256", "PS256", "ES384", "Ed25519"], strict_check_header=False)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: Any) -> str:
    return b64(json.dumps(value).encode())


class Forge:
    """Everything an attacker may hold, and our own keys to make tokens that only we could."""

    def __init__(self, storage: Storage, ours: SigningKeys, clock: Clock) -> None:
        self.ours = ours
        with storage.transaction() as tx:
            wanted = select(signing_keys).where(signing_keys.c.state == "current")
            rows = {row.algorithm: row for row in tx.execute(wanted)}
        self.kids = {algorithm: row.kid for algorithm, row in rows.items()}
        self.public = {algorithm: row.public_jwk for algorithm, row in rows.items()}
        self.private = {
            "ES256": ECKey.import_key(unwrap_private(rows["ES256"], make_keyring())),
            "RS256": RSAKey.import_key(unwrap_private(rows["RS256"], make_keyring())),
            "PS256": RSAKey.import_key(unwrap_private(rows["PS256"], make_keyring())),
            "EdDSA": OKPKey.import_key(unwrap_private(rows["EdDSA"], make_keyring())),
        }
        self.strange = ECKey.generate_key("P-256")
        now = clock.now() // 1000
        self.claims: dict[str, Any] = {"iss": ISSUER, "iat": now, "exp": now + 600, "sub": "x"}

    def unmarked(self, algorithm: str) -> Any:
        """Our key of this algorithm, without the mark that binds it to it."""
        key = self.private[algorithm]
        members = {name: value for name, value in key.as_dict(private=True).items() if name != "alg"}
        return type(key).import_key(members)

    def by(self, key: str, **members: Any) -> str:
        """Named and signed by our key of one algorithm, whatever the header says of it."""
        return self.signed(self.header(kid=self.kids[key], **members), self.unmarked(key))

    def header(self, **members: Any) -> dict[str, Any]:
        return {"alg": "ES256", "typ": AT, "kid": self.kids["ES256"]} | members

    def signed(self, header: Mapping[str, Any], key: Any = None, **claims: Any) -> str:
        """Signed by our very key, or another: whatever is wrong is not the signature."""
        return jwt.encode(
            dict(header),
            self.claims | claims,
            key or self.private["ES256"],
            registry=LAX,
            algorithms=LAX.algorithms,
        )

    def raw(self, header: Any, payload: Any = None, signature: bytes = b"") -> str:
        return f"{part(header)}.{part(payload or self.claims)}.{b64(signature)}"

    def mac(self, secret: bytes, **members: Any) -> str:
        head = f"{part(self.header(alg='HS256', **members))}.{part(self.claims)}"
        return f"{head}.{b64(hmac.digest(secret, head.encode(), hashlib.sha256))}"


@pytest.fixture(scope="module")
def arsenal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Verifying does not depend on the database, and making keys takes its time: one store for all."""
    clock, keyring = Clock(), make_keyring()
    storage = Storage(f"sqlite:///{tmp_path_factory.mktemp('keys') / 'truth.db'}", clock)
    for table in (signing_keys, versions):
        table.create(storage.writer)
    storage.run(KeyLifecycle(keyring, clock, LifetimeSettings()).ensure, write=True)
    yield Forge(storage, SigningKeys(storage, Versions(storage), keyring, ISSUER), clock)
    storage.close()


@pytest.fixture
def forge(arsenal: Forge) -> Forge:
    """The same keys with claims of its own."""
    mine = copy(arsenal)
    mine.claims = dict(arsenal.claims)
    return mine


def refused(forge: Forge, token: str, token_type: str = AT) -> bool:
    try:
        forge.ours.verify(token, token_type)
    except BadToken:
        return True
    return False


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_key_signs_what_it_verifies(forge: Forge, algorithm: str) -> None:
    token = forge.ours.sign(forge.claims, algorithm, AT)
    assert forge.ours.verify(token, AT)["sub"] == "x"
    head, body, signature = token.split(".")
    assert refused(forge, f"{head}.{body}.{signature[:-6]}AAAAAA")


def pem(jwk: dict[str, Any]) -> bytes:
    return ECKey.import_key(jwk).raw_value.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_the_forge_makes_a_good_token(forge: Forge) -> None:
    assert forge.ours.verify(forge.signed(forge.header()), AT)["sub"] == "x"


Make = Callable[[Forge], str]
CONFUSED: dict[str, Make] = {
    "alg none with our signature": lambda f: f.raw(f.header(alg="none"), None, b"x" * 64),
    "empty signature": lambda f: f.raw(f.header()),
    "zero signature": lambda f: f.raw(f.header(), None, bytes(64)),
    "HS256 with the public key as JSON": lambda f: f.mac(json.dumps(f.public["ES256"]).encode()),
    "HS256 with the public key as PEM": lambda f: f.mac(pem(f.public["ES256"])),
    "HS256 with the RSA modulus": lambda f: f.mac(f.public["RS256"]["n"].encode(), kid=f.kids["RS256"]),
    "HS256 with an empty secret": lambda f: f.mac(b""),
    "HS256 with the key id": lambda f: f.mac(f.kids["ES256"].encode()),
    "RS256 named on an EC key": lambda f: f.signed(f.header(alg="RS256"), f.private["RS256"]),
    "ES256 named on an RSA key": lambda f: f.signed(f.header(kid=f.kids["RS256"])),
    "PS256 by our key of RS256": lambda f: f.by("RS256", alg="PS256"),
    "RS256 by our key of PS256": lambda f: f.by("PS256", alg="RS256"),
    "RS256 by our key of RS256 under the id of PS256": lambda f: f.signed(
        f.header(alg="RS256", kid=f.kids["PS256"]), f.private["RS256"]
    ),
    "PS256 by our key of PS256 under the id of RS256": lambda f: f.signed(
        f.header(alg="PS256", kid=f.kids["RS256"]), f.private["PS256"]
    ),
    "PS256 by our key of RS256 under the id of PS256": lambda f: f.signed(
        f.header(alg="PS256", kid=f.kids["PS256"]), f.unmarked("RS256")
    ),
    "Ed25519 for EdDSA by our key": lambda f: f.by("EdDSA", alg="Ed25519"),
    "EdDSA named on an EC key": lambda f: f.raw(f.header(alg="EdDSA"), None, b"x" * 64),
    "ES256 named on an Ed25519 key": lambda f: f.signed(f.header(kid=f.kids["EdDSA"])),
    "zero signature of Ed25519": lambda f: f.raw(
        f.header(alg="EdDSA", kid=f.kids["EdDSA"]), None, bytes(64)
    ),
    "HS256 with the Ed25519 point": lambda f: f.mac(f.public["EdDSA"]["x"].encode(), kid=f.kids["EdDSA"]),
    "another curve": lambda f: f.signed(f.header(alg="ES384"), ECKey.generate_key("P-384")),
    "a stranger's key under our id": lambda f: f.signed(f.header(), f.strange),
    "a stranger's key under its id": lambda f: f.signed(f.header(kid=f.strange.thumbprint()), f.strange),
    "no key id": lambda f: f.signed({"alg": "ES256", "typ": AT}),
    "key id of another type": lambda f: f.raw(f.header(kid=1), None, b"x" * 64),
    "key id as a path": lambda f: f.signed(f.header(kid="../../dev/null"), f.strange),
    "embedded jwk": lambda f: f.signed(f.header(jwk=f.strange.as_dict(private=False)), f.strange),
    "our key embedded": lambda f: f.signed(f.header(jwk=f.public["ES256"])),
    "jku": lambda f: f.signed(f.header(jku="https://evil.example/keys")),
    "x5u": lambda f: f.signed(f.header(x5u="https://evil.example/cert")),
    "x5c": lambda f: f.signed(f.header(x5c=["MIIB"])),
    "x5t": lambda f: f.signed(f.header(x5t="x")),
    "crit": lambda f: f.raw(f.header(crit=["exp"]), None, b"x" * 64),
    "crit b64": lambda f: f.raw(f.header(crit=["b64"], b64=False), None, b"x" * 64),
    "zip": lambda f: f.signed(f.header(zip="DEF")),
    "cty of a nested token": lambda f: f.signed(f.header(cty="JWT")),
    "no typ": lambda f: f.signed({"alg": "ES256", "kid": f.kids["ES256"]}),
}  # fmt: skip


@pytest.mark.sr("SR-061")
@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "NONE", "", "es256", "HS256", "ES512", "EdDSA", None, [], {}]
)
def test_no_other_algorithm_is_believed(forge: Forge, algorithm: Any) -> None:
    for signature in (b"", b"x" * 64):
        assert refused(forge, forge.raw(forge.header(alg=algorithm), None, signature))


@pytest.mark.sr("SR-064")
@pytest.mark.parametrize("token_type", ["JWT", "AT+JWT", "application/at+jwt", "", "logout+jwt"])
def test_no_other_type_is_believed(forge: Forge, token_type: Any) -> None:
    signed = jws.serialize_compact(
        forge.header(typ=token_type), json.dumps(forge.claims), forge.private["ES256"], registry=LAX
    )
    assert refused(forge, signed)


@pytest.mark.sr("SR-061", "SR-062", "SR-064")
@pytest.mark.parametrize("name", CONFUSED)
def test_a_confused_token_is_refused(forge: Forge, name: str) -> None:
    assert refused(forge, CONFUSED[name](forge))


@pytest.mark.sr("SR-064")
def test_no_type_stands_for_another(forge: Forge) -> None:
    types = ("at+jwt", "JWT", "logout+jwt", "secevent+jwt", "dpop+jwt")
    for made in types:
        token = forge.signed(forge.header(typ=made))
        assert [read for read in types if not refused(forge, token, read)] == [made]


SHAPES: dict[str, Make] = {
    "nothing": lambda f: "",
    "dots": lambda f: "..",
    "two parts": lambda f: f.signed(f.header()).rpartition(".")[0],
    "four parts": lambda f: f.signed(f.header()) + ".x",
    "five parts": lambda f: f.signed(f.header()) + ".x.x",
    "trailing dot": lambda f: f.signed(f.header()) + ".",
    "trailing garbage": lambda f: f.signed(f.header()) + "A",
    "trailing newline": lambda f: f.signed(f.header()) + "\n",
    "trailing padding": lambda f: f.signed(f.header()) + "=",
    "leading space": lambda f: " " + f.signed(f.header()),
    "bearer": lambda f: "Bearer " + f.signed(f.header()),
    "not base64": lambda f: "***." + f.signed(f.header()).partition(".")[2],
    "not ASCII": lambda f: "é" + f.signed(f.header()),
    "null byte": lambda f: f.signed(f.header()) + "\x00",
    "header not JSON": lambda f: b64(b"{alg") + "." + f.signed(f.header()).partition(".")[2],
    "header not UTF-8": lambda f: b64(b"\xff\xfe") + "." + f.signed(f.header()).partition(".")[2],
    "header a list": lambda f: f.raw(["ES256"], None, b"x" * 64),
    "header a number": lambda f: f.raw(7, None, b"x" * 64),
    "header deep": lambda f: b64(b"[" * 3000 + b"]" * 3000) + ".e30.AAAA",
    "payload a list": lambda f: jws.serialize_compact(f.header(), b"[]", f.private["ES256"]),
    "payload not JSON": lambda f: jws.serialize_compact(f.header(), b"{", f.private["ES256"]),
    "payload a number": lambda f: jws.serialize_compact(f.header(), b"1", f.private["ES256"]),
    "JSON serialisation": lambda f: json.dumps({"payload": part(f.claims), "protected": part(f.header())}),
    "another payload": lambda f: f.raw(f.header(), f.claims | {"sub": "y"}, b"x" * 64),
}  # fmt: skip


@pytest.mark.sr("SR-062")
@pytest.mark.parametrize("name", SHAPES)
def test_a_malformed_token_is_refused(forge: Forge, name: str) -> None:
    assert refused(forge, SHAPES[name](forge))


def test_every_changed_character_is_noticed(forge: Forge) -> None:
    token = forge.signed(forge.header())
    wrong = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    wrong += [token[:end] for end in range(0, len(token), 3)]
    assert [one for one in wrong if not refused(forge, one)] == []


@pytest.mark.sr("SR-063")
def test_a_huge_token_costs_nothing(forge: Forge) -> None:
    assert refused(forge, forge.signed(forge.header(), padding="x" * LONGEST_TOKEN))
    huge = forge.signed(forge.header()) + "A" * 100_000_000
    started = time.perf_counter()
    assert refused(forge, huge)
    assert time.perf_counter() - started < 0.05


DAY = 86_400
NO_TIMES = (None, "1", "", 1.5, 1e300, -1e300, True, [], {}, float("nan"), float("inf"))
WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": None}, {"iss": ""}, {"iss": ISSUER + "/"}, {"iss": "https://evil.example"},
    {"iss": [ISSUER]}, {"iss": ISSUER.upper()},
    *({name: value} for name in ("iat", "exp", "nbf") for value in NO_TIMES),
]  # fmt: skip


@pytest.mark.sr("SR-065")
@pytest.mark.parametrize("claims", WRONG_CLAIMS, ids=str)
def test_foreign_or_misshapen_claims_are_refused(forge: Forge, claims: dict[str, Any]) -> None:
    assert refused(forge, forge.signed(forge.header(), **claims))


@pytest.mark.sr("SR-065")
@pytest.mark.parametrize("missing", ["iss", "iat", "exp"])
def test_missing_claims_are_refused(forge: Forge, missing: str) -> None:
    del forge.claims[missing]
    assert refused(forge, forge.signed(forge.header()))


@pytest.mark.sr("SR-065")
def test_times_are_held_to_the_clock(forge: Forge) -> None:
    now = time.time_ns() // 10**9
    assert refused(forge, forge.signed(forge.header(), exp=now))
    assert refused(forge, forge.signed(forge.header(), exp=now - 1))
    assert refused(forge, forge.signed(forge.header(), exp=-1))
    assert refused(forge, forge.signed(forge.header(), exp=0))
    assert refused(forge, forge.signed(forge.header(), iat=now + LEEWAY_S + 5, exp=now + DAY))
    assert refused(forge, forge.signed(forge.header(), nbf=now + LEEWAY_S + 5))
    assert refused(forge, forge.signed(forge.header(), iat=253_402_300_800, exp=253_402_300_900))
    assert not refused(forge, forge.signed(forge.header(), iat=now + LEEWAY_S - 5))
    assert not refused(forge, forge.signed(forge.header(), exp=now + 5))


def test_an_expired_token_may_be_read_as_a_hint_only(forge: Forge) -> None:
    token = forge.signed(forge.header(), exp=time.time_ns() // 10**9 - DAY)
    assert forge.ours.verify(token, AT, expired_ok=True)["sub"] == "x"
    assert refused(forge, token)
