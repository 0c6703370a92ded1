"""The operator's ID token: forty and more that are not believed, and keys that are fetched once for many (SR-115, SR-201)."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from app.storage.clock import Clock
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.http import Http
from app.upstreams.mobile_id import MobileId, Prompt
from app.upstreams.remote_keys import RemoteKeys
from tests.services import ClockFile
from tests.upstreams.fakes import Fake, Wire, told
from tests.upstreams.mobile_operator import CLIENT, OURS, Operator, closing, key

NUMBER = "+79201234567"


class Scene:
    """One prompt under way, and the tokens that may come of it."""

    def __init__(self, operator: Operator, mobile_id: MobileId) -> None:
        self.operator, self.mobile_id = operator, mobile_id
        self.prompt: Prompt = mobile_id.prompt(NUMBER, "reference")
        mobile_id.send(self.prompt, "")
        self.record = operator.prompts[-1]
        self.now = operator.clock.now() // 1000

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Claims of a good token, some changed."""
        token = self.operator.id_token(self.record, **changed)
        body = token.split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))

    def said(self, **changed: Any) -> str:
        """A well-signed token with changed claims."""
        return self.operator.id_token(self.record, **changed)

    def read(self, token: Any) -> Assertion:
        """Have it read as it comes in a callback."""
        body = json.loads(self.operator.success(self.record)) | {"id_token": token}
        found = self.mobile_id.read(self.prompt, self.record["auth_req_id"], json.dumps(body))
        assert isinstance(found, Assertion)
        return found

    def signed(
        self, header: dict[str, Any], signer: Any, algorithm: str, claims: dict[str, Any] | None = None
    ) -> str:
        """A token with this header."""
        return jwt.encode(
            header | {"alg": algorithm}, claims or self.claims(), signer, algorithms=[algorithm]
        )

    def raw(self, payload: bytes) -> str:
        """A well-signed token with these very bytes."""
        header = {"alg": "RS256", "kid": "operator-1"}
        return jws.serialize_compact(header, payload, key("operator-1"), algorithms=["RS256"])


@pytest.fixture
def operator(fake: Fake, clock: Clock) -> Operator:
    return Operator(fake, clock)


@pytest.fixture
def scene(operator: Operator, http: Http, clock: Clock) -> Scene:
    return Scene(operator, MobileId(operator.settings(), http, clock, issuer=OURS, total_s=2))


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _headed(scene: Scene, **header: Any) -> str:
    """A good token under another header."""
    return f"{_part(header)}.{scene.said().partition('.')[2]}"


def _swapped_payload(scene: Scene) -> str:
    head, _, signature = scene.said().split(".")
    return f"{head}.{_part(scene.claims(sub='somebody-else'))}.{signature}"


def _flipped(scene: Scene) -> str:
    head, body, signature = scene.said().split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _with_public_key_as_secret(scene: Scene) -> str:
    signed = f"{_part({'alg': 'HS256', 'kid': 'operator-1'})}.{_part(scene.claims())}"
    mac = hmac.digest(key("operator-1").as_pem(private=False), signed.encode(), hashlib.sha256)
    return f"{signed}.{_part(mac)}"


def _by_another_algorithm(scene: Scene, algorithm: str) -> str:
    signer = RSAKey.import_key(key("operator-1").private_key)  # without a word of what it is for
    return scene.signed({"kid": "operator-1"}, signer, algorithm)


def _embedded(scene: Scene) -> str:
    mine = key("attacker")
    return scene.signed({"kid": "operator-1", "jwk": mine.as_dict(private=False)}, mine, "RS256")


