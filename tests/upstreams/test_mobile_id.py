"""Mobile ID: what we ask the operator, and what its answers and results mean."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.storage.clock import Clock
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.http import Http
from app.upstreams.mobile_id import Ended, MobileId, NotServed, Prompt
from tests.upstreams.fakes import Fake, Reply, Wire, told
from tests.upstreams.mobile_operator import CLIENT, NOTIFY, OURS, Operator, claims_of, closing, header_of
from tests.upstreams.samples import NOT_STRICT

NUMBER = "+79201234567"

Make = Callable[..., MobileId]


@pytest.fixture
def operator(fake: Fake, clock: Clock) -> Operator:
    return Operator(fake, clock)


@pytest.fixture
def make(operator: Operator, http: Http, clock: Clock) -> Make:
    """Makes a connector; keywords are settings."""
    return lambda **changed: MobileId(operator.settings(**changed), http, clock, issuer=OURS, total_s=2)


@pytest.fixture
def mobile_id(make: Make) -> MobileId:
    return make()


def _asked(
    mobile_id: MobileId, operator: Operator, message: str = "Код 123456"
) -> tuple[Prompt, dict[str, Any]]:
    """A prompt that the operator has taken, and its record of it."""
    prompt = mobile_id.prompt(NUMBER, "reference")
    assert mobile_id.send(prompt, message) == operator.prompts[-1]["auth_req_id"]
    return prompt, operator.prompts[-1]


# The request


def test_the_request_is_signed_and_holds_what_the_profile_asks_for(
    mobile_id: MobileId, operator: Operator
) -> None:
    prompt, _ = _asked(mobile_id, operator)
    sent = operator.fake.received[-1].json
    assert header_of(sent["request"]) == {"alg": "RS256", "kid": "mobileid-1", "typ": "JWT"}
    claims = claims_of(sent.pop("request"))
    assert claims.pop("exp") == claims.pop("iat") + 300
    assert sent == {
        "client_id": CLIENT,
        "response_type": "mc_si_async_code",
        "scope": "openid mc_authz",
        "correlation_id": prompt.correlation_id,
    }
    assert claims == sent | {
        "iss": CLIENT,
        "aud": operator.issuer,
        "version": "mc_si_r2_v1.0",
        "nonce": prompt.nonce,
        "login_hint": "MSISDN:79201234567",
        "acr_values": "2",
        "client_notification_token": prompt.token,
        "notification_uri": NOTIFY,
        "client_name": "MostID",
        "context": "MostID",
        "binding_message": "Код 123456",
    }


def test_without_a_message_none_is_asked_for(mobile_id: MobileId, operator: Operator) -> None:
    _, claims = _asked(mobile_id, operator, message="")
    assert claims["scope"] == "openid mc_authn"
    assert "binding_message" not in claims


def test_a_form_may_be_wanted(make: Make, operator: Operator) -> None:
    _asked(make(encoding="form", acr_values="3 2"), operator)
    assert operator.fake.received[-1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert operator.prompts[-1]["acr_values"] == "3 2"


@pytest.mark.sr("SR-139", "SR-075")
def test_every_request_has_random_values_of_its_own(mobile_id: MobileId) -> None:
    prompts = [mobile_id.prompt(NUMBER, "reference") for _ in range(200)]
    for name in ("nonce", "token", "correlation_id"):
        assert len({getattr(prompt, name) for prompt in prompts}) == 200
    assert all(len(prompt.nonce) >= 43 for prompt in prompts)
    assert all(len(prompt.token.removeprefix("reference.")) >= 43 for prompt in prompts)


def test_our_keys_are_the_public_halves(mobile_id: MobileId, make: Make) -> None:
    (jwk,) = mobile_id.public_jwks()["keys"]
    assert jwk.keys() == {"kty", "n", "e", "kid", "use", "alg"}
    assert make(enabled=False, signing_key="").public_jwks() == {"keys": []}


def test_switched_off_it_asks_nothing(make: Make, operator: Operator) -> None:
    off = make(enabled=False)
    with pytest.raises(UpstreamError):
        off.send(off.prompt(NUMBER, "reference"), "")
    assert not operator.fake.received


# The operator's answer

NOT_SERVED = [
    (404, "not_found_entity", "Subscriber not found"),
    (404, "", ""),
    (403, "authorization_error", "Subscriber blocked"),
    (403, "authorization_error", "Subscriber SIM card does not support authentication request"),
    (400, "invalid_request", "REQUIRED parameter login_hint is invalid"),
]


@pytest.mark.parametrize(("status", "error", "text"), NOT_SERVED)
def test_a_number_that_cannot_be_prompted(
    mobile_id: MobileId, operator: Operator, status: int, error: str, text: str
) -> None:
    operator.answer(told({"error": error, "error_description": text}, status))
    with pytest.raises(NotServed):
        mobile_id.send(mobile_id.prompt(NUMBER, "reference"), "")


FAULTS = [
    ("unavailable", told({"error": "status_conflict"}, 409)),
    ("unavailable", told({"error": "timeout"}, 408)),
    ("unavailable", told({"error": "authorization_error", "error_description": "Auth request end with error"}, 403)),
    ("unavailable", told({"error": "temporarily_unavailable"}, 503)),
    ("unavailable", told({"error": "server_error"}, 500)),
    ("unavailable", lambda wire: wire.hang()),
    ("rejected", told({"error": "unauthorized_client", "error_description": "Token validation failed"}, 401)),
    ("rejected", told({"error": "access_denied"}, 403)),
    ("rejected", told({"error": "invalid_request", "error_description": "Mandatory parameter scope is missing"}, 400)),
    ("rejected", b"HTTP/1.1 400 Bad\r\nContent-Length: 4\r\n\r\n<hi>"),
    ("malformed", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<hi>"),
    ("malformed", told({"auth_req_id": "1"})),
    ("malformed", told({"auth_req_id": 1, "expires_in": 140})),
    ("malformed", told({"auth_req_id": "1", "expires_in": "140"})),
    ("malformed", told({"auth_req_id": "", "expires_in": 140})),
    ("malformed", told({"auth_req_id": "a b", "expires_in": 140})),
    ("malformed", told({"auth_req_id": "1" * 129, "expires_in": 140})),
    ("rejected", told({"auth_req_id": "1", "expires_in": 140, "correlation_id": "another"})),
]  # fmt: skip


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(("kind", "reply"), FAULTS)
def test_any_other_answer(mobile_id: MobileId, operator: Operator, kind: str, reply: Reply) -> None:
    operator.answer(reply)
    with pytest.raises(UpstreamError) as caught:
        mobile_id.send(mobile_id.prompt(NUMBER, "reference"), "")
    assert not isinstance(caught.value, NotServed)
    assert caught.value.kind == kind


@pytest.mark.sr("SR-134", "SR-184")
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_what_is_logged_repeats_nothing_of_the_request(
    mobile_id: MobileId, operator: Operator, status: int
) -> None:
    def echo(wire: Wire) -> None:
        received = operator.fake.received[-1].body.decode()
        wire.send(closing({"error": received, "error_description": received}, status))

    operator.answer(echo)
    prompt = mobile_id.prompt(NUMBER, "reference")
    with pytest.raises(UpstreamError) as caught:
        mobile_id.send(prompt, "Код 123456")
    for secret in (NUMBER[1:], prompt.token, prompt.nonce, "123456"):
        assert secret not in f"{caught.value} {caught.value.detail}"


# The result


def test_a_yes_is_an_assertion(mobile_id: MobileId, operator: Operator, clock: Clock) -> None:
    prompt, record = _asked(mobile_id, operator)
    said = mobile_id.read(prompt, record["auth_req_id"], operator.success(record))
    assert isinstance(said, Assertion)
    assert (said.provider, said.subject) == ("phone", NUMBER)
    assert said.evidence.method == ("swk",)
    assert said.evidence.acr == "urn:mostid:acr:1"
    assert abs(said.evidence.at - clock.now()) < 5_000
    assert said.evidence.transaction == record["auth_req_id"]
    assert said.witness == "5c1e3f0a-pcr"
    assert said.witness_issuer == f"{operator.issuer}|{CLIENT}"


METHODS = [
    (["SIM_OK"], ("swk",)),
    (["SIM_PIN"], ("swk", "pin")),
    (["PUSH_OK"], ("swk",)),
    (["USSD_OK"], ("tel",)),
    (["SMS_URL_OK"], ("sms",)),
    (["SIM_OK", "USSD_PIN", "NEW_WORD"], ("swk", "tel", "pin")),
    (["SEAM_OK", "SIM_OK"], ("swk",)),
]


@pytest.mark.sr("SR-079")
@pytest.mark.parametrize(("amr", "method"), METHODS)
def test_evidence_is_what_happened_and_not_what_was_asked_for(
    mobile_id: MobileId, operator: Operator, amr: list[str], method: tuple[str, ...]
) -> None:
    prompt, record = _asked(mobile_id, operator)
    said = mobile_id.read(prompt, None, operator.success(record, amr=amr, acr="4"))
    assert isinstance(said, Assertion)
    assert said.evidence.method == method
    assert said.evidence.acr == "urn:mostid:acr:1"


FAILURES = [
    ("authorization_error", "Subscriber denied the request", "refused"),
    ("authorization_error", "Subscriber consent waiting time expired", "expired"),
    ("authorization_error", "Previous authentication transaction is not finished", "failed"),
    ("access_denied", "the client has run out of attempts to authorize by sms code", "failed"),
    ("access_denied", "Request was cancelled by user", "refused"),
    ("access_denied", "user_denied", "refused"),
    ("server_error", "", "failed"),
    ("что-то", "новое", "failed"),
]


@pytest.mark.parametrize(("error", "text", "state"), FAILURES)
def test_each_failure_has_its_meaning(
    mobile_id: MobileId, operator: Operator, error: str, text: str, state: str
) -> None:
    prompt, record = _asked(mobile_id, operator)
    ended = mobile_id.read(prompt, record["auth_req_id"], operator.failure(record, error, text))
    assert ended == Ended(state)  # type: ignore[arg-type]


def test_an_error_outweighs_a_token(mobile_id: MobileId, operator: Operator) -> None:
    prompt, record = _asked(mobile_id, operator)
    both = json.loads(operator.success(record)) | {
        "error": "access_denied",
        "error_description": "user_denied",
    }
    assert mobile_id.read(prompt, None, json.dumps(both)) == Ended("refused")


def test_a_code_of_the_operators_own_counts_as_no_push(mobile_id: MobileId, operator: Operator) -> None:
    prompt, record = _asked(mobile_id, operator)
    assert mobile_id.read(prompt, None, operator.code_needed(record)) == Ended("failed")


@pytest.mark.sr("SR-118", "SR-139")
@pytest.mark.parametrize(
    "body", [*(raw for raw in NOT_STRICT.values()), b'{"auth_req_id": "1"}', b'{"auth_req_id": 1}']
)
def test_a_malformed_result_is_refused(mobile_id: MobileId, operator: Operator, body: bytes) -> None:
    prompt, _ = _asked(mobile_id, operator)
    with pytest.raises(UpstreamError) as caught:
        mobile_id.read(prompt, None, body.decode("utf-8", "replace"))
    assert caught.value.kind == "malformed"


# Asking for the result


POLLED = [
    (told({"error": "authorization_pending"}, 400), None),
    (told({"error": "slow_down"}, 400), None),
    (told({"error": "access_denied"}, 400), Ended("refused")),
    (told({"error": "expired_token"}, 400), Ended("expired")),
    (told({"error": "invalid_grant"}, 400), Ended("failed")),
]


@pytest.mark.parametrize(("reply", "meaning"), POLLED)
def test_each_answer_to_asking_has_its_meaning(
    make: Make, operator: Operator, reply: bytes, meaning: Ended | None
) -> None:
    mobile_id = make(polling=True)
    prompt, record = _asked(mobile_id, operator)
    assert record["response_type"] == "mc_si_polling"
    operator.fake.replies["/mc-token"] = reply
    assert mobile_id.poll(prompt, record["auth_req_id"]) == meaning
    form = operator.fake.received[-1].form
    assert form["auth_req_id"] == record["auth_req_id"]
    claims = claims_of(form["client_assertion"])
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, operator.fake.url + "/mc-token")


def test_a_token_that_was_asked_for_has_no_recipient(make: Make, operator: Operator) -> None:
    mobile_id = make(polling=True)
    prompt, record = _asked(mobile_id, operator)
    operator.fake.replies["/mc-token"] = told({"id_token": operator.id_token(record, recipient=None)})
    assert isinstance(mobile_id.poll(prompt, "1"), Assertion)
    for reply, kind in (
        (told({"id_token": "x"}), "rejected"),
        (told({}, 500), "unavailable"),
        (told({}), "malformed"),
    ):
        operator.fake.replies["/mc-token"] = reply
        with pytest.raises(UpstreamError) as caught:
            mobile_id.poll(prompt, "1")
        assert caught.value.kind == kind
