"""RFC 8628 §3.1, §3.2: a device asks for its codes."""

import re
from typing import Any

import pytest

from app.grants.device_requests import ALPHABET, typed
from app.provider.device import family
from tests.deployment import Browser, Deploy, Deployment, Service
from tests.html import read
from tests.protocol.rfc8628.conftest import DEVICE_CODE, ask, poll, started

ELSEWHERE = "203.0.113.7"


@pytest.mark.rule(
    "RFC 8628", "3.2", "the answer has both codes, the address of the page, the time left and the interval"
)
@pytest.mark.sr("SR-047")
def test_the_answer_says_everything_that_a_device_needs(device: Browser, tv: Service) -> None:
    answer = ask(device, tv)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    given: dict[str, Any] = dict(answer.json)
    page = f"{device.issuer}/device"
    assert (given["verification_uri"], given["expires_in"], given["interval"]) == (page, 600, 5)
    assert given["verification_uri_complete"] == f"{page}?user_code={given['user_code']}"
    assert re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", given["user_code"])
    assert len(given["device_code"]) >= 22  # 128 bits in base64url
    again = started(device, tv)
    assert {given["device_code"], given["user_code"]}.isdisjoint({again["device_code"], again["user_code"]})


@pytest.mark.rule("RFC 8628", "3.1", "a client must have this grant type; a public one says its client_id")
@pytest.mark.sr("SR-047", "SR-050")
def test_a_client_without_the_grant_type_is_refused(
    device: Browser, store: Service, merchant: Service
) -> None:
    for service in (store, merchant):
        for answer in (ask(device, service), poll(device, service, "x")):
            assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


@pytest.mark.rule("RFC 8628", "3.1", "the client authenticates as at the token endpoint")
@pytest.mark.sr("SR-030")
def test_a_client_that_does_not_prove_itself_is_refused(device: Browser, foreign_tv: Service) -> None:
    assert ask(device, foreign_tv).status_code == 200
    for data in ({}, {"client_id": foreign_tv.client_id}, {"client_id": "nobody"}):
        answer = device.post("/device_authorization", data=data)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.rule(
    "RFC 8628", "3.1", "scopes that the client may not have are left out; without any it is refused"
)
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "mostid.admin.read"}, "invalid_scope"),
        ({"scope": "   "}, "invalid_scope"),
        ({"resource": "https://other.example"}, "invalid_target"),
    ],
)
def test_what_cannot_be_given_is_not_asked_of_anybody(
    device: Browser, tv: Service, form: dict[str, str], error: str
) -> None:
    answer = ask(device, tv, **form)
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_bad_input_has_a_clear_answer(device: Browser, tv: Service) -> None:
    assert device.get("/device_authorization").status_code == 405
    assert ask(device, tv, scope=None).status_code == 200
    for path, data in (
        ("/device_authorization?client_id=tv", "client_id=tv"),
        ("/device_authorization", "client_id=tv&client_id=tv"),
        ("/device_authorization", "client_id=%ff"),
        ("/device_authorization", "client_id=tv&scope=%00"),
    ):
        answer = device.post(path, data=data, content_type="application/x-www-form-urlencoded")
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request"), data
    assert device.post("/device_authorization", json={"client_id": "tv"}).status_code == 400


@pytest.mark.rule("RFC 8628", "5.1", "one address begins so many a minute")
def test_an_address_begins_so_many_a_minute(deploy: Deploy) -> None:
    deployment = deploy(limits={"signin_starts_per_address_minute": 2})
    tv = deployment.register(
        "tv", redirect_uris=[], grant_types=[DEVICE_CODE], token_endpoint_auth_method="none"
    )
    device = deployment.client()

    def begin(address: str) -> int:
        data, where = {"client_id": tv.client_id}, {"REMOTE_ADDR": address}
        return device.post("/device_authorization", data=data, environ_overrides=where).status_code

    assert [begin(ELSEWHERE) for _ in range(3)] == [200, 200, 429]
    assert begin("203.0.113.8") == 200


def test_without_the_store_of_what_waits_nothing_is_begun_and_nothing_fails(deploy: Deploy) -> None:
    deployment = deploy(redis_url="redis://127.0.0.1:1")
    tv = deployment.register(
        "tv", redirect_uris=[], grant_types=[DEVICE_CODE], token_endpoint_auth_method="none"
    )
    device = deployment.client()
    for answer in (ask(device, tv), poll(device, tv, "x")):
        assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
        assert "Retry-After" in answer.headers
    form = read(device.get("/device")).form("/device")
    assert device.post("/device", data=form.filled(user_code="BBBB-BBBB")).status_code == 503


@pytest.mark.rule("RFC 8628", "4", "discovery names the endpoint and the grant type")
def test_discovery_names_it(device: Browser, deploy: Deploy) -> None:
    document = device.get("/.well-known/oauth-authorization-server").json
    assert document["device_authorization_endpoint"] == f"{device.issuer}/device_authorization"
    assert DEVICE_CODE in document["grant_types_supported"]


@pytest.mark.rule(
    "RFC 8628", "6.1", "a code is the same in small letters, with other marks, in Cyrillic look-alikes"
)
def test_a_user_code_is_read_generously() -> None:
    for text in ("BCHK-MPTX", "bchkmptx", " bchk mptx ", "ВСНК-МРТХ", "BCHK—MPTX"):
        assert typed(text) == "BCHKMPTX", text
    for text in ("", "BCHK-MPT", "BCHK-MPTXX", "AEIO-UAEI", "١٢٣٤٥٦٧٨", "ß" * 8):
        assert typed(text) == "", text


def test_kinds_of_devices_are_our_words() -> None:
    assert family("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0)") == "Smart TV"
    assert family("Dalvik/2.1.0 (Linux; Android 12)") == "Android"
    assert family("Your bank: press Allow") == ""


@pytest.mark.sr("SR-056")
def test_refresh_tokens_may_come_of_devices_alone(deployment: Deployment) -> None:
    deployment.register(redirect_uris=[], grant_types=[DEVICE_CODE, "refresh_token"])
