"""Mobile ID's discovery and `si-authorize`: encodings, and every refusal."""

from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.services import ClockFile
from tests.simulation import Simulation
from tests.simulators.mostid import MostId, signing_key

Refusal = tuple[int, str, str]


def refused(simulation: Simulation, parameters: dict[str, Any]) -> Refusal:
    answer = simulation.http.post(f"{simulation.url}/mobileid/si-authorize", json=parameters)
    body = answer.json()
    assert body.keys() == {"error", "error_description"}, body
    return answer.status_code, body["error"], body["error_description"]


def test_discovery_names_what_is_there(simulation: Simulation) -> None:
    found = simulation.get("/mobileid/.well-known/openid-configuration")
    base = f"{simulation.url}/mobileid"
    assert found["issuer"] == base
    assert found["si_authorization_endpoint"] == f"{base}/si-authorize"
    assert found["token_endpoint"] == f"{base}/mc-token"
    assert found["login_hint_methods_supported"] == ["MSISDN"]
    assert found["mc_version"] == ["mc_si_r2_v1.0"]
    assert {"mc_si_async_code", "mc_si_polling"} <= set(found["response_types_supported"])
    keys = simulation.http.get(found["jwks_uri"]).json()["keys"]
    assert [(key["kty"], key["alg"], "d" in key) for key in keys] == [("RSA", "RS256", False)]


def test_json_form_and_query_are_understood(simulation: Simulation, mostid: MostId) -> None:
    url = f"{simulation.url}/mobileid/si-authorize"
    for number, send in enumerate(
        (
            lambda sent: simulation.http.post(url, json=sent),
            lambda sent: simulation.http.post(url, data=sent),
            lambda sent: simulation.http.post(url, params=sent),
            lambda sent: simulation.http.get(url, params=sent),
        )
    ):
        claims = mostid.claims(simulation, f"+7920000000{number}")
        answer = send(mostid.parameters(claims))
        assert answer.status_code == 200
        body = answer.json()
        assert UUID(body.pop("auth_req_id"))
        assert body == {"expires_in": 600, "correlation_id": claims["correlation_id"]}


def test_correlation_is_echoed_from_outside_too_or_left_out(simulation: Simulation, mostid: MostId) -> None:
    url, claims = f"{simulation.url}/mobileid/si-authorize", mostid.claims(simulation, correlation_id=None)
    assert "correlation_id" not in simulation.http.post(url, json=mostid.parameters(claims)).json()
    outside = mostid.parameters(claims, correlation_id="c-1")
    assert simulation.http.post(url, json=outside).json()["correlation_id"] == "c-1"


@pytest.mark.parametrize("name", ["client_id", "response_type", "scope", "request"])
def test_a_missing_outer_parameter(simulation: Simulation, mostid: MostId, name: str) -> None:
    sent = mostid.parameters(mostid.claims(simulation), **{name: None})
    missing = (400, "invalid_request", f"Mandatory parameter {name} is missing")
    assert refused(simulation, sent) == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_type", "code"),
        ("scope", "openid"),
        ("scope", "mc_authn mc_atp"),
        ("scope", "openid everything"),
        ("request", 1),
    ],
)
def test_an_invalid_outer_parameter(simulation: Simulation, mostid: MostId, name: str, value: object) -> None:
    sent = mostid.parameters(mostid.claims(simulation), **{name: value})
    invalid = (400, "invalid_request", f"Mandatory parameter {name} is invalid")
    assert refused(simulation, sent) == invalid


def test_an_unknown_client(simulation: Simulation, mostid: MostId) -> None:
    sent = mostid.parameters(mostid.claims(simulation), client_id="somebody")
    assert refused(simulation, sent) == (401, "unauthorized_client", "Client is unknown")


