"""RFC 8707: tokens for one registered resource server, and for that one alone."""

from urllib.parse import urlencode

import pytest

from tests.deployment import ISSUER, REDIRECT, Browser, Deployment, Service, answered
from tests.protocol.rfc7591 import registering
from tests.provider.tokens import claims, exchange, introspect, post, refresh, revoke, tokens, userinfo

API, OTHER = "https://api.example/orders", "https://api.example/stock"
INACTIVE = {"active": False}


@pytest.fixture
def shop(deployment: Deployment) -> Service:
    """A service that may have tokens for two resource servers."""
    return deployment.register("shop", resources=[API, OTHER])


@pytest.fixture
def api(deployment: Deployment) -> Service:
    """One of the two, with credentials to introspect what it is shown."""
    return deployment.register("api", resource_server=[API])


@pytest.mark.rule("RFC 8707", "2.2", "the audience of an access token is the resource that was asked for")
@pytest.mark.sr("SR-067")
def test_the_audience(signed_in: Browser, shop: Service) -> None:
    for asked, audience in (({"resource": API}, API), ({"resource": OTHER}, OTHER), ({}, ISSUER)):
        given = tokens(signed_in, shop, **asked)
        assert claims(given["access_token"])["aud"] == audience
        assert claims(given["id_token"])["aud"] == "shop"
        renewed = refresh(signed_in, shop, given["refresh_token"]).json
        assert claims(renewed["access_token"])["aud"] == audience


@pytest.mark.rule(
    "RFC 8707", "2", "a resource that is not registered for the client, or no such URI, is invalid_target"
)
@pytest.mark.parametrize(
    "resource",
    [
        "https://api.example/else",
        API + "/",
        API + "#x",
        API.upper(),
        "orders",
        "//api.example/orders",
        API + " " + OTHER,
    ],
)
def test_another_resource(signed_in: Browser, shop: Service, store: Service, resource: str) -> None:
    assert answered(signed_in.authorize(shop, resource=resource))["error"] == "invalid_target"
    assert answered(signed_in.authorize(store, resource=API))["error"] == "invalid_target"
    assert "code" in answered(signed_in.authorize(store, resource=ISSUER))


@pytest.mark.rule("RFC 8707", "2", "more than one resource is invalid_target: a token has one audience")
@pytest.mark.sr("SR-067", "SR-004")
@pytest.mark.parametrize("second", [OTHER, API, ISSUER])
def test_more_than_one_resource(signed_in: Browser, shop: Service, second: str) -> None:
    twice = [*shop.request().items(), ("resource", API), ("resource", second)]
    assert answered(signed_in.get(f"/authorize?{urlencode(twice)}"))["error"] == "invalid_target"
    code = signed_in.code(shop, resource=API)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": shop.redirect_uri,
        "code_verifier": shop.verifier,
    }  # fmt: skip
    body = urlencode([*form.items(), ("resource", API), ("resource", second)])
    headers = {"Authorization": shop.basic, "Content-Type": "application/x-www-form-urlencoded"}
    refused = signed_in.post("/token", data=body, headers=headers)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_target")
    assert exchange(signed_in, shop, code).status_code == 200  # nothing was spent


@pytest.mark.rule("RFC 8707", "2.2", "a token request may name the resource that was granted and no other")
@pytest.mark.sr("SR-038", "SR-067")
def test_nothing_is_widened(signed_in: Browser, shop: Service) -> None:
    for granted, others in (({"resource": API}, (OTHER, ISSUER)), ({}, (API, OTHER))):
        code = signed_in.code(shop, scope="openid offline_access", **granted)
        for other in others:
            refused = exchange(signed_in, shop, code, resource=other)
            assert (refused.status_code, refused.json["error"]) == (400, "invalid_target")
        given = exchange(signed_in, shop, code, **granted).json
        for other in others:
            refused = refresh(signed_in, shop, given["refresh_token"], resource=other)
            assert (refused.status_code, refused.json["error"]) == (400, "invalid_target")
        assert refresh(signed_in, shop, given["refresh_token"], **granted).status_code == 200


