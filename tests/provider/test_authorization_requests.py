import statistics
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read

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


@pytest.fixture
def signed_in(deployment: Deployment, browser: Browser) -> Browser:
    deployment.sign_in(browser)
    return browser


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


FORM = "application/x-www-form-urlencoded"


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
        "&resource=a&resource=b&utm=1",
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


GOOD = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BAD_CHALLENGES: list[tuple[str | None, str | None]] = [
    (None, None), (None, "S256"), (GOOD, None), (GOOD, "plain"), (GOOD, "s256"), (GOOD, "S512"), ("", "S256"),
    (GOOD[:-1], "S256"), (GOOD + "A", "S256"), (GOOD + "=", "S256"), (GOOD[:-1] + "+", "S256"), (GOOD[:-1] + "/", "S256"),
    (GOOD[:-1] + "~", "S256"), (GOOD[:-1] + " ", "S256"), (GOOD[:-1] + "я", "S256"), ("a" * 128, "S256"), (GOOD, "none"),
]  # fmt: skip


@pytest.mark.sr("SR-007")
@pytest.mark.parametrize("public", [True, False])
def test_pkce_by_s256_is_demanded(deployment: Deployment, public: bool) -> None:
    method = "none" if public else "client_secret_basic"
    service = deployment.register(token_endpoint_auth_method=method)
    browser = deployment.client()
    deployment.sign_in(browser)
    for challenge, how in BAD_CHALLENGES:
        got = answered(browser.authorize(service, code_challenge=challenge, code_challenge_method=how))
        assert got["error"] == "invalid_request", (challenge, how)
        assert "code" not in got
    assert browser.code(service, code_challenge=GOOD)


@pytest.mark.sr("SR-007", "SR-028")
def test_an_operator_may_lift_pkce_for_one_client_and_a_challenge_still_counts(
    deployment: Deployment,
) -> None:
    lifted, usual = deployment.register(require_pkce=False), deployment.register()
    browser = deployment.client()
    deployment.sign_in(browser)
    without: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    assert browser.code(lifted, **without)
    assert answered(browser.authorize(usual, **without))["error"] == "invalid_request"
    for challenge, how in BAD_CHALLENGES[1:]:
        got = answered(browser.authorize(lifted, code_challenge=challenge or None, code_challenge_method=how))
        assert got["error"] == "invalid_request", (challenge, how)


def test_a_client_that_demands_a_nonce_gets_none_without(deployment: Deployment) -> None:
    careful = deployment.register(require_nonce=True)
    browser = deployment.client()
    deployment.sign_in(browser)
    assert answered(browser.authorize(careful, nonce=None))["error"] == "invalid_request"
    assert browser.code(careful)


@pytest.mark.sr("SR-008")
@pytest.mark.parametrize(
    "changed",
    [{}, {"prompt": "none"}, {"response_type": "token"}, {"scope": "x"}, {"request": "x"}, {"state": None}],
)
def test_every_answer_names_its_issuer(
    signed_in: Browser, store: Service, changed: dict[str, str | None]
) -> None:
    metadata = signed_in.get("/.well-known/openid-configuration").json
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for browser in (signed_in, signed_in.deployment.client()):
        answer = browser.authorize(store, **changed)
        if answer.location.startswith(store.redirect_uri):
            assert answered(answer)["iss"] == metadata["issuer"]


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


@pytest.mark.sr("SR-010")
def test_no_other_response_mode_is_honoured(signed_in: Browser, store: Service) -> None:
    for mode in ("fragment", "form_post", "jwt", "query.jwt", "web_message", "x"):
        answer = signed_in.authorize(store, response_mode=mode, state="<script>")
        assert answered(answer)["error"] == "invalid_request"
        assert "#" not in answer.location
    assert "code" in answered(signed_in.authorize(store, response_mode="query"))


@pytest.mark.sr("SR-022")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_what_is_not_offered_is_refused_by_its_name(
    signed_in: Browser, store: Service, name: str, error: str
) -> None:
    for value in (
        "x",
        "http://127.0.0.1:1/r",
        "urn:ietf:params:oauth:request_uri:abc",
        "eyJhbGciOiJub25lIn0.e30.",
    ):
        got = answered(signed_in.authorize(store, **{name: value}))
        assert (got["error"], got["state"]) == (error, "the state")


BAD_QUERIES = {
    "above 8 KiB": lambda asked: f"{asked}&x={'x' * 8200}",
    "62 parameters": lambda asked: asked + "".join(f"&p{number}=1" for number in range(54)),
    "half a letter": lambda asked: f"{asked}&x=%d0",
    "overlong slash": lambda asked: f"{asked}&x=%c0%af",
    "surrogate": lambda asked: f"{asked}&x=%ed%a0%80",
    "bad name": lambda asked: f"{asked}&%ff=1",
    "zero byte": lambda asked: f"{asked}&x=%00",
}


@pytest.mark.sr("SR-024")
@pytest.mark.parametrize("path", ["/authorize", "/signin", "/consent", "/logout", "/nowhere"])
def test_what_is_too_large_or_malformed_gets_a_page_at_once(
    signed_in: Browser, store: Service, path: str
) -> None:
    signed_in.get(path)
    times = []
    for kind, spoil in BAD_QUERIES.items():
        query = spoil(urlencode(store.request()))
        for answer in (signed_in.get(path, query_string=query), signed_in.head(path, query_string=query)):
            assert (answer.status_code, answer.content_type) == (400, "text/html; charset=utf-8"), kind
            assert "Location" not in answer.headers
        assert signed_in.post(path, data=query, content_type=FORM).status_code in {400, 413}, kind
        started = time.perf_counter()
        assert read(signed_in.get(path, query_string=query)).title
        times.append(time.perf_counter() - started)
    assert statistics.median(times) < 0.05


@pytest.mark.sr("SR-024")
def test_a_raw_byte_that_is_no_utf_8_is_refused(signed_in: Browser, store: Service) -> None:
    raw = {"QUERY_STRING": f"{urlencode(store.request())}&x=\xff"}
    assert signed_in.get("/authorize", environ_overrides=raw).status_code == 400


@pytest.mark.sr("SR-024")
def test_sixty_parameters_and_eight_kibibytes_are_taken(signed_in: Browser, store: Service) -> None:
    asked = store.request(scope="openid")
    many = asked | {f"p{number}": "1" for number in range(60 - len(asked))}
    assert "code" in answered(signed_in.get(f"/authorize?{urlencode(many)}"))
    room = 8192 - len(urlencode(asked | {"p": ""}))
    assert "code" in answered(signed_in.get(f"/authorize?{urlencode(asked | {'p': 'x' * room})}"))


@pytest.mark.sr("SR-024")
def test_a_body_that_is_no_form_is_refused(browser: Browser, store: Service) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        answer = browser.post("/authorize", data=urlencode(store.request()), content_type=kind)
        assert (answer.status_code, answer.content_type) == (400, "text/html; charset=utf-8")


@pytest.mark.sr("SR-024")
def test_bytes_that_fit_but_are_no_address_survive_the_whole_way(signed_in: Browser, store: Service) -> None:
    """An encoder that escapes everything doubles and triples the length: still the same request."""
    query = "&".join(f"{name}={''.join(f'%{byte:02X}' for byte in value.encode())}" for name, value in
                     store.request(state=quote("мост")).items())  # fmt: skip
    assert answered(signed_in.get(f"/authorize?{query}"))["state"] == quote("мост")
