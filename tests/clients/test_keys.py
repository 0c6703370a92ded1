"""Keys that clients register by value (RFC 7591 §2)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from app.clients.client import make
from app.clients.keys import ClientKeys
from app.clients.metadata import BadMetadata, parse
from app.clients.policy import Policy
from app.keys.foreign import BadForeign, Foreign, read
from app.keys.jwk import ALGORITHMS
from app.keys.sealing import encode
from app.storage.clock import Clock
from app.upstreams.guarded import GuardedFetch

SHOP: dict[str, Any] = {"client_name": "Shop", "redirect_uris": ["https://shop.example.com/cb"]}
RSA_KEY, P256_KEY, ED25519_KEY = (
    RSAKey.generate_key(2048),
    ECKey.generate_key("P-256"),
    OKPKey.generate_key("Ed25519"),
)
PRIVATE = {"RS256": RSA_KEY, "PS256": RSA_KEY, "ES256": P256_KEY, "EdDSA": ED25519_KEY}
RSA, P256, ED25519 = (key.as_dict(private=False) for key in (RSA_KEY, P256_KEY, ED25519_KEY))


@pytest.fixture
def client_keys(clock: Clock) -> Iterator[Callable[..., ClientKeys]]:
    """Makes the part that finds keys; it may fetch from these origins of this machine."""
    opened: list[GuardedFetch] = []

    def make(*trusted: str, waiting: int = 2) -> ClientKeys:
        opened.append(GuardedFetch(trusted, waiting))
        return ClientKeys(opened[-1], clock, waiting)

    yield make
    for fetch in opened:
        fetch.close()


Verified = Callable[..., bool]


@pytest.fixture
def verified(client_keys: Callable[..., ClientKeys]) -> Verified:
    """Whether keys that are registered by value verify a token."""

    def check(token: Foreign, *jwks: object) -> bool:
        metadata = parse({**SHOP, "jwks": {"keys": list(jwks)}}, Policy(production=True))
        try:
            client_keys().check(make("shop", metadata, []), token)
        except BadForeign:
            return False
        return True

    return check


def signed(algorithm: str, private: Any = None, **header: str) -> Foreign:
    """A token by one of the keys below, or by another one."""
    head = encode(json.dumps({"alg": algorithm} | header).encode())
    body = f"{head}.{encode(b'{}')}"
    signature = JWSRegistry.algorithms[algorithm].sign(body.encode(), private or PRIVATE[algorithm])
    return read(f"{body}.{encode(signature)}", ALGORITHMS)


@pytest.mark.rule("RFC 7591", "2", "a client's keys by value serve for the algorithms that fit them")
@pytest.mark.parametrize(("key", "algorithms"), [
    (RSA, {"RS256", "PS256"}), (P256, {"ES256"}), (ED25519, {"EdDSA"}),
    (RSA | {"alg": "PS256"}, {"PS256"}), (ED25519 | {"alg": "Ed25519"}, {"EdDSA"}), (P256 | {"use": "sig"}, {"ES256"}),
    (RSA | {"use": "enc"}, set()), (P256 | {"alg": "ECDH-ES"}, set()), (P256 | {"key_ops": ["deriveKey"]}, set()),
])  # fmt: skip
def test_a_key_serves_for_what_its_record_says(
    verified: Verified, key: dict[str, Any], algorithms: set[str]
) -> None:
    assert {name for name in ALGORITHMS if verified(signed(name), key)} == algorithms


def test_a_key_is_found_by_its_id(verified: Verified) -> None:
    other = ECKey.generate_key("P-256")
    both = (P256 | {"kid": "a"}, other.as_dict(private=False) | {"kid": "b"})
    assert verified(signed("ES256", other, kid="b"), *both)
    assert verified(signed("ES256", other), *both)
    assert not verified(signed("ES256", other, kid="a"), *both)
    assert not verified(signed("ES256", other, kid="c"), *both)
    assert not verified(signed("ES256", kid="a"), P256)  # a key without an id answers to none


@pytest.mark.rule("RFC 7518", "3.3", "weak, huge, private and secret keys are refused at registration")
@pytest.mark.parametrize("keys", [
    [], "keys", None, [None], ["x"], [{}], [{"kty": "RSA"}], [{"kty": "EC", "crv": "P-256"}],
    [RSAKey.generate_key(2048).as_dict(private=True)], [ECKey.generate_key("P-256").as_dict(private=True)],
    [OctKey.generate_key(256).as_dict()], [P256 | {"d": ""}],
    [RSA | {"n": str(RSA["n"])[:168]}],
    [RSA | {"n": "AQ" * 4000}], [RSA | {"e": "AQ"}], [RSA | {"e": "AA"}], [RSA | {"n": 5}], [RSA | {"n": RSA["n"] + "="}],
    [ECKey.generate_key("P-384").as_dict(private=False)], [P256 | {"x": P256["y"], "y": P256["x"]}],
    [P256 | {"x": "AA"}], [P256 | {"crv": "P-521"}], [P256 | {"crv": ["P-256"]}], [{**ED25519, "x": "AA"}],
    [OKPKey.generate_key("X25519").as_dict(private=False)], [P256 | {"use": "both"}],
    [P256 | {"kid": 5}], [P256 | {"kid": ""}], [P256 | {"kid": "k" * 129}],
    [P256 | {"kid": "a"}, RSA | {"kid": "a"}], [P256] * 21, [P256 | {"x5c": ["A" * 17_000]}],
])  # fmt: skip
def test_bad_keys_are_refused(keys: object) -> None:
    with pytest.raises(BadMetadata) as caught:
        parse({**SHOP, "jwks": {"keys": keys}}, Policy(production=True))
    assert [member for member, _ in caught.value.problems] == ["jwks"]


@pytest.mark.parametrize(("members", "wrong"), [
    ({"jwks": {"keys": [P256]}, "jwks_uri": "https://shop.example.com/keys"}, ""),
    ({"jwks_uri": "http://shop.example.com/keys"}, "jwks_uri"),
    ({"jwks_uri": "https://user@shop.example.com/keys"}, "jwks_uri"),
    ({"jwks_uri": "https://127.0.0.1/keys"}, "jwks_uri"),
    ({"jwks_uri": "https://0x7f.1/keys"}, "jwks_uri"),
    ({"jwks": []}, "jwks"),
    ({"jwks": "{}"}, "jwks"),
])  # fmt: skip
def test_keys_are_in_one_place_that_may_be_asked(members: dict[str, Any], wrong: str) -> None:
    with pytest.raises(BadMetadata) as caught:
        parse({**SHOP, **members}, Policy(production=True))
    assert [member for member, _ in caught.value.problems] == [wrong]