@pytest.mark.rule(
    "RFC 8707", "2.2", "what a client may no longer reach, it gets no tokens for, whatever was granted"
)
@pytest.mark.sr("SR-038")
def test_a_resource_that_is_taken_away(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    code, given = signed_in.code(shop, resource=API), tokens(signed_in, shop, resource=API)
    deployment.change(shop, resources=[OTHER])
    assert exchange(signed_in, shop, code).json["error"] == "invalid_target"
    assert refresh(signed_in, shop, given["refresh_token"]).json["error"] == "invalid_target"
    deployment.change(shop, resources=[API])
    assert refresh(signed_in, shop, given["refresh_token"]).status_code == 200


@pytest.mark.rule("RFC 8707", "2.2", "a service acting for itself names its resource in the token request")
def test_client_credentials(deployment: Deployment, browser: Browser) -> None:
    service = deployment.register(
        "job",
        grant_types=["client_credentials"],
        redirect_uris=[],
        allowed_scopes=["orders.read"],
        resources=[API],
    )
    form: dict[str, str | None] = {"grant_type": "client_credentials"}
    given = post(browser, "/token", service, form | {"resource": API}).json
    assert claims(given["access_token"])["aud"] == API
    assert claims(post(browser, "/token", service, form).json["access_token"])["aud"] == ISSUER
    assert post(browser, "/token", service, form | {"resource": OTHER}).json["error"] == "invalid_target"


@pytest.mark.rule("RFC 8707", "3", "a token for another resource server opens nothing here")
@pytest.mark.sr("SR-049", "SR-067")
def test_userinfo_refuses_it(signed_in: Browser, shop: Service) -> None:
    answer = userinfo(signed_in, tokens(signed_in, shop, resource=API)["access_token"])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert userinfo(signed_in, tokens(signed_in, shop)["access_token"]).status_code == 200


@pytest.mark.rule(
    "RFC 7662", "4", "the resource server that a token is for may introspect it, as long as its grant lives"
)
@pytest.mark.sr("SR-046")
def test_introspection_by_the_resource_server(signed_in: Browser, shop: Service, api: Service) -> None:
    given = tokens(signed_in, shop, resource=API)
    access = given["access_token"]
    state = introspect(signed_in, api, access)
    assert state == {"active": True, "token_type": "Bearer"} | claims(access)
    assert introspect(signed_in, shop, access) == state
    assert introspect(signed_in, api, given["refresh_token"]) == INACTIVE
    assert introspect(signed_in, api, given["id_token"]) == INACTIVE
    assert revoke(signed_in, shop, given["refresh_token"]).status_code == 200
    assert introspect(signed_in, api, access) == INACTIVE


@pytest.mark.rule("RFC 7662", "4", "a token whose client was disabled is inactive to the resource server too")
@pytest.mark.sr("SR-046", "SR-057")
def test_introspection_after_the_client_is_disabled(
    deployment: Deployment, signed_in: Browser, api: Service
) -> None:
    shop = deployment.register(
        "shop",
        resources=[API],
        grant_types=["authorization_code", "client_credentials"],
        allowed_scopes=["openid", "catalogue.read"],
    )
    persons = tokens(signed_in, shop, resource=API)["access_token"]
    own = post(signed_in, "/token", shop, {"grant_type": "client_credentials", "resource": API}).json[
        "access_token"
    ]
    assert introspect(signed_in, api, persons)["active"]
    with deployment.statements() as seen:
        assert introspect(signed_in, api, own)["active"]
    assert [statement for statement in seen if "versions" not in statement] == []
    deployment.disable(shop)
    deployment.clock_file.advance(2)
    assert introspect(signed_in, api, persons) == INACTIVE
    assert introspect(signed_in, api, own) == INACTIVE


@pytest.mark.rule("RFC 7592", "2.3", "tokens of a client that removed itself are inactive to everybody")
def test_introspection_after_the_client_removed_itself(
    deployment: Deployment, signed_in: Browser, api: Service
) -> None:
    made = registering.post(signed_in, {"redirect_uris": [REDIRECT], "scope": "openid"}).json
    shop = Service(made["client_id"], made["client_secret"], REDIRECT)
    deployment.change(shop, resources=[API], first_party=True)
    access = tokens(signed_in, shop, "openid", resource=API)["access_token"]
    assert introspect(signed_in, api, access)["active"]
    bearer = {"Authorization": f"Bearer {made['registration_access_token']}"}
    assert signed_in.delete(f"/register/{shop.client_id}", headers=bearer).status_code == 204
    deployment.clock_file.advance(2)
    assert introspect(signed_in, api, access) == INACTIVE


@pytest.mark.rule("RFC 7662", "4", "tokens for any other audience are inactive to a resource server")
@pytest.mark.sr("SR-046")
def test_introspection_of_other_audiences(
    deployment: Deployment, signed_in: Browser, shop: Service, api: Service, store: Service
) -> None:
    other, ours = tokens(signed_in, shop, resource=OTHER), tokens(signed_in, shop)
    for given in (other, ours):
        assert introspect(signed_in, api, given["access_token"]) == INACTIVE
    assert introspect(signed_in, store, tokens(signed_in, shop, resource=API)["access_token"]) == INACTIVE
    greedy = deployment.register("greedy", resource_server=[ISSUER])
    assert introspect(signed_in, greedy, ours["access_token"]) == INACTIVE


@pytest.mark.rule("RFC 8707", "2", "the resource of a request stays with it while a person signs in")
def test_it_survives_the_pages(deployment: Deployment, browser: Browser, shop: Service) -> None:
    page = browser.authorize(shop, resource=API)
    assert page.location.startswith("/signin?")
    deployment.sign_in(browser)
    code = answered(browser.get(page.location.replace("/signin?", "/authorize?")))["code"]
    assert claims(exchange(browser, shop, code).json["access_token"])["aud"] == API
