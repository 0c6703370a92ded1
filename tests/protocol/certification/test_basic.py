"""The modules of the Basic and the Form Post plan of the OpenID Foundation, each by its name.

What is told here is what a module demands; what it sends is in `relying_party`.
"""

import json

import pytest

from app.keys.sealing import encode
from tests.deployment import FED, Deployment
from tests.protocol.certification.relying_party import SCOPES, RelyingParty, shows_an_error
from tests.provider.tokens import claims, refresh, userinfo


@pytest.mark.rule(
    "OIDC Core", "3.1", "a whole flow without PKCE, for two clients, tells who it is and nothing more"
)
def test_oidcc_server(client: RelyingParty) -> None:
    other = RelyingParty.register(client.browser.deployment, client.browser, client.mode)
    for one in (client, other):
        given = one.tokens()
        assert len(one.last["code"]) * 6 >= 128
        assert (given["token_type"], given["expires_in"] > 0) == ("Bearer", True)
        said = one.id_token(given)
        assert said["nonce"] == "the nonce"
        assert not {"name", "email", "phone_number"} & said.keys()
        assert one.person(given).keys() == {"sub"}


@pytest.mark.rule(
    "OIDC Core", "3.1.2.6", "a request without response_type is refused, by the client's own way"
)
def test_oidcc_response_type_missing(client: RelyingParty) -> None:
    assert client.authorize(response_type=None)["error"] in {"invalid_request", "unsupported_response_type"}


@pytest.mark.rule("OIDC Core", "3.1.3.7", "RS256 and a published kid where nothing else was registered")
def test_oidcc_idtoken_signature(client: RelyingParty) -> None:
    assert client.id_token(client.tokens())["sub"]


@pytest.mark.rule("OIDC Core", "2", "alg none is neither offered nor registered")
def test_oidcc_idtoken_unsigned(client: RelyingParty) -> None:
    said = client.browser.get("/.well-known/openid-configuration").json
    assert "none" not in said["id_token_signing_alg_values_supported"]


@pytest.mark.rule(
    "OIDC Core", "5.3.1", "userinfo answers GET, POST with a header, POST with the token in its body"
)
@pytest.mark.parametrize("way", ["get", "post-header", "post-body"])
def test_oidcc_userinfo(client: RelyingParty, way: str) -> None:
    given = client.tokens()
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    answer = {
        "get": lambda: client.browser.get("/userinfo", headers=bearer),
        "post-header": lambda: client.browser.post("/userinfo", headers=bearer),
        "post-body": lambda: client.browser.post("/userinfo", data={"access_token": given["access_token"]}),
    }[way]()
    assert (answer.status_code, answer.json) == (200, {"sub": client.id_token(given)["sub"]})


@pytest.mark.rule("OIDC Core", "3.1.2.1", "a code flow needs no nonce")
def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(client: RelyingParty) -> None:
    assert "nonce" not in client.id_token(client.tokens(nonce=None))


@pytest.mark.rule("OIDC Core", "5.4", "claims of a scope are at userinfo, none of them empty")
@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("profile", {"name", "given_name", "family_name", "updated_at"}),
        ("email", {"email", "email_verified"}),
        ("phone", set()),
        ("profile email phone", {"name", "email"}),
    ],
)
def test_oidcc_scope(client: RelyingParty, scope: str, names: set[str]) -> None:
    person = client.person(client.tokens(scope=f"openid {scope}"))
    assert names <= person.keys()
    assert all(value not in ("", None) for value in person.values())


@pytest.mark.rule("OIDC Core", "5.4", "phone is told with the phone proved")
def test_oidcc_scope_phone(client: RelyingParty) -> None:
    phone = client.of(browser=client.browser.deployment.client())
    phone.browser.deployment.sign_in(
        phone.browser, "+79201234567", provider="phone", claims={"phone_number": "+79201234567"}
    )
    person = phone.person(phone.tokens(scope="openid phone"))
    assert (person["phone_number"], person["phone_number_verified"]) == ("+79201234567", True)


@pytest.mark.rule("OIDC Core", "5.4", "a scope that nothing is known for does no harm")
def test_oidcc_scope_address(client: RelyingParty) -> None:
    assert client.person(client.tokens(scope="openid address")).keys() == {"sub"}
    assert client.person(client.tokens(scope="openid profile email address phone"))["name"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "the order of parameters and of scopes means nothing")
def test_oidcc_alternate_happy_flow(client: RelyingParty) -> None:
    asked = dict(reversed(client.request(scope="profile openid").items()))
    answer = client.answer(client.browser.get("/authorize", query_string=asked))
    assert client.exchange(answer["code"]).json["scope"].split() == ["profile", "openid"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "display=page does no harm")
