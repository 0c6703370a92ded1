"""RFC 7009: giving tokens back."""

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.provider.tokens import dead, exchange, grant, post, refresh, revoke, tokens, userinfo


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


@pytest.mark.rule(
    "RFC 7009", "2.1", "either token ends the grant, and with it every token that was born of it"
)
@pytest.mark.sr("SR-045")
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_either_token_ends_the_grant(
    deployment: Deployment, maria: Browser, store: Service, kind: str, hint: str | None
) -> None:
    given = tokens(maria, store)
    answer = post(maria, "/revoke", store, {"token": given[kind], "token_type_hint": hint})
    assert answer.status_code == 200
    assert dead(maria, store, given)
    assert grant(deployment).ended_reason == "revoked"


@pytest.mark.rule(
    "RFC 7009",
    "2.2",
    "the answer is 200 and empty; it has no type, which some clients refuse unless it is JSON's",
)
def test_the_answer_is_empty_and_has_no_type(maria: Browser, store: Service) -> None:
    answer = revoke(maria, store, tokens(maria, store)["refresh_token"])
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Content-Length"] == "0"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule("RFC 7009", "2.2", "a token that means nothing to us is answered like one that was revoked")
@pytest.mark.sr("SR-045")
def test_unknown_tokens_are_answered_alike(maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    expected = revoke(maria, store, given["access_token"])
    for token in (
        given["access_token"],
        given["id_token"],
        "x",
        "a.b.c",
        "é",
        given["refresh_token"][:-1],
        "x" * 5000,
    ):
        answer = revoke(maria, store, token)
        assert (answer.status_code, answer.data) == (expected.status_code, expected.data), token


@pytest.mark.rule("RFC 7009", "2.1", "a token is given back by the client that has it, and by no other")
@pytest.mark.sr("SR-045", "SR-058")
def test_another_client_revokes_nothing(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    for other in (
        deployment.register("social"),
        deployment.register("app", token_endpoint_auth_method="none"),
    ):
        for kind in ("access_token", "refresh_token"):
            answer = revoke(maria, other, given[kind])
            assert (answer.status_code, answer.data) == (200, b"")
    assert not dead(maria, store, given)


@pytest.mark.rule(
    "RFC 7009", "2", "a client authenticates as it does at the token endpoint; a public one by its id"
)
@pytest.mark.sr("SR-030")
def test_clients_authenticate(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    refused = [
        maria.post("/revoke", data={"token": given["access_token"]}),
        maria.post("/revoke", data={"token": given["access_token"], "client_id": "store"}),
        maria.post(
            "/revoke", data={"token": given["access_token"], "client_id": "store", "client_secret": "x"}
        ),
    ]
    assert [answer.json for answer in refused] == [{"error": "invalid_client"}] * 3
    assert not dead(maria, store, given)
    app = deployment.register("app", token_endpoint_auth_method="none")
    own = tokens(maria, app)
    assert revoke(maria, app, own["refresh_token"]).status_code == 200
    assert refresh(maria, app, own["refresh_token"]).json == {"error": "invalid_grant"}
    assert userinfo(maria, own["access_token"]).status_code == 401


@pytest.mark.rule("RFC 7009", "2.2.1", "a token that cannot be taken back is unsupported_token_type")
def test_a_services_own_token_cannot_be_taken_back(deployment: Deployment, browser: Browser) -> None:
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    own = post(browser, "/token", robot, {"grant_type": "client_credentials"}).json["access_token"]
    assert revoke(browser, robot, own).json == {"error": "unsupported_token_type"}
    other = deployment.register("store")
    assert revoke(browser, other, own).status_code == 200


@pytest.mark.rule("RFC 7009", "2.1", "the token is named once, in the body")
def test_malformed_requests(maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    token, headers = given["access_token"], {"Authorization": store.basic}
    form = "application/x-www-form-urlencoded"
    refused = [
        maria.post("/revoke", headers=headers),
        maria.post(f"/revoke?token={token}", headers=headers),
        maria.post("/revoke", headers=headers, data=f"token={token}&token={token}", content_type=form),
        maria.post("/revoke", headers=headers, json={"token": token}),
    ]
    assert [answer.json["error"] for answer in refused] == ["invalid_request"] * 4
    assert maria.get(f"/revoke?token={token}", headers=headers).status_code == 405
    assert not dead(maria, store, given)


@pytest.mark.sr("SR-045")
def test_an_older_refresh_token_and_an_expired_access_token_still_end_the_grant(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    first = tokens(maria, store)
    second = refresh(maria, store, first["refresh_token"]).json
    revoke(maria, store, first["refresh_token"])
    assert dead(maria, store, second)
    given = exchange(maria, store, maria.code(store)).json
    deployment.clock_file.advance(700)
    revoke(maria, store, given["access_token"])
    assert refresh(maria, store, given["refresh_token"]).status_code == 400