def test_a_client_that_is_switched_off(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_upstream("mobileid", client_enabled=False)
    sent = mostid.parameters(mostid.claims(simulation))
    assert refused(simulation, sent) == (403, "access_denied", "Client is switched off")


FAILED = (401, "unauthorized_client", "Token validation failed")


def test_only_the_registered_key_signs(simulation: Simulation, mostid: MostId) -> None:
    claims = mostid.claims(simulation)
    stranger = RSAKey.generate_key(2048, {"kid": "mobileid-1"})
    assert refused(simulation, mostid.parameters(claims, stranger)) == FAILED
    other_kid = RSAKey.import_key(stranger.as_dict(private=True), {"kid": "mobileid-2"})
    assert refused(simulation, mostid.parameters(claims, other_kid)) == FAILED


@pytest.mark.parametrize(
    "header", [{"alg": "RS256", "typ": "JWT"}, {"alg": "RS256", "typ": "at+jwt", "kid": "mobileid-1"}]
)
def test_the_header_names_key_and_type(
    simulation: Simulation, mostid: MostId, header: dict[str, str]
) -> None:
    claims = mostid.claims(simulation)
    token = jwt.encode(header, claims, signing_key())
    assert refused(simulation, mostid.parameters(claims, request=token)) == FAILED


def test_another_algorithm_is_refused(simulation: Simulation, mostid: MostId) -> None:
    claims = mostid.claims(simulation)
    header = {"alg": "RS512", "typ": "JWT", "kid": "mobileid-1"}
    key = RSAKey.import_key({**signing_key().as_dict(private=True), "alg": "RS512"})
    token = jwt.encode(header, claims, key, algorithms=["RS512"])
    assert refused(simulation, mostid.parameters(claims, request=token)) == FAILED


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.e30", "ё" * 9, "a" * 20_000])
def test_what_is_no_token(simulation: Simulation, mostid: MostId, token: str) -> None:
    assert refused(simulation, mostid.parameters(mostid.claims(simulation), request=token)) == FAILED


def test_a_new_key_is_found_where_the_client_publishes_it(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    mostid.ask(simulation)
    mostid.ask(simulation, "+79200000001")
    assert mostid.key_reads == 1
    mostid.keys = [signing_key("mobileid-2")]
    clock_file.advance(3)
    claims = mostid.claims(simulation, "+79200000002")
    sent = mostid.parameters(claims, signing_key("mobileid-2"))
    assert simulation.http.post(f"{simulation.url}/mobileid/si-authorize", json=sent).status_code == 200
    assert mostid.key_reads == 2


def test_a_client_whose_keys_cannot_be_read(simulation: Simulation, mostid: MostId) -> None:
    sent = mostid.parameters(mostid.claims(simulation))
    mostid.keys = []
    assert refused(simulation, sent) == FAILED
    simulation.set_upstream("mobileid", jwks_uri="http://localhost:1/jwks")
    assert refused(simulation, sent) == FAILED


@pytest.mark.parametrize(
    "times", [{"exp": 1}, {"nbf": 9_999_999_999}, {"iat": 9_999_999_999}, {"exp": "tomorrow"}]
)
def test_times_that_are_given_are_kept(
    simulation: Simulation, mostid: MostId, times: dict[str, object]
) -> None:
    assert refused(simulation, mostid.parameters(mostid.claims(simulation, **times))) == FAILED


@pytest.mark.parametrize(
    "name",
    [
        "acr_values", "client_id", "iss", "aud", "login_hint", "nonce", "scope", "client_notification_token",
        "notification_uri", "version", "response_type",
    ],
)  # fmt: skip
def test_a_missing_claim(simulation: Simulation, mostid: MostId, name: str) -> None:
    sent = mostid.parameters(mostid.claims(simulation, **{name: None}))
    missing = (400, "invalid_request", f"REQUIRED parameter {name} is missing")
    assert refused(simulation, sent) == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("acr_values", "5"),
        ("acr_values", ""),
        ("client_id", "somebody"),
        ("iss", "somebody"),
        ("aud", "https://mobileid.megafon.ru"),
        ("login_hint", "79201234567"),
        ("login_hint", "MSISDN:+79201234567"),
        ("login_hint", "ENCR_MSISDN:AAAA"),
        ("nonce", ""),
        ("nonce", 1),
        ("client_notification_token", "not\na header"),
        ("version", "mc_v2.0"),
    ],
)
def test_an_invalid_claim(simulation: Simulation, mostid: MostId, name: str, value: object) -> None:
    sent = mostid.parameters(mostid.claims(simulation, **{name: value}))
    invalid = (400, "invalid_request", f"REQUIRED parameter {name} is invalid")
    assert refused(simulation, sent) == invalid


