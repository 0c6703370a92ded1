"""RFC 9101: requests that a service signed; nothing that stands beside them counts."""

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.keys.sealing import encode
from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read
from tests.protocol.rfc7523.signer import new_key, public
from tests.protocol.rfc9101.signing import Signing
from tests.protocol.rfc9126.pushing import push, visit
from tests.provider.tokens import claims, exchange, post

DOCUMENT = "/.well-known/oauth-authorization-server"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


@pytest.fixture
def bank(deployment: Deployment) -> Signing:
    """A service with a key on P-256."""
    return Signing.register(deployment, "bank")


@pytest.mark.rule("RFC 9101", "5", "a request that its service signed is answered as if it had come in clear")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_code_for_what_was_signed(deployment: Deployment, signed_in: Browser, algorithm: str) -> None:
    bank = Signing.register(deployment, "bank", algorithm)
    got = answered(bank.visit(signed_in, bank.sign(), redirect_uri=None, state=None))
    assert got["state"] == "the state"
    tokens = exchange(signed_in, bank.service, got["code"])
    assert claims(tokens.json["id_token"])["nonce"] == "the nonce"


@pytest.mark.rule("RFC 9101", "6.3", "parameters are taken from the object alone")
@pytest.mark.sr("SR-004")
def test_what_stands_beside_does_not_count(signed_in: Browser, bank: Signing) -> None:
    beside = {
        "state": "another", "nonce": "another", "scope": "openid profile email phone", "prompt": "login", "max_age": "0",
        "response_type": "token", "code_challenge": "x" * 43, "redirect_uri": "https://evil.example/cb",
    }  # fmt: skip
    answer = bank.visit(signed_in, bank.sign(bank.claims(scope="openid")), **beside)
    assert answer.location.startswith(bank.service.redirect_uri)
    got = answered(answer)
    tokens = exchange(signed_in, bank.service, got["code"]).json
    assert (got["state"], tokens["scope"]) == ("the state", "openid")
    assert claims(tokens["id_token"])["nonce"] == "the nonce"
    unsaid = bank.claims(state=None, nonce=None)
    got = answered(bank.visit(signed_in, bank.sign(unsaid), state="another", nonce="another"))
    assert "state" not in got
    assert "nonce" not in claims(exchange(signed_in, bank.service, got["code"]).json["id_token"])


@pytest.mark.rule("RFC 9101", "6.3", "what is missing in the object is missing, though it stands beside")
@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("response_type", "code", "invalid_request"),
        ("code_challenge", "x" * 43, "invalid_request"),
        ("scope", "openid", "invalid_scope"),
    ],
)
def test_nothing_is_filled_in(signed_in: Browser, bank: Signing, name: str, value: str, error: str) -> None:
    got = answered(bank.visit(signed_in, bank.sign(bank.claims(**{name: None})), **{name: value}))
    assert (got["error"], got["state"]) == (error, "the state")


@pytest.mark.rule("RFC 9101", "6.3", "without a redirect_uri in the object nobody is redirected")
def test_no_redirect_uri_inside(signed_in: Browser, bank: Signing) -> None:
    for inside in (None, "https://evil.example/cb"):
        assert bank.visit(signed_in, bank.sign(bank.claims(redirect_uri=inside))).status_code == 400


@pytest.mark.rule("RFC 9101", "4", "typ, times, iss and aud as other servers take them")
def test_good_objects(signed_in: Browser, bank: Signing) -> None:
    now = bank.claims()["iat"]
    for header in ({"typ": None}, {"typ": "JWT"}, {"typ": "jwt"}, {"kid": None}):
        assert "code" in answered(bank.visit(signed_in, bank.sign(**header)))
    for changed in (
        {"aud": [bank.deployment.settings.issuer, "https://other.example"]},
        {"iat": None, "nbf": None, "exp": None},
        {"iat": now + 8, "nbf": now + 8},
        {"exp": now + 30.5},
        {"jti": "x", "unknown": {"a": [1]}, "number": 7, "nothing": False},
        {"max_age": 3600},
        {"claims": {"id_token": {"given_name": {"essential": True}}}},
        {"resource": [bank.deployment.settings.issuer]},
        {"max_age": "3600"},
    ):
        assert "code" in answered(bank.visit(signed_in, bank.sign(bank.claims(**changed))))


