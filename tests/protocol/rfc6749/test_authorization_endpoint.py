"""The authorization endpoint (RFC 6749 §3.1, §4.1): what it reads and how it answers."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.deployment import Browser, Deployment, Service, answered
from tests.provider.tokens import claims, exchange

KNOWN = {
    "client_id": "store",
    "redirect_uri": "http://localhost:8200/callback",
    "response_type": "code",
    "scope": "openid",
    "state": "a",
    "nonce": "b",
    "code_challenge": "c" * 43,
    "code_challenge_method": "S256",
    "prompt": "login",
    "max_age": "10",
    "login_hint": "x",
    "id_token_hint": "x",
    "ui_locales": "ru",
    "acr_values": "urn:mostid:acr:1",
    "response_mode": "query",
    "display": "page",
    "claims": "{}",
    "claims_locales": "ru",
    "request": "x",
    "request_uri": "x",
    "registration": "x",
}


FORM = "application/x-www-form-urlencoded"


@pytest.mark.sr("SR-004")
@pytest.mark.rule("RFC 6749", "3.1", "a parameter that comes twice is refused")
@pytest.mark.parametrize("name", KNOWN)
def test_a_parameter_that_comes_twice_is_refused(signed_in: Browser, store: Service, name: str) -> None:
    asked = store.request()
    first = asked.pop(name, KNOWN[name])
    for values in ((first, "other"), ("other", first), (first, first)):
        pairs = [*asked.items(), *((name, value) for value in values)]
        for arranged in (pairs, list(reversed(pairs))):
            for answer in (
                signed_in.get(f"/authorize?{urlencode(arranged)}"),
                signed_in.post("/authorize", data=urlencode(arranged), content_type=FORM),
            ):
                if name in {"client_id", "redirect_uri"}:
                    assert answer.status_code == 400
                else:
                    assert answered(answer)["error"] == "invalid_request"


@pytest.mark.sr("SR-004")
@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "state", "scope", "response_type", "code_challenge"]
)
def test_query_and_body_together_are_refused(browser: Browser, store: Service, name: str) -> None:
    asked = store.request()
    assert browser.post(f"/authorize?{urlencode({name: asked[name]})}", data=asked).status_code == 400
    body = {name: asked.pop(name)}
    assert browser.post(f"/authorize?{urlencode(asked)}", data=body).status_code == 400


def test_a_state_that_came_twice_goes_back_to_nobody(browser: Browser, store: Service) -> None:
    answer = browser.get(f"/authorize?{urlencode(store.request())}&state=other")
    assert answered(answer).keys() == {"error", "error_description", "iss"}


@pytest.mark.rule(
    "RFC 6749", "3.1", "parameters that we do not know are ignored, also twice; one without value is left out"
)
def test_unknown_and_empty_parameters_are_ignored(signed_in: Browser, store: Service) -> None:
    for more in (
        "&audience=a&audience=b&utm=1",
        "&prompt=&max_age=&request=&response_mode=&display=",
        "&&&=&x",
    ):
        assert "code" in answered(signed_in.get(f"/authorize?{urlencode(store.request())}{more}"))


@pytest.mark.rule("RFC 6749", "3.1", "the order of parameters and scopes means nothing")
def test_order_means_nothing(signed_in: Browser, store: Service) -> None:
    pairs = sorted(store.request(scope="profile email openid").items(), reverse=True)
    assert "code" in answered(signed_in.get(f"/authorize?{urlencode(pairs)}"))


@pytest.mark.sr("SR-006")
@pytest.mark.parametrize(
    "kind",
    ["token", "id_token", "code id_token", "code token", "id_token token", "code id_token token", "none", "password",
     "CODE", "code ", " code", "code,token", "code code"],
)  # fmt: skip
def test_only_the_code_flow_exists(signed_in: Browser, store: Service, kind: str) -> None:
    got = answered(signed_in.authorize(store, response_type=kind))
    assert got["error"] == "unsupported_response_type"
    assert got.keys() == {"error", "state", "iss"}


def sweep() -> Iterator[str]:
    yield from (
        "s",
        "a b",
        "+",
        "%41",
        "%2B",
        "&=?#",
        "<script>",
        "\"'",
        "\\",
        "\r\nX: y",
        "\t",
        "é",
        "мост",
        "👋",
        "日本語",
    )
    yield "".join(chr(code) for code in range(1, 127))
    yield "".join(chr(code) for code in range(160, 400))
    yield from ("x" * length for length in (128, 384, 1023, 1024))
    yield "я" * 512


@pytest.mark.sr("SR-009")
@pytest.mark.rule("RFC 6749", "4.1.2", "state comes back as it was sent")
def test_state_and_nonce_come_back_unharmed(signed_in: Browser, store: Service) -> None:
    for text in sweep():
        assert answered(signed_in.authorize(store, state=text, nonce=text))["state"] == text
        assert answered(signed_in.authorize(store, state=text, scope="none"))["state"] == text


@pytest.mark.sr("SR-009")
@pytest.mark.parametrize("text", ["x" * 1025, "я" * 513, "👋" * 257, "x" * 5000])
def test_a_longer_state_or_nonce_is_refused_and_never_cut(
    signed_in: Browser, store: Service, text: str
) -> None:
    got = answered(signed_in.authorize(store, state=text))
    assert got["error"] == "invalid_request"
    assert "state" not in got
    got = answered(signed_in.authorize(store, nonce=text))
    assert (got["error"], got["state"]) == ("invalid_request", "the state")


@pytest.mark.rule("RFC 6749", "4.1.2", "answers are added to the address with its own query kept")
@pytest.mark.sr("SR-003")
def test_an_address_with_a_query_keeps_it(deployment: Deployment, signed_in: Browser) -> None:
    plain, asked = "https://shop.example/cb", "https://shop.example/cb?tenant=1&to=%D1%8F"
    service = deployment.register(redirect_uris=[asked, plain])
    assert signed_in.authorize(service, redirect_uri=asked).location.startswith(f"{asked}&code=")
    assert signed_in.authorize(service, redirect_uri=plain).location.startswith(f"{plain}?code=")
    refused = signed_in.authorize(service, redirect_uri=asked, scope="x").location
    assert refused.startswith(f"{asked}&error=invalid_scope&error_description=")


@pytest.mark.rule(
    "RFC 6749",
    "4.1.2.1",
    "error texts hold only the characters that are allowed there, none of the request's",
)
@pytest.mark.parametrize(
    "changed",
    [
        {"scope": "<x>"}, {"prompt": 'a"b'}, {"max_age": "\r\n"}, {"response_mode": "я"}, {"response_type": "\\"},
        {"code_challenge": "<script>"}, {"id_token_hint": "я"}, {"state": "x" * 1025}, {"response_type": None},
    ],
)  # fmt: skip
def test_error_texts(signed_in: Browser, store: Service, changed: dict[str, str | None]) -> None:
    got = answered(signed_in.authorize(store, **changed))
    for name in ("error", "error_description"):
        assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*", got.get(name, ""))
    sent = next(iter(changed.values()))
    assert sent is None or sent not in got.get("error_description", "")


@pytest.mark.rule(
    "RFC 6749", "4.1.2", "an answer is a redirect that nobody stores and that tells no referrer"
)
@pytest.mark.sr("SR-011", "SR-012")
def test_the_form_of_an_answer(signed_in: Browser, store: Service) -> None:
    for answer in (signed_in.authorize(store), signed_in.authorize(store, scope="x")):
        assert (answer.status_code, answer.data) == (303, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.rule(
    "RFC 6749", "3.3", "scopes that the client may not have are left out; without any the request is refused"
)
def test_scopes(deployment: Deployment, signed_in: Browser) -> None:
    service = deployment.register(
        allowed_scopes=["openid", "email", "address"], grant_types=["authorization_code"]
    )
    for asked, given in {
        "openid": "openid",
        "openid email phone": "openid email",
        "openid address email": "openid email",  # may be registered, and stands for nothing
        "email openid email": "email openid",
        "  openid   email ": "openid email",
        "OPENID email": "email",
    }.items():
        answer = exchange(signed_in, service, signed_in.code(service, scope=asked))
        assert answer.json["scope"] == given
    for asked in (None, "", "phone", "OpenID", "openid,email", "offline_access"):
        assert answered(signed_in.authorize(service, scope=asked))["error"] == "invalid_scope"


@pytest.mark.parametrize("letter", ["x", "я", "👋"])
def test_a_code_stays_short_enough_for_an_address(signed_in: Browser, store: Service, letter: str) -> None:
    """Some 500 letters, and what a nonce adds: servers and proxies take addresses of 8 KiB."""
    assert len(signed_in.code(store, nonce="n" * 22)) < 1000
    longest = letter * (1024 // len(letter.encode()))
    answer = signed_in.authorize(store, nonce=longest, state=longest)
    assert len(answer.location) < 8192
    given = exchange(signed_in, store, answered(answer)["code"])
    assert claims(given.json["id_token"])["nonce"] == longest
