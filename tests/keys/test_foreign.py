"""Tokens that others signed are refused before they cost anything, or by keys that we chose (SR-061 to SR-063)."""

import hmac
import json
import time
import tracemalloc

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from app.keys.foreign import BadForeign, Foreign, read
from app.keys.jwk import ALGORITHMS, PublicKey, read_set
from app.keys.sealing import encode

RSA, EC, OKP = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
KEYS = {"RS256": RSA, "PS256": RSA, "ES256": EC, "EdDSA": OKP}


def signed(algorithm: str, key: object, header: str = "") -> str:
    body = encode((header or json.dumps({"alg": algorithm})).encode()) + "." + encode(b'{"sub":"x"}')
    return f"{body}.{encode(JWSRegistry.algorithms[algorithm].sign(body.encode(), key))}"


def known(*keys: RSAKey | ECKey | OKPKey) -> tuple[PublicKey, ...]:
    return read_set({"keys": [key.as_dict(private=False) for key in keys]})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_good_signatures_pass(algorithm: str) -> None:
    token = read(signed(algorithm, KEYS[algorithm]), ALGORITHMS)
    token.check(known(RSA, EC, OKP))
    assert (token.algorithm, token.claims) == (algorithm, {"sub": "x"})


@pytest.mark.sr("SR-061")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("said", ALGORITHMS)
def test_the_algorithm_is_the_keys_own(algorithm: str, said: str) -> None:
    """RS256 for PS256 and the like, by swapping the word in the header or by a key that is kept for another."""
    token = read(signed(algorithm, KEYS[algorithm], json.dumps({"alg": said})), ALGORITHMS)
    kept = read_set({"keys": [KEYS[said].as_dict(private=False, alg=said)]})
    if said == algorithm:
        token.check(kept)
        return
    for keys in (kept, known(RSA, EC, OKP)):
        with pytest.raises(BadForeign):
            token.check(keys)


@pytest.mark.sr("SR-061")
def test_a_public_key_is_no_secret() -> None:
    """HS256 by the public key's own text (CVE-2022-23540)."""
    body = encode(b'{"alg":"HS256"}') + "." + encode(b'{"sub":"x"}')
    forged = f"{body}.{encode(hmac.digest(RSA.as_pem(private=False), body.encode(), 'sha256'))}"
    with pytest.raises(BadForeign):
        read(forged, ALGORITHMS)
    allowed = read(forged, ["HS256"])
    with pytest.raises(BadForeign):  # even where somebody allowed it by mistake
        allowed.check(known(RSA))


@pytest.mark.parametrize("algorithms", [ALGORITHMS, frozenset(ALGORITHMS), {"ES256": 1}])
@pytest.mark.parametrize(
    "header", ['{"alg":["ES256"]}', '{"alg":{}}', '{"alg":null}', "{}", '{"alg":"ES256","kid":[]}']
)
def test_odd_headers_are_refused(algorithms: object, header: str) -> None:
    with pytest.raises(BadForeign):
        read(signed("ES256", EC, header), algorithms)  # type: ignore[arg-type]


@pytest.mark.rule("RFC 7519", "2", "a NumericDate is a number of seconds, and nothing else passes for one")
def test_times() -> None:
    def said(exp: object) -> Foreign:
        return Foreign({}, {"exp": exp}, b"", b"")

    assert Foreign({}, {}, b"", b"").time("exp") is None
    assert [said(value).time("exp") for value in (0, 1.5, 2**40 - 1)] == [0, 1.5, 2**40 - 1]
    for bad in (None, True, "1", [1], {}, -1, -0.5, 2**40, 10**400, float("inf"), float("nan")):
        with pytest.raises(BadForeign):
            said(bad).time("exp")


@pytest.mark.sr("SR-063")
@pytest.mark.parametrize("size", [8_200, 1_048_576, 16_777_216])
def test_what_is_too_long_is_not_decoded(size: int) -> None:
    token = "e30." + "A" * size + ".AAAA"
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(BadForeign):
        read(token, ALGORITHMS)
    assert time.process_time() - started < 0.05
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()