Make = Callable[[Signing], str]


def changed(**members: Any) -> Make:
    """A good signature over changed claims."""
    return lambda bank: bank.sign(bank.claims(**members))


def later(name: str, seconds: int) -> Make:
    return lambda bank: bank.sign(bank.claims(**{name: bank.claims()["iat"] + seconds}))


def header(**members: Any) -> Make:
    return lambda bank: bank.sign(**members)


def unsigned(alg: str) -> Make:
    def make(bank: Signing) -> str:
        head = encode(json.dumps({"alg": alg}).encode())
        return f"{head}.{encode(json.dumps(bank.claims()).encode())}."

    return make


def raw(text: str) -> Make:
    return lambda bank: bank.signed(json.dumps({"alg": "ES256"}), text)


def cut(bank: Signing) -> str:
    return bank.sign()[:-4]


def swapped(bank: Signing) -> str:
    """The signature of one over the claims of another."""
    head, _, signature = bank.sign().split(".")
    return f"{head}.{encode(json.dumps(bank.claims(scope='openid email')).encode())}.{signature}"


def by_another_key(bank: Signing) -> str:
    head = json.dumps({"alg": "ES256", "kid": bank.key.kid})
    return bank.signed(head, json.dumps(bank.claims()), new_key("ES256", bank.key.kid))


def by_a_shared_secret(bank: Signing) -> str:
    """RFC 8725 §2.1: an algorithm for which a public key would do as the secret."""
    return unsigned("HS256")(bank) + encode(b"x" * 32)


def with_its_own_key(bank: Signing) -> str:
    key = new_key("ES256", "own")
    head = json.dumps({"alg": "ES256", "jwk": key.as_dict(private=False)})
    return bank.signed(head, json.dumps(bank.claims()), key)


def twice_named(bank: Signing) -> str:
    body = json.dumps(bank.claims())
    return bank.signed(json.dumps({"alg": "ES256"}), body[:-1] + ', "scope": "openid email"}')


BAD: dict[str, Make] = {
    "not a token": lambda _: "x",
    "five parts": lambda _: "a.b.c.d.e",
    "none": unsigned("none"),
    "None": unsigned("None"),
    "no algorithm": unsigned(""),
    "HS256": by_a_shared_secret,
    "cut": cut,
    "swapped": swapped,
    "another key": by_another_key,
    "its own key": with_its_own_key,
    "RS256 said, ES256 done": header(alg="RS256"),
    "unknown kid": header(kid="unknown"),
    "kid is a number": header(kid=7),
    "jku": header(jku="https://evil.example/jwks"),
    "x5u": header(x5u="https://evil.example/x"),
    "x5c": header(x5c=["x"]),
    "crit": header(crit=["exp"]),
    "b64": header(b64=False),
    "typ of an access token": header(typ="at+jwt"),
    "typ of an assertion": header(typ="client-authentication+jwt"),
    "typ of a logout token": header(typ="logout+jwt"),
    "typ is a number": header(typ=1),
    "no iss": changed(iss=None),
    "another iss": changed(iss="store"),
    "iss is a list": changed(iss=["bank"]),
    "no aud": changed(aud=None),
    "another aud": changed(aud="https://other.example"),
    "aud with a slash": changed(aud="http://localhost:8000/"),
    "aud of the endpoint": changed(aud="http://localhost:8000/authorize"),
    "aud list without us": changed(aud=["https://other.example"]),
    "aud is an object": changed(aud={"http://localhost:8000": 1}),
    "no client_id": changed(client_id=None),
    "another client_id": changed(client_id="store"),
    "sub": changed(sub="bank"),
    "expired": later("exp", -1),
    "exp is now": later("exp", 0),
    "exp is a text": changed(exp="never"),
    "exp is true": changed(exp=True),
    "exp beyond all time": changed(exp=2**60),
    "nbf ahead": later("nbf", 60),
    "nbf is a text": changed(nbf="now"),
    "iat ahead": later("iat", 60),
    "iat below zero": changed(iat=-5),
    "an object inside": changed(request="x"),
    "a reference inside": changed(request_uri="urn:ietf:params:oauth:request_uri:x"),
    "state is a number": changed(state=7),
    "scope is a list": changed(scope=["openid"]),
    "max_age is true": changed(max_age=True),
    "zero byte": changed(state="a\0b"),
    "a list": raw("[]"),
    "no JSON": raw("{"),
    "NaN": raw('{"exp": NaN}'),
    "a name twice": twice_named,
    "too large": lambda bank: bank.sign(bank.claims(padding="x" * 5600)) + "x" * 700,
}


