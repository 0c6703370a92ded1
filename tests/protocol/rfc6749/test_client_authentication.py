"""RFC 6749 §2.3: how a service proves itself at the token endpoint."""

import base64
from urllib.parse import quote, quote_plus

import pytest
from werkzeug.test import TestResponse

from app.clients import registration
from config.limits import LimitsSettings
from tests.deployment import Browser, Deploy, Deployment, Service

FORM = {"grant_type": "client_credentials", "scope": "catalogue.read"}


@pytest.fixture
def robot(deployment: Deployment) -> Service:
    """A service that acts for itself and authenticates by the header."""
    return service(deployment, "robot")


def service(deployment: Deployment, client_id: str, **members: object) -> Service:
    return deployment.register(
        client_id,
        grant_types=["client_credentials"],
        redirect_uris=[],
        allowed_scopes=["catalogue.read"],
        **members,
    )


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def ask(browser: Browser, authorization: str | None = None, **more: str) -> TestResponse:
    headers = {} if authorization is None else {"Authorization": authorization}
    return browser.post("/token", data=FORM | more, headers=headers)


@pytest.mark.rule("RFC 6749", "2.3.1", "id and secret are form-encoded in the header")
def test_the_header_is_form_decoded(browser: Browser, robot: Service) -> None:
    secret = robot.secret or ""
    every = "".join(f"%{ord(letter):02X}" for letter in secret)
    for name, value in (
        (robot.client_id, secret),
        (quote_plus(robot.client_id), quote_plus(secret)),
        ("%72%6fb%6Ft", every),
    ):
        assert ask(browser, basic(name, value)).status_code == 200, (name, value)
    assert ask(browser, basic(robot.client_id, secret).replace("Basic", "bAsIc")).status_code == 200
    assert ask(browser, basic(robot.client_id, secret).replace("Basic ", "Basic   ")).status_code == 200


@pytest.mark.rule(
    "RFC 6749", "2.3.1", "signs with a meaning in forms are part of a secret when they are encoded"
)
def test_special_signs_survive_decoding(browser: Browser, robot: Service) -> None:
    """No secret of ours holds one, so what is read is seen by what is refused: uniformly, and never as an error of ours."""
    for secret in (
        "%",
        "%%",
        "%zz",
        "%ff",
        "+",
        ":",
        "a:b",
        "a%3Ab",
        "%00",
        "é",
        "",
        "x" * 5000,
        quote("пароль"),
    ):
        answer = ask(browser, basic(robot.client_id, secret))
        assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"}), secret


@pytest.mark.rule("RFC 6749", "2.3", "a request authenticates by one method")
@pytest.mark.sr("SR-030")
def test_two_methods_are_refused(browser: Browser, robot: Service) -> None:
    secret = robot.secret or ""
    for more in (
        {"client_secret": secret},
        {"client_id": robot.client_id, "client_secret": secret},
        {"client_secret": "wrong"},
        {"client_id": "another"},
    ):
        answer = ask(browser, robot.basic, **more)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request"), more
    assert ask(browser, robot.basic, client_id=robot.client_id).status_code == 200


@pytest.mark.rule("RFC 7523", "2.2", "an assertion is never ignored, least of all beside another method")
@pytest.mark.sr("SR-030")
def test_client_assertions_are_not_ignored(browser: Browser, robot: Service) -> None:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    for more in (
        {"client_assertion": "e30.e30.AA", "client_assertion_type": kind},
        {"client_assertion": "e30.e30.AA"},
        {"client_assertion_type": kind},
    ):
        alone, beside = ask(browser, None, **more), ask(browser, robot.basic, **more)
        assert (alone.status_code, alone.json["error"]) == (401, "invalid_client")
        assert (beside.status_code, beside.json["error"]) == (400, "invalid_request")


@pytest.mark.rule("OIDC Core", "9", "a service uses the method that it registered")
@pytest.mark.sr("SR-030", "SR-056")
def test_the_registered_method_counts(deployment: Deployment, browser: Browser, robot: Service) -> None:
    poster = service(deployment, "poster", token_endpoint_auth_method="client_secret_post")
    app = deployment.register("app", token_endpoint_auth_method="none")
    secret, posted = robot.secret or "", poster.secret or ""
    assert ask(browser, client_id="poster", client_secret=posted).status_code == 200
    refused = {
        "post for basic": ask(browser, client_id="robot", client_secret=secret),
        "basic for post": ask(browser, poster.basic),
        "nothing for basic": ask(browser, client_id="robot"),
        "nothing for post": ask(browser, client_id="poster"),
        "empty secret": ask(browser, basic("robot", "")),
        "secret for none": ask(browser, client_id="app", client_secret="x"),
        "basic for none": ask(browser, basic("app", "")),
        "nobody": ask(browser),
    }
    wrong = {name for name, answer in refused.items() if answer.json != {"error": "invalid_client"}}
    assert wrong == set()
    assert app.secret is None


