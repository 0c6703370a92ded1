"""OIDC Core §6.2, RFC 9101 §5.2: requests that lie at an address which their client registered, fetched by a guarded fetcher."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.clients.initial_tokens import Terms, issue
from app.clients.metadata import BadMetadata
from app.keys.sealing import encode
from tests.deployment import REDIRECT, Browser, Deploy, Deployment, Service, answered
from tests.protocol.fapi2.bank import Bank
from tests.protocol.rfc7523.signer import public
from tests.protocol.rfc9101.signing import Signing
from tests.protocol.rfc9126.pushing import push
from tests.provider.tokens import claims, exchange
from tests.upstreams.fakes import Fake, Wire, made

KIND = "application/oauth-authz-req+jwt"
DOCUMENTS = ("openid-configuration", "oauth-authorization-server")


@pytest.fixture
def site() -> Iterator[Fake]:
    """The client's own web server."""
    fake = Fake()
    yield fake
    fake.close()


@pytest.fixture
def deployment(deploy: Deploy, site: Fake) -> Deployment:
    """Fetches requests, and trusts the client's server."""
    return deploy(trusted_origins=(site.url,), request_uri_fetching=True)


@pytest.fixture
def bank(deployment: Deployment, site: Fake) -> Signing:
    """A service that registered an address of its server."""
    return Signing.register(deployment, "bank", request_uris=[f"{site.url}/request"])


def visit(browser: Browser, bank: Signing, uri: str, **beside: str) -> TestResponse:
    """`GET /authorize` with an address; what stands beside it tells where a refusal goes."""
    return browser.authorize(bank.service, request_uri=uri, nonce=None, state="outer", **beside)


def error(answer: TestResponse) -> str:
    assert answer.location.startswith(REDIRECT)
    return answered(answer)["error"]


@pytest.mark.rule("OIDC Core", "6.2", "a request may lie at an address that its client registered")
@pytest.mark.rule("RFC 9101", "5.2.3", "it is fetched by GET, and its media type says what it is")
@pytest.mark.rule("RFC 9101", "6.3", "what stands beside a reference does not count")
@pytest.mark.parametrize("kind", [KIND, "application/jwt", f"{KIND.upper()}; charset=utf-8"])
def test_a_request_is_fetched(signed_in: Browser, bank: Signing, site: Fake, kind: str) -> None:
    visit(signed_in, bank, "https://other.example")  # from now on the client is known
    text = bank.sign(bank.claims(scope="openid"))
    with bank.deployment.statements() as statements:
        site.replies["/request"] = _noting(made(text, 200, kind), statements)
        answer = visit(signed_in, bank, f"{site.url}/request", scope="openid profile phone", prompt="login")
    got = answered(answer)
    assert got["state"] == "the state"
    given = exchange(signed_in, bank.service, got["code"]).json
    assert (given["scope"], claims(given["id_token"])["nonce"]) == ("openid", "the nonce")
    (asked,) = site.received
    assert (asked.method, asked.target) == ("GET", "/request")
    assert KIND in asked.headers["accept"]


def _noting(reply: bytes, statements: list[str]) -> Callable[[Wire], None]:
    """Answers, if nothing was said to the database before."""

    def answer(wire: Wire) -> None:
        wire.send(reply if not [one for one in statements if "versions" not in one] else made("", 500))

    return answer


@pytest.mark.rule(
    "OIDC Core", "6.2", "through the pages too, and by a posted request; it is fetched once a sign-in"
)
def test_through_the_pages(deployment: Deployment, browser: Browser, bank: Signing, site: Fake) -> None:
    site.replies["/request"] = made(bank.sign(), 200, KIND)
    asked = bank.service.request(request_uri=f"{site.url}/request")
    page = browser.post("/authorize", data=asked)
    page = browser.get(page.location)
    assert page.location.startswith("/signin?ask=")
    deployment.sign_in(browser)
    back = browser.get(page.location.replace("/signin", "/authorize"))
    assert answered(back)["state"] == "the state"
    assert len(site.received) == 1


@pytest.mark.rule("OIDC Core", "6.2", "a fragment is the hash of what lies there, and is not sent")
def test_fragments(deployment: Deployment, signed_in: Browser, site: Fake) -> None:
    bank = Signing.register(deployment, "bank")
    text = bank.sign()
    uri = f"{site.url}/request#{encode(hashlib.sha256(text.encode()).digest())}"
    deployment.change(bank.service, request_uris=[uri])
    site.replies["/request"] = made(text, 200, KIND)
    assert "code" in answered(visit(signed_in, bank, uri))
    assert site.received[0].target == "/request"
    site.replies["/request"] = made(bank.sign(), 200, KIND)
    assert error(visit(signed_in, bank, uri)) == "invalid_request_uri"
    assert error(visit(signed_in, bank, uri.partition("#")[0])) == "invalid_request_uri"