@pytest.mark.rule("RFC 9101", "6.2", "an object that is not the client's own, for us and for now is refused")
@pytest.mark.sr("SR-061", "SR-062", "SR-063", "SR-065")
def test_bad_objects(signed_in: Browser, bank: Signing, store: Service) -> None:
    assert len(BAD) >= 30
    for name, make in BAD.items():
        text = make(bank)
        answer = bank.visit(signed_in, text)
        if answer.status_code == 400 and len(text) > 8000:
            continue
        got = answered(answer)
        assert (got["error"], got.get("state")) == ("invalid_request_object", "outer"), name
        assert answer.location.startswith(bank.service.redirect_uri)
        pushed = post(signed_in, "/par", bank.service, {"request": text})
        assert (pushed.status_code, pushed.json["error"]) == (400, "invalid_request_object"), name


@pytest.mark.rule(
    "RFC 9101", "7", "where no registered redirect_uri stands beside a bad object, a page says so"
)
@pytest.mark.sr("SR-005")
def test_bad_objects_redirect_nobody(signed_in: Browser, bank: Signing) -> None:
    for text in ("x", bank.sign(bank.claims(exp=1)), by_another_key(bank)):
        for beside in (None, "https://evil.example/cb", bank.service.redirect_uri + "/"):
            answer = bank.visit(signed_in, text, redirect_uri=beside)
            assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.rule("RFC 9101", "5", "client_id stands beside the object and is that of the object")
def test_client_id(signed_in: Browser, bank: Signing, store: Service) -> None:
    assert bank.visit(signed_in, bank.sign(), client_id=None).status_code == 400
    assert bank.visit(signed_in, bank.sign(), client_id="nobody").status_code == 400
    got = answered(bank.visit(signed_in, bank.sign(), client_id="store", redirect_uri=store.redirect_uri))
    assert got["error"] == "invalid_request_object"  # it has no keys, and this is not its name