def test_oidcc_display_page(client: RelyingParty) -> None:
    assert client.id_token(client.tokens(display="page"))["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "display=popup does no harm")
def test_oidcc_display_popup(client: RelyingParty) -> None:
    assert client.id_token(client.tokens(display="popup"))["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "a login_hint of nobody does no harm")
def test_oidcc_login_hint(client: RelyingParty) -> None:
    assert client.id_token(client.tokens(login_hint="bob@rp.example"))["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "ui_locales that we do not speak do no harm")
def test_oidcc_ui_locales(client: RelyingParty) -> None:
    assert client.id_token(client.tokens(ui_locales="se"))["sub"]
    assert client.id_token(client.tokens(ui_locales="en ru"))["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "claims_locales do no harm")
def test_oidcc_claims_locales(client: RelyingParty) -> None:
    assert client.id_token(client.tokens(claims_locales="se"))["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "unknown parameters are ignored")
def test_oidcc_ensure_request_with_unknown_parameter_succeeds(client: RelyingParty) -> None:
    assert client.id_token(client.tokens(extra="foobar"))["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "prompt=login has the person prove it again; auth_time is new")
def test_oidcc_prompt_login(client: RelyingParty) -> None:
    again(client, prompt="login")


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "max_age=1 a second later has the person prove it again; auth_time is new"
)
def test_oidcc_max_age_1(client: RelyingParty) -> None:
    again(client, max_age="1")


def again(client: RelyingParty, **changed: str) -> None:
    """The second request shows the page of ways in; after a new proof auth_time is later."""
    first = client.id_token(client.tokens(max_age="10000"))
    client.browser.deployment.clock_file.advance(15)
    page = client.browser.get("/authorize", query_string=client.request(**changed))
    assert page.location.startswith("/signin?ask=")
    client.sign_in()
    waiting = page.location.replace("/signin", "/authorize", 1)
    answer = client.answer(client.browser.follow(client.browser.get(waiting)))
    second = client.id_token(dict(client.exchange(answer["code"]).json))
    assert second["sub"] == first["sub"]
    assert second["auth_time"] >= first["auth_time"] + 10


@pytest.mark.rule(
    "OIDC Core", "3.1.2.6", "prompt=none without a session is answered, and a long state comes back"
)
def test_oidcc_prompt_none_not_logged_in(client: RelyingParty) -> None:
    stranger = client.of(browser=client.browser.deployment.client())
    got = stranger.authorize(prompt="none", state="s" * 128)
    assert (got["error"], got["state"]) == ("login_required", "s" * 128)


@pytest.mark.rule("OIDC Core", "3.1.2.1", "prompt=none with a session: no page, the same sub and auth_time")
def test_oidcc_prompt_none_logged_in(client: RelyingParty) -> None:
    unchanged(client, prompt="none")


@pytest.mark.rule("OIDC Core", "3.1.2.1", "max_age=10000: no page, the same sub and auth_time")
def test_oidcc_max_age_10000(client: RelyingParty) -> None:
    unchanged(client, max_age="10000")


@pytest.mark.rule("OIDC Core", "3.1.2.1", "id_token_hint with prompt=none: no page, the same sub")
def test_oidcc_id_token_hint(client: RelyingParty) -> None:
    unchanged(client, prompt="none", id_token_hint=client.tokens()["id_token"])


def unchanged(client: RelyingParty, **changed: str) -> None:
    first = client.id_token(client.tokens(max_age="10000"))
    client.browser.deployment.clock_file.advance(15)
    second = client.id_token(client.tokens(**changed))
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


@pytest.mark.rule("OIDC Core", "5.5.1.1", "acr_values do not stop anybody; acr says what was reached")
@pytest.mark.parametrize("values", [f"{FED} urn:mostid:acr:2", "1 2", FED])
def test_oidcc_ensure_request_with_acr_values_succeeds(client: RelyingParty, values: str) -> None:
    assert client.id_token(client.tokens(acr_values=values))["acr"] == FED


@pytest.mark.rule(
    "RFC 6749", "4.1.2", "a code that comes again is invalid_grant, at once and later; its tokens die"
)
@pytest.mark.parametrize("seconds", [0, 30])
def test_oidcc_codereuse(client: RelyingParty, seconds: int) -> None:
    """oidcc-codereuse, oidcc-codereuse-30seconds."""
    code = client.authorize()["code"]
    given = client.exchange(code).json
    client.browser.deployment.clock_file.advance(seconds)
    answer = client.exchange(code)
    assert (answer.status_code, answer.content_type) == (400, "application/json")
    assert answer.json["error"] == "invalid_grant"
    assert userinfo(client.browser, given["access_token"]).status_code == 401


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "an address that is not registered gets a page of ours, and no answer"
)
def test_oidcc_ensure_registered_redirect_uri(client: RelyingParty) -> None:
    assert shows_an_error(client.visit(redirect_uri=f"{client.service.redirect_uri}/wrong"))


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "a request may be POSTed, from another site, by somebody with a session"
)
def test_oidcc_ensure_post_request_succeeds(client: RelyingParty) -> None:
    headers = {"Origin": "https://www.certification.openid.net", "Sec-Fetch-Site": "cross-site"}
    sent = client.browser.post("/authorize", data=client.request(), headers=headers)
    answer = client.answer(client.browser.follow(sent))
    assert client.id_token(dict(client.exchange(answer["code"]).json))["sub"]


@pytest.mark.rule("OIDC Core", "9", "client_secret_post is taken where it is registered")
def test_oidcc_server_client_secret_post(deployment: Deployment, client: RelyingParty) -> None:
    posts = RelyingParty.register(
        deployment, client.browser, client.mode, token_endpoint_auth_method="client_secret_post"
    )
    code, service = posts.authorize()["code"], posts.service
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": service.redirect_uri}
    secret = {"client_id": service.client_id, "client_secret": service.secret}
    answer = client.browser.post("/token", data=form | secret)
    assert posts.id_token(dict(answer.json))["sub"]


@pytest.mark.rule("OIDC Core", "6.2", "request_uri by reference is refused by its name where we do not fetch")
def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    client: RelyingParty,
) -> None:
    visited = client.visit(request_uri="https://www.certification.openid.net/test/requesturi")
    assert client.answer(visited)["error"] == "request_uri_not_supported"


def unsigned_object(client: RelyingParty) -> str:
    """The request in an object as the suite makes it, under alg none."""
    said = client.request() | {"iss": client.service.client_id, "aud": client.browser.issuer}
    return ".".join([*(encode(json.dumps(part).encode()) for part in ({"alg": "none"}, said)), ""])


@pytest.mark.rule(
    "OIDC Core", "6.1", "a request object without a signature is refused by its name, never ignored"
)
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    client: RelyingParty,
) -> None:
    got = client.authorize(request=unsigned_object(client), state="outer")
    assert got["error"] in {"request_not_supported", "invalid_request_object"}
    said = client.browser.get("/.well-known/openid-configuration").json
    assert "none" not in said["request_object_signing_alg_values_supported"]


@pytest.mark.rule(
    "OIDC Core", "6.1", "an address beside a request object that is not registered is never gone to"
)
def test_oidcc_ensure_request_object_with_redirect_uri(client: RelyingParty) -> None:
    evil = f"{client.service.redirect_uri}/wrong"
    assert shows_an_error(client.visit(request=unsigned_object(client), redirect_uri=evil))


@pytest.mark.rule("OIDC Core", "5.5", "an essential claim is told")
def test_oidcc_claims_essential(client: RelyingParty) -> None:
    asked = json.dumps({"userinfo": {"name": {"essential": True}}})
    assert client.person(client.tokens(claims=asked))["name"] == "Мария Иванова"


@pytest.mark.rule("OIDC Core", "12", "a refresh gives a consistent ID token, to its own client alone")
def test_oidcc_refresh_token(client: RelyingParty, deployment: Deployment) -> None:
    first = client.tokens(scope=" ".join(SCOPES))
    other = RelyingParty.register(deployment, client.browser, client.mode)
    assert all(" " <= sign <= "~" for sign in first["refresh_token"])
    deployment.clock_file.advance(5)
    second = dict(refresh(client.browser, client.service, first["refresh_token"]).json)
    old, new = claims(first["id_token"]), client.id_token(second)
    for name in ("iss", "sub", "aud", "auth_time"):
        assert new[name] == old[name], name
    assert new["iat"] > old["iat"]
    assert second["access_token"] != first["access_token"]
    refused = refresh(client.browser, other.service, second["refresh_token"])
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
    assert client.person(second)["sub"] == old["sub"]


@pytest.mark.rule("RFC 7636", "4", "PKCE is taken and checked where it comes")
def test_oidcc_ensure_request_with_valid_pkce_succeeds(client: RelyingParty) -> None:
    challenge = {"code_challenge": client.service.challenge, "code_challenge_method": "S256"}
    code = client.authorize(**challenge)["code"]
    assert client.exchange(code, code_verifier=client.service.verifier).status_code == 200
    code = client.authorize(**challenge)["code"]
    assert client.exchange(code).json["error"] == "invalid_grant"