@pytest.mark.rule(
    "OIDC Discovery", "3", "request_uri is announced where it works, and that it must be registered"
)
def test_announced(deploy: Deploy, site: Fake) -> None:
    for on in (True, False):
        browser = deploy(request_uri_fetching=on).client()
        for name in DOCUMENTS:
            told = browser.get(f"/.well-known/{name}").json
            assert (told["request_uri_parameter_supported"], told["require_request_uri_registration"]) == (
                on,
                True,
            )


@pytest.mark.rule(
    "OIDC Core", "3.1.2.6", "where it is switched off it is not supported, and nothing is fetched"
)
@pytest.mark.sr("SR-022")
def test_switched_off(deploy: Deploy, site: Fake) -> None:
    deployment = deploy(trusted_origins=(site.url,))
    browser = deployment.client()
    bank = Signing.register(deployment, "bank", request_uris=[f"{site.url}/request"])
    site.replies["/request"] = made(bank.sign(), 200, KIND)
    assert error(visit(browser, bank, f"{site.url}/request")) == "request_uri_not_supported"
    assert site.connections == 0


@pytest.mark.rule("RFC 9101", "5", "a request and a reference to one are refused together")
@pytest.mark.sr("SR-022")
def test_both(signed_in: Browser, bank: Signing, site: Fake) -> None:
    both = visit(signed_in, bank, f"{site.url}/request", request=bank.sign())
    assert error(both) == "invalid_request"
    assert site.connections == 0


@pytest.mark.rule("OIDC Registration", "2", "addresses are compared whole; no other is fetched")
@pytest.mark.sr("SR-022")
@pytest.mark.parametrize(
    "tail",
    ["/request?x", "/request/", "/Request", "/", "", "/request#", "/%72equest", "/request#" + "x" * 43],
)
def test_other_addresses(signed_in: Browser, bank: Signing, site: Fake, tail: str) -> None:
    site.replies["/request"] = made(bank.sign(), 200, KIND)
    assert error(visit(signed_in, bank, site.url + tail)) == "invalid_request_uri"
    assert site.connections == 0


@pytest.mark.rule("OIDC Registration", "2", "what another client registered is not this client's")
@pytest.mark.sr("SR-022")
def test_of_another_client(deployment: Deployment, signed_in: Browser, bank: Signing, site: Fake) -> None:
    other = Signing.register(deployment, "other")
    site.replies["/request"] = made(other.sign(), 200, KIND)
    assert error(visit(signed_in, other, f"{site.url}/request")) == "invalid_request_uri"
    assert site.connections == 0


@pytest.mark.sr("SR-022")
def test_a_repeated_reference(signed_in: Browser, bank: Signing, site: Fake) -> None:
    query = f"client_id=bank&redirect_uri={REDIRECT}&request_uri={site.url}/request&request_uri=x"
    assert error(signed_in.get(f"/authorize?{query}")) == "invalid_request"
    assert site.connections == 0


@pytest.mark.rule(
    "RFC 9101", "7", "what cannot be fetched, or is no request object, is an invalid_request_uri"
)
@pytest.mark.sr("SR-054")
@pytest.mark.parametrize(
    "reply",
    [
        made("", 404, KIND), made("x.y.z", 201, KIND), made("x.y.z", 500, KIND), made("x.y.z", 200, "text/html"),
        made("x.y.z", 200, "application/json"), made("x.y.z", 200, ""), made("", 302, KIND, "Location: /elsewhere"),
        made("x" * 70_000, 200, KIND), made("ж".encode(), 200, KIND), b"nonsense\r\n\r\n",
        made("x.y.z", 200, KIND, "Content-Encoding: gzip"),
    ],
    ids=["404", "201", "500", "html", "json", "no type", "redirect", "large", "not ASCII", "no HTTP", "packed"],
)  # fmt: skip
def test_bad_answers(signed_in: Browser, bank: Signing, site: Fake, reply: bytes) -> None:
    site.replies["/request"] = reply
    site.replies["/elsewhere"] = made(bank.sign(), 200, KIND)
    answer = visit(signed_in, bank, f"{site.url}/request")
    assert error(answer) == "invalid_request_uri"
    assert answered(answer)["state"] == "outer"
    assert [one.target for one in site.received] == ["/request"]


@pytest.mark.rule("RFC 9101", "10.4.1", "a server that never ends cannot hold us")
@pytest.mark.sr("SR-054")
@pytest.mark.parametrize("act", [Wire.hang, lambda wire: wire.flood(b"x" * 65_536)], ids=["slow", "endless"])
def test_slow_answers(signed_in: Browser, bank: Signing, site: Fake, act: Callable[[Wire], None]) -> None:
    site.replies["/request"] = lambda wire: (
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Type: {KIND}\r\n\r\n".encode()),
        act(wire),
    )[1]
    begun = time.monotonic()
    assert error(visit(signed_in, bank, f"{site.url}/request")) == "invalid_request_uri"
    assert time.monotonic() - begun < 8


