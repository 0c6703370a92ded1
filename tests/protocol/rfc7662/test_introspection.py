"""RFC 7662: what a service is told of its own tokens, and that it is told nothing of any other."""

import pytest

from tests.deployment import ISSUER, Browser, Deployment, Service
from tests.provider.tokens import claims, introspect, post, refresh, tokens

INACTIVE = {"active": False}


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


@pytest.mark.rule("RFC 7662", "2.2", "a living access token is told with what it says")
def test_a_living_access_token(maria: Browser, store: Service) -> None:
    access = tokens(maria, store)["access_token"]
    assert introspect(maria, store, access) == {"active": True, "token_type": "Bearer"} | claims(access)


@pytest.mark.rule("RFC 7662", "2.2", "a living refresh token is told with its client, subject, scope and end")
def test_a_living_refresh_token(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    now = deployment.clock.now() // 1000
    state = introspect(maria, store, given["refresh_token"])
    assert {name: value for name, value in state.items() if name not in {"iat", "exp"}} == {
        "active": True,
        "client_id": "store",
        "sub": claims(given["access_token"])["sub"],
        "scope": given["scope"],
        "iss": ISSUER,
    }
    assert abs(state["iat"] - now) <= 20
    assert abs(state["exp"] - now - 30 * 86400) <= 20


@pytest.mark.rule(
    "RFC 7662", "2.2", "whatever is not a living token of the caller is inactive, and nothing else is said"
)
@pytest.mark.sr("SR-046", "SR-064")
def test_everything_else_is_inactive(deployment: Deployment, maria: Browser, store: Service) -> None:
    first = tokens(maria, store)
    second = refresh(maria, store, first["refresh_token"]).json
    access = second["access_token"]
    head, body, _signature = access.split(".")
    strange = {
        "ID token": second["id_token"],
        "rotated refresh token": first["refresh_token"],
        "code": maria.code(store),
        "cookie": maria.cookie("sid") or "",
        "no token": "x",
        "dots": "a.b.c",
        "unsigned": f"{head}.{body}.",
        "cut": access[:-2],
        "huge": "x" * 7000,
        "foreign signs": "токен",
    }
    told = {name: introspect(maria, store, token) for name, token in strange.items()}
    assert {name for name, state in told.items() if state != INACTIVE} == set()
    assert introspect(maria, store, access)["active"]


@pytest.mark.rule("RFC 7662", "4", "a token of another client is inactive")
@pytest.mark.sr("SR-046", "SR-058")
def test_another_clients_tokens_are_inactive(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    for other in (
        deployment.register("social"),
        deployment.register("merchant", first_party=False, client_name="Лавка"),
    ):
        for kind in ("access_token", "refresh_token", "id_token"):
            assert introspect(maria, other, given[kind]) == INACTIVE


@pytest.mark.rule("RFC 7662", "2.2", "a token that has expired is inactive")
@pytest.mark.sr("SR-046")
def test_expired_tokens_are_inactive(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store, "openid offline_access")
    deployment.clock_file.advance(601)
    assert introspect(maria, store, given["access_token"]) == INACTIVE
    assert introspect(maria, store, given["refresh_token"])["active"]
    deployment.clock_file.advance(30 * 86400)
    assert introspect(maria, store, given["refresh_token"]) == INACTIVE


@pytest.mark.rule("RFC 7662", "2.1", "the caller authenticates")
@pytest.mark.sr("SR-030", "SR-046")
def test_the_caller_authenticates(deployment: Deployment, maria: Browser, store: Service) -> None:
    app = deployment.register("app", token_endpoint_auth_method="none")
    access, own = tokens(maria, store)["access_token"], tokens(maria, app)["access_token"]
    refused = [
        maria.post("/introspect", data={"token": access}),
        maria.post("/introspect", data={"token": access, "client_id": "store"}),
        maria.post("/introspect", data={"token": own, "client_id": "app"}),
        maria.post("/introspect", data={"token": access}, headers={"Authorization": f"Bearer {access}"}),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"})
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert maria.get(f"/introspect?token={access}", headers={"Authorization": store.basic}).status_code == 405
    missing = post(maria, "/introspect", store, {"token_type_hint": "access_token"})
    assert (missing.status_code, missing.json["error"]) == (400, "invalid_request")


def test_a_services_own_token_is_told(deployment: Deployment, browser: Browser) -> None:
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    own = post(browser, "/token", robot, {"grant_type": "client_credentials"}).json["access_token"]
    state = introspect(browser, robot, own)
    assert (state["active"], state["sub"], state["scope"]) == (True, "robot", "catalogue.read")
    assert introspect(browser, deployment.register("store"), own) == INACTIVE


def test_answers_are_json_that_nobody_keeps(maria: Browser, store: Service) -> None:
    for token in (tokens(maria, store)["access_token"], "x"):
        answer = post(maria, "/introspect", store, {"token": token, "token_type_hint": "nonsense"})
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