@pytest.mark.rule("RFC 6749", "5.2", "a client that is not authenticated gets 401 with a challenge")
@pytest.mark.sr("SR-033")
def test_unreadable_credentials_are_refused(browser: Browser, robot: Service) -> None:
    good = robot.basic.removeprefix("Basic ")
    for header in (
        "Basic", "Basic ", "Basic !", "Basic é", "Basic ÿþ", f"Basic {good}!", f"Basic {good}, Basic {good}",
        f"Bearer {good}", "Digest x", "DPoP x", "basic:x", "Basic " + base64.b64encode(b"robot").decode(),
        "Basic " + base64.b64encode(b":secret").decode(), "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"robot\0:x").decode(), "Basic " + "A" * 5000,
    ):  # fmt: skip
        answer = ask(browser, header.encode().decode("latin-1"))
        assert answer.status_code == 401, header
        assert answer.json == {"error": "invalid_client"}, header
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.sr("SR-033")
def test_unknown_disabled_and_wrong_look_alike(
    deployment: Deployment, browser: Browser, robot: Service
) -> None:
    gone = service(deployment, "gone")
    deployment.disable(gone)
    deployment.clock_file.advance(2)
    answers = [
        ask(browser, basic("nobody", "x")),
        ask(browser, gone.basic),
        ask(browser, basic("robot", "wrong")),
        ask(browser, client_id="nobody"),
        ask(browser, basic("a'; DROP TABLE clients--", "x")),
    ]
    shapes = {
        (
            answer.status,
            answer.data,
            frozenset((name, value) for name, value in answer.headers if name != "X-Reference"),
        )
        for answer in answers
    }
    assert len(shapes) == 1
    assert answers[0].json == {"error": "invalid_client"}


def test_many_failures_of_one_address_are_told_to_wait(deployment: Deployment, robot: Service) -> None:
    stranger = deployment.client()
    away = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
    limit = deployment.settings.limits.client_failures_per_address_minute
    wrong = {"Authorization": basic("robot", "wrong")}
    seen = [stranger.post("/token", data=FORM, headers=wrong, **away).status_code for _ in range(limit + 2)]
    assert seen == [401] * limit + [429] * 2
    answer = stranger.post("/token", data=FORM, headers=wrong, **away)
    assert int(answer.headers["Retry-After"]) > 0
    assert (
        stranger.post("/token", data=FORM, headers={"Authorization": robot.basic}, **away).status_code == 200
    )


def test_what_has_ended_brakes_no_service(deploy: Deploy) -> None:
    """After a mass sign-out a service's calls fail by the hundred through no fault of its own."""
    deployment = deploy(limits=LimitsSettings(requests_per_address_minute=4))
    robot, shop = service(deployment, "robot"), deployment.register("shop")
    away = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
    backend, own = deployment.client(), {"Authorization": robot.basic}
    bearer = {"Authorization": "Bearer x"}
    code = {"grant_type": "authorization_code", "code": "x", "redirect_uri": shop.redirect_uri}
    code["code_verifier"] = shop.verifier
    for _ in range(6):
        ended = backend.post("/token", data=code, headers={"Authorization": shop.basic}, **away)
        assert ended.json == {"error": "invalid_grant"}
        assert backend.get("/userinfo", headers=bearer, **away).status_code == 401
    assert backend.post("/token", data=FORM, headers=own, **away).status_code == 200
    wrong = {"Authorization": basic("robot", "wrong")}
    for bad, status in (({"grant_type": ""}, 400), (FORM, 401)):
        for _ in range(2):
            assert backend.post("/token", data=bad, headers=wrong, **away).status_code == status
    assert backend.post("/token", data=FORM, headers=own, **away).status_code == 429


@pytest.mark.sr("SR-055")
def test_two_secrets_live_while_one_replaces_the_other(
    deployment: Deployment, browser: Browser, robot: Service
) -> None:
    new = deployment.storage.run(
        lambda tx: registration.rotate_secret(tx, "robot", deployment.clock.now(), overlap_s=60), write=True
    )
    deployment.clock_file.advance(2)
    assert ask(browser, robot.basic).status_code == 200
    assert ask(browser, basic("robot", new)).status_code == 200
    deployment.clock_file.advance(60)
    assert ask(browser, robot.basic).json == {"error": "invalid_client"}
    assert ask(browser, basic("robot", new)).status_code == 200
