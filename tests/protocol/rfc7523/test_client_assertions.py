"""RFC 7523: a service that proves itself by a signature instead of a secret."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.clients import registration
from app.clients.metadata import BadMetadata
from app.keys.sealing import encode
from tests.deployment import ISSUER, Browser, Deploy, Deployment
from tests.protocol.rfc7523.signer import TYPE, Signer, ask, new_key, public

REFUSED = (401, {"error": "invalid_client"})


@pytest.fixture
def grown(deployment: Deployment) -> Deployment:
    """A deployment whose ephemeral store has been there for a minute."""
    deployment.clock_file.advance(60)
    return deployment


@pytest.fixture
def robot(grown: Deployment) -> Signer:
    return Signer(grown, "robot").register()


@pytest.mark.rule("RFC 7523", "2.2", "a signed assertion authenticates a client at the token endpoint")
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_signature_authenticates(grown: Deployment, browser: Browser, algorithm: str) -> None:
    robot = Signer(grown, "robot", algorithm).register()
    answer = ask(browser, robot.assertion())
    assert answer.status_code == 200, answer.text
    assert answer.json["scope"] == "catalogue.read"
    assert ask(browser, robot.assertion(kid=None), client_id="robot").status_code == 200


@pytest.mark.rule("RFC 7523", "2.2", "introspection and revocation take assertions too")
def test_every_endpoint_takes_them(browser: Browser, robot: Signer) -> None:
    token = ask(browser, robot.assertion()).json["access_token"]
    answer = ask(browser, robot.assertion(), "/introspect", grant_type=None, token=token)
    assert answer.json["active"] is True
    assert ask(browser, robot.assertion(), "/revoke", grant_type=None, token="x").status_code == 200
    pushed = ask(browser, robot.assertion(), "/par", grant_type=None, response_type="code")
    assert (pushed.status_code, pushed.json["error"]) != (
        401,
        "invalid_client",
    )  # who asks is known; what it asks is wrong


def changes(robot: Signer) -> dict[str, Callable[[], str]]:
    """Bad assertions, each wrong in one thing."""
    now = robot.deployment.clock.now() // 1000
    other, weak = new_key("ES256"), new_key("RS256")

    def claims(**changed: Any) -> Callable[[], str]:
        return lambda: robot.assertion(robot.claims(**changed))

    def header(**changed: Any) -> Callable[[], str]:
        return lambda: robot.assertion(**changed)

    def text(header: str, claims: str) -> Callable[[], str]:
        return lambda: robot.signed(header, claims)

    def cut(number: int, part: str) -> Callable[[], str]:
        def made() -> str:
            parts = robot.assertion().split(".")
            parts[number] = part
            return ".".join(parts)

        return made

    good, plain = json.dumps(robot.claims()), '{"alg":"ES256","kid":"first"}'
    return {
        "no iss": claims(iss=None), "other iss": claims(iss="another"), "iss in a list": claims(iss=["robot"]),
        "no sub": claims(sub=None), "other sub": claims(sub="another"), "sub is no text": claims(sub=5, iss=5),
        "another client": claims(sub="another", iss="another"), "sub in a list": claims(sub=["robot"], iss=["robot"]),
        "no aud": claims(aud=None), "aud in a list": claims(aud=[ISSUER]), "two auds": claims(aud=[ISSUER, "https://x.ru"]),
        "aud of the endpoint": claims(aud=f"{ISSUER}/token"), "aud with a slash": claims(aud=f"{ISSUER}/"),
        "foreign aud": claims(aud="https://other.example"), "aud object": claims(aud={"a": ISSUER}),
        "no exp": claims(exp=None), "expired": claims(exp=now), "exp far": claims(exp=now + 400),
        "exp text": claims(exp=str(now + 60)), "exp true": claims(exp=True), "exp negative": claims(exp=-1),
        "exp huge": claims(exp=10**400), "exp in ms": claims(exp=(now + 60) * 1000),
        "iat ahead": claims(iat=now + 61), "iat a little ahead": claims(iat=now + 50), "iat text": claims(iat="now"),
        "iat null": lambda: robot.signed(plain, json.dumps(robot.claims() | {"iat": None})),
        "iat before our memory": claims(iat=now - 3600), "nbf ahead": claims(nbf=now + 61), "nbf text": claims(nbf="0"),
        "no jti": claims(jti=None), "empty jti": claims(jti=""), "long jti": claims(jti="j" * 129), "jti number": claims(jti=7),
        "alg none": header(alg="none"), "alg None": header(alg="nOnE"), "alg HS256": header(alg="HS256"),
        "alg RS256": header(alg="RS256"), "no alg": header(alg=None), "alg in a list": header(alg=["ES256"]),
        "ES384": header(alg="ES384"), "other kid": header(kid="second"), "kid number": header(kid=1),
        "typ of an access token": header(typ="at+jwt"), "typ of a proof": header(typ="dpop+jwt"), "typ object": header(typ={}),
        "jwk": header(jwk=other.as_dict(private=False)), "jku": header(jku="https://x.ru"), "x5u": header(x5u="https://x.ru"),
        "x5c": header(x5c=["AA"]), "crit": header(crit=["b64"], b64=True), "b64": header(b64=False),
        "other key": lambda: Signer(robot.deployment, "robot", key=other).assertion(kid="first"),
        "weak key": lambda: Signer(robot.deployment, "robot", "RS256", key=weak).assertion(kid="first"),
        "no signature": cut(2, ""), "zero signature": cut(2, encode(bytes(64))), "short signature": cut(2, "AAAA"),
        "padded signature": lambda: robot.assertion() + "==", "other claims": cut(1, encode(good.encode())),
        "other header": cut(0, encode(b'{"alg":"ES256"}')), "broken header": cut(0, "%%%"), "header no object": cut(0, "W10"),
        "claims no object": text(plain, "[]"), "claims text": text(plain, '"x"'), "claims no JSON": text(plain, "{"),
        "claims twice": text(plain, good[:-1] + ', "sub": "robot"}'), "NaN": text(plain, good[:-1] + ', "x": NaN}'),
        "half a character": text(plain, good[:-1] + ', "x": "\\ud800"}'),
        "header twice": text(plain[:-1] + ',"kid":"first"}', good),
        "deep": text(plain, '{"a":' + "[" * 2500 + "]" * 2500 + "}"),
        "long header": header(x="x" * 1200), "four parts": lambda: robot.assertion() + ".AA", "two parts": lambda: "e30.e30",
        "JSON": lambda: json.dumps({"payload": "e30", "signature": "AA"}), "empty": lambda: "",
        "Cyrillic": lambda: robot.assertion() + "я", "space": lambda: robot.assertion() + " ",
    }  # fmt: skip


@pytest.mark.rule(
    "RFC 7523", "3", "a bad assertion is invalid_client, whatever is wrong with it, and spends nothing"
)
@pytest.mark.sr("SR-031", "SR-033", "SR-061", "SR-062", "SR-063", "SR-065")
def test_bad_assertions_are_refused_alike(browser: Browser, robot: Signer) -> None:
    bad = changes(robot)
    assert len(bad) >= 40
    with robot.deployment.statements() as statements:
        for name, made in bad.items():
            answer = ask(browser, made())
            assert (answer.status_code, answer.json) == REFUSED, name
    assert [one for one in statements if not one.startswith("SELECT")] == []
    assert ask(browser, robot.assertion()).status_code == 200


@pytest.mark.rule("RFC 7521", "4.2", "the assertion's type is exact, and one client is meant everywhere")
@pytest.mark.sr("SR-030", "SR-033")
@pytest.mark.parametrize("more", [
    {"client_assertion_type": None}, {"client_assertion_type": "jwt-bearer"}, {"client_assertion_type": TYPE.upper()},
    {"client_assertion": None}, {"client_id": "another"}, {"client_assertion_type": TYPE + " "},
])  # fmt: skip
def test_parameters_fit_each_other(browser: Browser, robot: Signer, more: dict[str, str | None]) -> None:
    answer = ask(browser, robot.assertion(), **more)
    assert (answer.status_code, answer.json) == REFUSED


@pytest.mark.rule("RFC 6749", "2.3", "an assertion beside another method is refused")
@pytest.mark.sr("SR-030")
def test_one_method_per_request(grown: Deployment, browser: Browser, robot: Signer) -> None:
    store = grown.register("store")
    for headers, more in (
        ({"Authorization": store.basic}, {}), ({"Authorization": "Basic x"}, {}),
        ({}, {"client_secret": "x", "client_id": "robot"}), ({"Authorization": "Bearer x"}, {}),
    ):  # fmt: skip
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": robot.assertion(),
        }
        answer = browser.post("/token", data=form | more, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert (
        browser.post("/token", data={"grant_type": "client_credentials", "client_id": "robot"}).status_code
        == 401
    )


@pytest.mark.rule("OIDC Core", "9", "a service registered for secrets cannot sign, nor the reverse")
@pytest.mark.sr("SR-030", "SR-056")
def test_the_registered_method_counts(grown: Deployment, browser: Browser) -> None:
    poster = Signer(grown, "poster")
    grown.register("poster", jwks=public(poster.key))
    assert ask(browser, poster.assertion()).status_code == 401


@pytest.mark.rule("RFC 7523", "3", "an assertion is used once")
@pytest.mark.sr("SR-031")
def test_a_second_use_is_refused(grown: Deployment, browser: Browser, robot: Signer) -> None:
    claims = robot.claims(exp=grown.clock.now() // 1000 + 300)
    assertion = robot.assertion(claims)
    assert ask(browser, assertion).status_code == 200
    assert ask(browser, assertion).status_code == 401
    assert ask(browser, robot.assertion(claims | {"exp": claims["exp"] - 10})).status_code == 401  # same jti
    assert ask(browser, assertion, "/introspect", token="x").status_code == 401
    grown.clock_file.advance(299)
    assert ask(browser, assertion).status_code == 401
    other = Signer(grown, "other").register()
    assert (
        ask(browser, other.assertion(other.claims(jti=claims["jti"]))).status_code == 200
    )  # each has its own


@pytest.mark.sr("SR-031")
@pytest.mark.parametrize("store", ["one file", "Redis"])
def test_a_second_use_at_another_worker_is_refused(
    deploy: Deploy, request: pytest.FixtureRequest, store: str
) -> None:
    redis = {"redis_url": request.getfixturevalue("redis_url")} if store == "Redis" else {}
    one = deploy(**redis)
    two = deploy(**redis, data_dir=one.settings.data_dir)
    robot = Signer(one, "robot").register()
    one.clock_file.advance(60)
    assertion = robot.assertion()
    assert ask(two.client(), assertion).status_code == 200
    assert ask(one.client(), assertion).status_code == 401
    assert ask(two.client(), assertion).status_code == 401


@pytest.mark.sr("SR-031")
def test_what_is_older_than_our_memory_counts_as_used(
    deploy: Deploy, grown: Deployment, robot: Signer
) -> None:
    now = grown.clock.now() // 1000
    used, without_iat = robot.claims(exp=now + 290), robot.claims(iat=None, exp=now + 290)
    for claims in (used, without_iat):
        assert ask(grown.client(), robot.assertion(claims)).status_code == 200
    for file in grown.settings.data_dir.glob("ephemeral.db*"):
        file.unlink()
    grown.clock_file.advance(2)  # what is of the second in which a store was born may be used
    reborn = deploy(data_dir=grown.settings.data_dir).client()
    for claims in (used, without_iat):
        assert ask(reborn, robot.assertion(claims)).status_code == 401
    grown.clock_file.advance(20)
    for claims in (used, without_iat):
        assert ask(reborn, robot.assertion(claims)).status_code == 401
    assert ask(reborn, robot.assertion()).status_code == 200


@pytest.mark.sr("SR-032")
@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize(
    ("ahead", "status"), [(0, 200), (9, 200), (10, 200), (15, 401), (59, 401), (61, 401), (200, 401)]
)
def test_clocks_may_differ_by_ten_seconds(
    grown: Deployment, browser: Browser, robot: Signer, claim: str, ahead: int, status: int
) -> None:
    now = grown.clock.now() // 1000
    claims = robot.claims(**{claim: now + ahead}, exp=now + 290)
    assert ask(browser, robot.assertion(claims)).status_code == status


@pytest.mark.rule("RFC 7523", "3", "an endpoint's address is an audience only for clients registered so")
@pytest.mark.rule("RFC 9126", "2", "that of the endpoint asked, of the token endpoint, and the issuer")
@pytest.mark.sr("SR-031")
@pytest.mark.parametrize("path", ["/token", "/par", "/introspect", "/revoke"])
def test_the_endpoint_as_audience(grown: Deployment, browser: Browser, path: str) -> None:
    older = Signer(grown, "robot").register(assertion_audience="endpoint")
    strict = Signer(grown, "strict", key=older.key).register()

    def passes(robot: Signer, audience: object) -> bool:
        answer = ask(browser, robot.assertion(robot.claims(aud=audience)), path, token="x")
        return (answer.status_code, answer.json) != REFUSED

    good = [ISSUER, f"{ISSUER}/token", f"{ISSUER}{path}"]
    assert [passes(older, audience) for audience in good] == [True] * 3
    others = [f"{ISSUER}{other}" for other in ("/introspect", "/par", "/userinfo", "") if other != path]
    bad = [
        [good[-1]],
        f"{good[-1]}/",
        f"https://other.example{path}",
        path,
        *(aud for aud in others if aud not in good),
    ]
    assert [audience for audience in bad if passes(older, audience)] == []
    assert [passes(strict, audience) for audience in good] == [True, False, False]


@pytest.mark.rule(
    "RFC 7523",
    "3",
    "an assertion for an hour is of no more use than others, and only to clients registered so",
)
@pytest.mark.sr("SR-031")
def test_an_assertion_for_an_hour(grown: Deployment, browser: Browser) -> None:
    grown.clock_file.advance(600)
    older = Signer(grown, "robot").register(assertion_audience="endpoint")
    now = grown.clock.now() // 1000

    def status(**changed: int | None) -> int:
        claims = older.claims(**{"exp": now + 3_600, **changed})
        return ask(browser, older.assertion(claims)).status_code

    assert status() == 200
    assert status(iat=now - 250, exp=now + 3_350) == 200
    assert status(iat=now + 8, exp=now + 3_608) == 200
    assert [status(iat=None), status(iat=now - 10), status(iat=now - 300, exp=now + 3_300)] == [401] * 3
    assert status(iat=now + 61, exp=now + 3_661) == 401
    kept = older.assertion(older.claims(iat=now + 8, exp=now + 3_608))
    assert ask(browser, kept).status_code == 200
    for seconds in (0, 280, 13, 3, 3, 300):
        grown.clock_file.advance(seconds)
        assert ask(browser, kept).status_code == 401, seconds
    strict = Signer(grown, "strict", key=older.key).register()
    assert ask(browser, strict.assertion(strict.claims(exp=now + 4_100))).status_code == 401


@pytest.mark.rule("OIDC Registration", "2", "token_endpoint_auth_signing_alg is the only algorithm")
@pytest.mark.sr("SR-061")
def test_the_registered_algorithm_counts(grown: Deployment, browser: Browser) -> None:
    robot = Signer(grown, "robot", "PS256").register(token_endpoint_auth_signing_alg="PS256")
    assert ask(browser, robot.assertion()).status_code == 200
    other = Signer(grown, "robot", "RS256", robot.key)
    assert ask(browser, other.assertion()).status_code == 401


@pytest.mark.rule("RFC 7591", "2", "a service that signs gets no secret, and needs keys")
@pytest.mark.sr("SR-056")
def test_there_is_no_secret(grown: Deployment, robot: Signer) -> None:
    with pytest.raises(BadMetadata, match="no secret"):
        grown.storage.run(
            lambda tx: registration.rotate_secret(tx, "robot", grown.clock.now(), overlap_s=60), write=True
        )
    with pytest.raises(BadMetadata, match="needs jwks"):
        grown.register("other", token_endpoint_auth_method="private_key_jwt")


@pytest.mark.sr("SR-031")
def test_without_the_store_nobody_is_admitted_twice(deploy: Deploy) -> None:
    """Whether an assertion was used cannot be known, so it waits; secrets go on."""
    deployment = deploy(redis_url="redis://127.0.0.1:1/0")
    browser, robot = deployment.client(), Signer(deployment, "robot").register()
    answer = ask(browser, robot.assertion())
    assert (answer.status_code, answer.json) == (503, {"error": "temporarily_unavailable"})
    members = {
        "grant_types": ["client_credentials"],
        "redirect_uris": [],
        "allowed_scopes": ["catalogue.read"],
    }
    other = deployment.register("other", **members)
    form = {"grant_type": "client_credentials"}
    assert browser.post("/token", data=form, headers={"Authorization": other.basic}).status_code == 200