@pytest.mark.parametrize(("name", "value"), [("response_type", "mc_si_polling"), ("scope", "openid mc_atp")])
def test_inside_and_outside_are_equal(simulation: Simulation, mostid: MostId, name: str, value: str) -> None:
    sent = mostid.parameters(mostid.claims(simulation), **{name: value})
    invalid = (400, "invalid_request", f"REQUIRED parameter {name} is invalid")
    assert refused(simulation, sent) == invalid


def test_the_colon_of_a_hint_may_be_encoded(simulation: Simulation, mostid: MostId) -> None:
    assert mostid.ask(simulation, login_hint="MSISDN%3A79201234567")


@pytest.mark.parametrize(("client_name", "fault"), [(None, "missing"), ("Somebody", "invalid")])
def test_authorization_names_the_client_as_registered(
    simulation: Simulation, mostid: MostId, client_name: str | None, fault: str
) -> None:
    said = mostid.claims(simulation, scope="openid mc_authz", client_name=client_name)
    wrong = (400, "invalid_request", f"REQUIRED parameter client_name is {fault}")
    assert refused(simulation, mostid.parameters(said)) == wrong
    assert mostid.ask(simulation, scope="openid mc_authz", client_name="MostID")


@pytest.mark.parametrize("name", ["notification_uri", "sms_otp_notification_uri"])
def test_results_go_to_registered_addresses_alone(simulation: Simulation, mostid: MostId, name: str) -> None:
    sent = mostid.parameters(mostid.claims(simulation, **{name: "http://localhost:1/notify"}))
    assert refused(simulation, sent) == (401, "unauthorized_client", f"{name} is not registered")


@pytest.mark.parametrize(
    ("switches", "refusal"),
    [
        ({"blocked": True}, (403, "authorization_error", "Subscriber blocked")),
        ({"not_subscriber": True}, (404, "not_found_entity", "Subscriber not found")),
    ],
)
def test_subscribers_who_cannot_be_asked(
    simulation: Simulation, mostid: MostId, switches: dict[str, bool], refusal: Refusal
) -> None:
    simulation.set_person("maria", **switches)
    assert refused(simulation, mostid.parameters(mostid.claims(simulation))) == refusal


def test_a_number_of_nobody_is_ours_by_its_range(simulation: Simulation, mostid: MostId) -> None:
    sent = mostid.parameters(mostid.claims(simulation, "+79031112233"))
    assert refused(simulation, sent) == (404, "not_found_entity", "Subscriber not found")
    assert mostid.ask(simulation, "+79291112233")


NO_SUPPORT = (403, "authorization_error", "Subscriber SIM card does not support authentication request")


@pytest.mark.parametrize(
    ("no_applet", "acr_values", "served"),
    [
        (True, "2", True),  # by SMS
        (True, "3 2", True),
        (True, "3", False),  # a code by SMS is no PIN
        (False, "3", True),
        (False, "4", False),
    ],
)
def test_levels(
    simulation: Simulation, mostid: MostId, no_applet: bool, acr_values: str, served: bool
) -> None:
    simulation.set_person("maria", no_applet=no_applet)
    sent = mostid.parameters(mostid.claims(simulation, acr_values=acr_values))
    if served:
        assert mostid.ask(simulation, acr_values=acr_values)
    else:
        assert refused(simulation, sent) == NO_SUPPORT


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("timeout", 408),
        ("status_conflict", 409),
        ("not_found_entity", 404),
        ("temporarily_unavailable", 503),
        ("server_error", 500),
    ],
)
def test_errors_of_the_gateway_itself(
    simulation: Simulation, mostid: MostId, error: str, status: int
) -> None:
    simulation.set_upstream("mobileid", error=error)
    assert refused(simulation, mostid.parameters(mostid.claims(simulation)))[:2] == (status, error)
