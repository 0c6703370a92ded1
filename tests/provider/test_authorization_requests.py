"""What the authorization endpoint refuses besides the protocol's own rules: what is not offered, too much, malformed."""

import socket
import statistics
import time
from urllib.parse import quote, urlencode

import pytest

from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def signed_in(deployment: Deployment, browser: Browser) -> Browser:
    deployment.sign_in(browser)
    return browser


def test_a_client_that_demands_a_nonce_gets_none_without(deployment: Deployment) -> None:
    careful = deployment.register(require_nonce=True)
    browser = deployment.client()
    deployment.sign_in(browser)
    assert answered(browser.authorize(careful, nonce=None))["error"] == "invalid_request"
    assert browser.code(careful)


@pytest.mark.sr("SR-010")
def test_no_other_response_mode_is_honoured(signed_in: Browser, store: Service) -> None:
    for mode in ("fragment", "fragment.jwt", "jwt", "query.jwt", "form_post.jwt", "web_message", "x"):
        answer = signed_in.authorize(store, response_mode=mode, state="<script>")
        assert answered(answer)["error"] == "invalid_request"
        assert "#" not in answer.location
    assert "code" in answered(signed_in.authorize(store, response_mode="query"))


@pytest.mark.sr("SR-022")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_what_is_not_offered_is_refused_by_its_name(
    signed_in: Browser, store: Service, name: str, error: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        for value in (
            "x",
            f"http://127.0.0.1:{port}/r",
            "eyJhbGciOiJub25lIn0.e30.",
        ):
            got = answered(signed_in.authorize(store, **{name: value}))
            assert (got["error"], got["state"]) == (error, "the state")
        with pytest.raises(BlockingIOError):
            listener.accept()


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