@pytest.mark.rule("RFC 9101", "10.4.1", "no machine that only we can reach is asked")
@pytest.mark.sr("SR-054")
def test_private_addresses(deploy: Deploy, site: Fake) -> None:
    deployment = deploy(request_uri_fetching=True)  # trusts no origin of this machine
    port = site.port
    uris = [
        f"{scheme}://{host}:{port}/request"
        for scheme in ("http", "https")
        for host in ("127.0.0.1", "localhost")
    ]
    uris.append(f"https://deep.localhost:{port}/request")
    bank = Signing.register(deployment, "bank", request_uris=uris)
    browser = deployment.client()
    for uri in uris:
        assert error(visit(browser, bank, uri)) == "invalid_request_uri"
    assert site.connections == 0


@pytest.mark.rule("OIDC Core", "6.3", "what was fetched is checked like a request that came by value")
@pytest.mark.sr("SR-062")
def test_bad_objects(signed_in: Browser, bank: Signing, site: Fake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    uri = f"{site.url}/request"
    bad: list[str] = [
        "", "x.y.z", bank.sign(alg="none"), bank.sign(bank.claims(exp=1)), bank.sign(bank.claims(aud="x")),
        bank.sign(bank.claims(iss="store")), bank.sign()[:-4] + "AAAA", bank.sign(bank.claims(request_uri=uri)),
    ]  # fmt: skip
    for text in bad:
        site.replies["/request"] = made(text, 200, KIND)
        assert error(visit(signed_in, bank, uri)) == "invalid_request_object", text
    assert any(getattr(line, "section", "") == "RFC 9101 §6" for line in caplog.records)


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3.2.2", "a FAPI client, like any whose requests are pushed, has none fetched"
)
@pytest.mark.sr("SR-022")
def test_clients_that_push(deployment: Deployment, signed_in: Browser, bank: Signing, site: Fake) -> None:
    uri = f"{site.url}/request"
    deployment.change(bank.service, require_pushed_authorization_requests=True)
    assert error(visit(signed_in, bank, uri)) == "request_uri_not_supported"
    answer = push(signed_in, bank.service, request_uri=uri)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert site.connections == 0
    with pytest.raises(BadMetadata, match="requests are pushed"):
        Bank.register(deployment, signed_in, request_uris=["https://bank.example/request"])


@pytest.mark.rule("OIDC Registration", "2", "a client may register addresses of its requests itself")
def test_a_client_registers_itself(deployment: Deployment, signed_in: Browser, site: Fake) -> None:
    bank = Signing.register(deployment, "bank")
    terms = Terms("a partner", ["openid"], 1, 86_400_000)
    token = deployment.storage.run(
        lambda tx: issue(tx, terms, deployment.clock.now(), actor="test"), write=True
    )
    uri = f"{site.url}/request"
    document = {"redirect_uris": [REDIRECT], "jwks": public(bank.key), "request_uris": [uri]}
    made_client = signed_in.post("/register", json=document, headers={"Authorization": f"Bearer {token}"})
    assert made_client.status_code == 201, made_client.text
    assert made_client.json["request_uris"] == [uri]
    deployment.clock_file.advance(2)
    itself = Service(made_client.json["client_id"], made_client.json["client_secret"], REDIRECT)
    bank.service = itself
    site.replies["/request"] = made(bank.sign(bank.claims(scope="openid")), 200, KIND)
    assert visit(signed_in, bank, uri).location.startswith("/consent?")
    assert [one.target for one in site.received] == ["/request"]


@pytest.mark.rule("OIDC Registration", "2", "addresses are https, their fragments hashes, and they need keys")
def test_registration(deployment: Deployment) -> None:
    good: list[Any] = ["https://bank.example/r", "https://bank.example/r?x=1#" + "a" * 43]
    Signing.register(deployment, "good", request_uris=good)
    for uri in (
        "http://bank.example/r", "https://10.0.0.1/r", "https://bank.example/r#", "https://bank.example/r#part",
        "https://u@bank.example/r", "https://bank.example/r#" + "a" * 44, "bank", "", "file:///etc/passwd",
        "https://bank.example/" + "r" * 500, "https://bank.example/*", "urn:ietf:params:oauth:request_uri:x",
    ):  # fmt: skip
        with pytest.raises(BadMetadata, match="request_uris"):
            Signing.register(deployment, "bad", request_uris=[uri])
    with pytest.raises(BadMetadata, match="keys"):
        deployment.register("keyless", request_uris=good)