BAD: dict[str, Callable[[Scene], Any]] = {
    # Form and signature
    "no token": lambda scene: "",
    "a number": lambda scene: 1,
    "a list": lambda scene: [scene.said()],
    "null": lambda scene: None,
    "two parts": lambda scene: scene.said().rpartition(".")[0],
    "four parts": lambda scene: scene.said() + ".x",
    "no signature": lambda scene: scene.said().rpartition(".")[0] + ".",
    "a changed signature": _flipped,
    "a changed payload": _swapped_payload,
    "alg none": lambda scene: f"{_part({'alg': 'none', 'kid': 'operator-1'})}.{_part(scene.claims())}.",
    "alg none with a signature": lambda scene: _headed(scene, alg="none", kid="operator-1"),
    "HS256 with the public key": _with_public_key_as_secret,
    "RS512": lambda scene: _by_another_algorithm(scene, "RS512"),
    "PS256": lambda scene: _by_another_algorithm(scene, "PS256"),
    "lower-case alg": lambda scene: _headed(scene, alg="rs256", kid="operator-1"),
    "somebody's key under the operator's kid": lambda scene: scene.signed({"kid": "operator-1"}, key("attacker"), "RS256"),
    "a key in the header": _embedded,
    "an unknown kid": lambda scene: scene.said(signed_by="attacker"),
    "no kid": lambda scene: scene.signed({}, key("operator-1"), "RS256"),
    "a kid that is no text": lambda scene: _headed(scene, alg="RS256", kid=1),
    "our own key": lambda scene: scene.signed({"kid": "mobileid-1"}, key("mobileid-1"), "RS256"),
    "another type": lambda scene: scene.signed({"kid": "operator-1", "typ": "at+jwt"}, key("operator-1"), "RS256"),
    "a critical header": lambda scene: _headed(scene, alg="RS256", kid="operator-1", crit=["x"], x=1),
    "a huge header": lambda scene: _headed(scene, alg="RS256", kid="k" * 2000),
    "a huge token": lambda scene: scene.said(more="x" * 9000),
    "a header that is no object": lambda scene: f"{_part([])}.{scene.said().partition('.')[2]}",
    "a header in another encoding": lambda scene: "e30=." + scene.said().partition(".")[2],
    "a payload that is no object": lambda scene: scene.raw(b"[]"),
    "a payload with repeated names": lambda scene: scene.raw(json.dumps(scene.claims()).encode()[:-1] + b', "sub": "other"}'),
    "a payload with NaN": lambda scene: scene.raw(json.dumps(scene.claims()).encode()[:-1] + b', "x": NaN}'),
    # Whose and for whom
    "another issuer": lambda scene: scene.said(iss="https://mobileid.example"),
    "the issuer with a slash": lambda scene: scene.said(iss=scene.operator.issuer + "/"),
    "no issuer": lambda scene: scene.said(iss=None),
    "another audience": lambda scene: scene.said(aud="another"),
    "two audiences": lambda scene: scene.said(aud=[CLIENT, "another"]),
    "an empty audience": lambda scene: scene.said(aud=[]),
    "no audience": lambda scene: scene.said(aud=None),
    "another azp": lambda scene: scene.said(azp="another"),
    "no azp": lambda scene: scene.said(azp=None),
    "another recipient": lambda scene: scene.said(recipient="https://attacker.example/notify"),
    "no recipient": lambda scene: scene.said(recipient=None),
    # When
    "expired": lambda scene: scene.said(iat=scene.now - 50, exp=scene.now - 61),
    "expires before it was issued": lambda scene: scene.said(iat=scene.now + 30, exp=scene.now + 20),
    "no exp": lambda scene: scene.said(exp=None),
    "exp as text": lambda scene: scene.said(exp=str(scene.now + 600)),
    "exp as truth": lambda scene: scene.said(exp=True),
    "a huge exp": lambda scene: scene.said(exp=10**30),
    "no iat": lambda scene: scene.said(iat=None),
    "issued before we asked": lambda scene: scene.said(iat=scene.now - 70),
    "issued in the future": lambda scene: scene.said(iat=scene.now + 70),
    "answered before we asked": lambda scene: scene.said(auth_time=scene.now - 70),
    "answered in the future": lambda scene: scene.said(auth_time=scene.now + 70),
    "auth_time as text": lambda scene: scene.said(auth_time="now"),
    # Which request and which number
    "another nonce": lambda scene: scene.said(nonce="another"),
    "no nonce": lambda scene: scene.said(nonce=None),
    "an empty nonce": lambda scene: scene.said(nonce=""),
    "another number": lambda scene: scene.said(hashed_login_hint="0" * 64),
    "an upper-case hint": lambda scene: scene.said(hashed_login_hint=scene.claims()["hashed_login_hint"].upper()),
    "the hint itself": lambda scene: scene.said(hashed_login_hint="MSISDN:79201234567"),
    "no hint": lambda scene: scene.said(hashed_login_hint=None),
    # Who and how
    "no sub": lambda scene: scene.said(sub=None),
    "an empty sub": lambda scene: scene.said(sub=""),
    "a number as sub": lambda scene: scene.said(sub=1),
    "a sub with a space": lambda scene: scene.said(sub="a b"),
    "a sub beyond ASCII": lambda scene: scene.said(sub="я"),
    "a long sub": lambda scene: scene.said(sub="a" * 256),
    "no amr": lambda scene: scene.said(amr=None),
    "an empty amr": lambda scene: scene.said(amr=[]),
    "amr as text": lambda scene: scene.said(amr="SIM_OK"),
    "amr of numbers": lambda scene: scene.said(amr=[1]),
    "nobody was asked": lambda scene: scene.said(amr=["SEAM_OK"]),
    "a code of the operator's": lambda scene: scene.said(amr=["OTP_OK"]),
    "an unknown way": lambda scene: scene.said(amr=["UMB"]),
}  # fmt: skip