@pytest.mark.rule("RFC 9101", "5", "an object and a reference do not come together")
@pytest.mark.sr("SR-022")
def test_no_reference_beside(signed_in: Browser, bank: Signing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        elsewhere = f"http://127.0.0.1:{listener.getsockname()[1]}/r"
        got = answered(bank.visit(signed_in, bank.sign(), request_uri=elsewhere))
        assert got["error"] == "request_uri_not_supported"
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.rule("RFC 9101", "4", "the claims parameter stands in the object as JSON, not as text")
def test_claims_in_an_object(signed_in: Browser, bank: Signing) -> None:
    wanted = {"id_token": {"given_name": None}}
    got = answered(bank.visit(signed_in, bank.sign(bank.claims(claims=wanted))))
    tokens = exchange(signed_in, bank.service, got["code"]).json
    assert claims(tokens["id_token"])["given_name"] == "Мария"


@pytest.mark.rule("RFC 9101", "10.5", "of a client that must sign, no other request is answered")
def test_a_client_that_must_sign(deployment: Deployment, signed_in: Browser) -> None:
    bank = Signing.register(deployment, "bank", require_signed_request_object=True)
    assert answered(signed_in.authorize(bank.service))["error"] == "invalid_request"
    assert answered(signed_in.post("/authorize", data=bank.service.request()))["error"] == "invalid_request"
    assert push(signed_in, bank.service).json["error"] == "invalid_request"
    assert "code" in answered(bank.visit(signed_in, bank.sign()))


@pytest.mark.rule(
    "RFC 9101", "10.5", "a request that was signed goes on through the pages, and is posted as well"
)
def test_through_the_pages(deployment: Deployment, browser: Browser) -> None:
    bank = Signing.register(
        deployment,
        "bank",
        require_signed_request_object=True,
        initiate_login_uri="http://localhost:8200/login",
    )
    place = bank.visit(browser, bank.sign()).location
    assert place.startswith("/signin?ask=")
    assert browser.get(place).status_code == 200
    deployment.sign_in(browser)
    assert answered(browser.get(f"/authorize?{urlsplit(place).query}"))["state"] == "the state"
    posted = browser.post("/authorize", data={"client_id": "bank", "request": bank.sign()})
    assert "code" in answered(browser.get(posted.location))
    deployment.clock_file.advance(deployment.settings.lifetimes.ask_s + 60)
    page = read(browser.get(place))  # what has to be signed is not sent again by a browser
    assert page.links["continue"].startswith("http://localhost:8200/login?")


@pytest.mark.rule(
    "RFC 9101", "10.5", "what was POSTed counts as signed for minutes, in no browser for longer"
)
def test_a_posted_request_that_nobody_came_back_with(deployment: Deployment, browser: Browser) -> None:
    bank = Signing.register(deployment, "bank", require_signed_request_object=True)
    place = browser.post("/authorize", data={"client_id": "bank", "request": bank.sign()}).location
    deployment.clock_file.advance(deployment.settings.lifetimes.ask_s + 60)
    deployment.sign_in(browser)
    for visitor in (browser, deployment.client()):
        page = visitor.get(place)
        assert (page.status_code, page.location) == (400, None)
        assert "continue" not in read(page).links  # only its service begins again


@pytest.mark.rule("RFC 9101", "10.5", "a client's objects are signed by the algorithm that it registered")
def test_the_registered_algorithm(deployment: Deployment, signed_in: Browser) -> None:
    key = new_key("RS256")
    bank = Signing.register(deployment, "bank", "PS256", jwks=public(key), request_object_signing_alg="PS256")
    bank.key = key
    assert "code" in answered(bank.visit(signed_in, bank.sign()))
    bank.algorithm = "RS256"
    assert answered(bank.visit(signed_in, bank.sign()))["error"] == "invalid_request_object"


@pytest.mark.rule("RFC 9126", "3", "a signed request is pushed like any other")
def test_pushed_objects(signed_in: Browser, bank: Signing) -> None:
    def pushed(text: str, **beside: str) -> Any:
        return post(signed_in, "/par", bank.service, {"request": text} | beside)

    answer = pushed(bank.sign(bank.claims(scope="openid")), state="another", scope="openid email")
    assert answer.status_code == 201, answer.text
    got = answered(visit(signed_in, bank.service, answer.json["request_uri"]))
    tokens = exchange(signed_in, bank.service, got["code"]).json
    assert (got["state"], tokens["scope"]) == ("the state", "openid")
    foreign = bank.sign(bank.claims(redirect_uri="https://evil.example/cb"))
    assert pushed(foreign).json["error"] == "invalid_request"
    both = pushed(bank.sign(), request_uri=answer.json["request_uri"])
    assert (both.status_code, both.json["error"]) == (400, "invalid_request")


@pytest.mark.rule("RFC 9101", "9", "what is announced is what is taken")
def test_it_is_announced(browser: Browser) -> None:
    said = browser.get(DOCUMENT).json
    assert said["request_parameter_supported"] is True
    assert sorted(said["request_object_signing_alg_values_supported"]) == sorted(ALGORITHMS)


def test_metadata_without_keys_is_refused(deployment: Deployment) -> None:
    for members in ({"require_signed_request_object": True}, {"request_object_signing_alg": "ES256"}):
        with pytest.raises(Exception, match="need keys"):
            deployment.register("keyless", **members)
    with pytest.raises(Exception, match="request_object_signing_alg"):
        Signing.register(deployment, "unsigned", request_object_signing_alg="none")