@pytest.mark.sr("SR-115")
def test_there_are_forty_bad_tokens_and_a_good_one(scene: Scene) -> None:
    assert len(BAD) >= 40
    assert scene.read(scene.said()).witness == "5c1e3f0a-pcr"
    assert scene.read(scene.said(aud=[CLIENT], auth_time=None)).subject == NUMBER


@pytest.mark.sr("SR-115", "SR-118")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused(scene: Scene, name: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        scene.read(BAD[name](scene))
    assert caught.value.kind == "rejected"


# Keys


def _small() -> dict[str, Any]:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    n = numbers.n.to_bytes(128)
    return {"kty": "RSA", "kid": "small", "e": "AQAB", "n": _part(n)}


@pytest.mark.sr("SR-201")
def test_keys_are_fetched_once_for_many_tokens(scene: Scene) -> None:
    for _ in range(20):
        scene.read(scene.said())
    assert scene.operator.asked("/jwks") == 1


@pytest.mark.sr("SR-201")
def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(
    scene: Scene, clock_file: ClockFile, operator: Operator
) -> None:
    scene.read(scene.said())
    clock_file.advance(11)
    operator.publish("operator-2")
    scene.read(scene.said(signed_by="operator-2"))
    with pytest.raises(UpstreamError):
        scene.read(scene.said(signed_by="operator-1"))


@pytest.mark.sr("SR-201")
def test_whatever_kids_come_keys_are_fetched_every_ten_seconds_at_most(
    operator: Operator, http: Http, clock: Clock, clock_file: ClockFile
) -> None:
    keys = RemoteKeys("mobile_id", operator.fake.url + "/jwks", http, clock)
    for second in range(30):
        for turn in range(30):
            with suppress(UpstreamError):
                assert keys.get(f"{second}-{turn}") is None
            assert keys.get("operator-1") is not None
        clock_file.advance(1)
    assert 3 <= operator.asked("/jwks") <= 4


@pytest.mark.sr("SR-201")
def test_many_threads_fetch_once(operator: Operator, http: Http, clock: Clock) -> None:
    together = threading.Barrier(12)
    answer = closing({"keys": [key("operator-1").as_dict(private=False)]})

    def slow(wire: Wire) -> None:
        wire.closing.wait(0.1)
        wire.send(answer)

    operator.fake.replies["/jwks"] = slow
    keys = RemoteKeys("mobile_id", operator.fake.url + "/jwks", http, clock)

    def get(_: int) -> bool:
        together.wait()
        return keys.get("operator-1") is not None

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(get, range(12)))
    assert operator.asked("/jwks") == 1


@pytest.mark.sr("SR-201")
def test_old_keys_serve_while_fetching_fails(scene: Scene, clock_file: ClockFile, operator: Operator) -> None:
    scene.read(scene.said())
    for reply in (
        told({}, 500),
        told({"keys": []}),
        told({"keys": [_small()]}),
        told({}, 404),
        b"garbage\r\n\r\n",
    ):
        operator.fake.replies["/jwks"] = reply
        clock_file.advance(3601)
        fresh = Scene(operator, scene.mobile_id)
        assert fresh.read(fresh.said()).subject == NUMBER
    assert operator.asked("/jwks") == 6


@pytest.mark.sr("SR-199", "SR-201")
def test_a_clock_that_is_set_back_does_not_stop_fetching(
    operator: Operator, http: Http, clock: Clock, clock_file: ClockFile
) -> None:
    keys = RemoteKeys("mobile_id", operator.fake.url + "/jwks", http, clock)
    assert keys.get("operator-1")
    clock_file.advance(-300)
    operator.publish("operator-2")
    assert keys.get("operator-2")


@pytest.mark.sr("SR-118")
def test_keys_of_other_kinds_are_left_out(operator: Operator, http: Http, clock: Clock) -> None:
    good = key("operator-1").as_dict(private=False)
    strange: list[Any] = [
        1, "x", None, [], {}, {"kty": "RSA"}, {"kty": "oct", "kid": "oct", "k": "AAAA"},
        good | {"kid": "for encryption", "use": "enc"}, good | {"kid": "another alg", "alg": "PS256"},
        good | {"kid": 1}, good | {"kid": "bad n", "n": "***"}, good | {"kid": "twice"}, good | {"kid": "twice"}, _small(),
    ]  # fmt: skip
    operator.fake.replies["/jwks"] = told({"keys": [*strange, good | {"d": "AQAB"}]})
    keys = RemoteKeys("mobile_id", operator.fake.url + "/jwks", http, clock)
    found = keys.get("operator-1")
    assert isinstance(found, RSAKey)
    assert not found.is_private
    for kid in ("oct", "for encryption", "another alg", "bad n", "twice", "small"):
        with pytest.raises(UpstreamError):
            keys.get(kid)
