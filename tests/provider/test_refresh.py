"""Refresh tokens: they rotate, forgive a lost answer, and give a thief away."""

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.provider.tokens import claims, dead, grant, introspect, refresh, tokens, userinfo

pytestmark = pytest.mark.rule(
    "RFC 9700", "4.14.2", "refresh tokens rotate, and a replayed one ends its family"
)


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


def replayed(deployment: Deployment) -> list[str]:
    """The alerts on the record."""
    return [row.kind for row in deployment.rows("audit") if row.kind == "grant.refresh_replayed"]


@pytest.mark.sr("SR-034")
@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_every_use_gives_another_token(deployment: Deployment, maria: Browser, method: str) -> None:
    service = deployment.register("any", token_endpoint_auth_method=method)
    seen = [tokens(maria, service)["refresh_token"]]
    for _ in range(4):
        seen.append(refresh(maria, service, seen[-1]).json["refresh_token"])
    assert len(set(seen)) == 5
    assert grant(deployment).generation == 5


@pytest.mark.sr("SR-035")
def test_a_lost_answer_may_be_asked_for_again(deployment: Deployment, maria: Browser, store: Service) -> None:
    first = tokens(maria, store)["refresh_token"]
    answers = [refresh(maria, store, first).json]
    for _ in range(3):
        deployment.clock_file.advance(3)
        answers.append(refresh(maria, store, first).json)
    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert len({claims(answer["access_token"])["jti"] for answer in answers}) == 4
    assert grant(deployment).generation == 2
    assert {userinfo(maria, answer["access_token"]).status_code for answer in answers} == {200}
    assert refresh(maria, store, answers[-1]["refresh_token"]).status_code == 200


@pytest.mark.sr("SR-036")
def test_after_the_window_the_predecessor_ends_the_family(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    first = tokens(maria, store)["refresh_token"]
    second = refresh(maria, store, first).json
    deployment.clock_file.advance(11)
    assert refresh(maria, store, first).json == {"error": "invalid_grant"}
    assert replayed(deployment) == ["grant.refresh_replayed"]
    assert dead(maria, store, second)


@pytest.mark.sr("SR-036")
def test_an_older_token_ends_the_family_inside_the_window_too(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    first = tokens(maria, store)
    second = refresh(maria, store, first["refresh_token"]).json
    third = refresh(maria, store, second["refresh_token"]).json
    assert refresh(maria, store, first["refresh_token"]).json == {"error": "invalid_grant"}
    assert dead(maria, store, third)
    assert userinfo(maria, first["access_token"]).status_code == 401
    row, (alert,) = grant(deployment), [row for row in deployment.rows("audit") if "replayed" in row.kind]
    assert (row.ended_reason, alert.client_id, alert.identity_id) == (
        "refresh_replayed",
        "store",
        row.identity_id,
    )
    assert alert.detail == {"grant": str(row.id), "generation": 3}
    refresh(maria, store, first["refresh_token"])
    assert len(replayed(deployment)) == 1  # one alert, however often it comes


@pytest.mark.sr("SR-036", "SR-058")
def test_only_the_family_ends_and_only_by_its_own_client(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    social = deployment.register("social")
    other, first = tokens(maria, store), tokens(maria, store)["refresh_token"]
    second = refresh(maria, store, first).json
    third = refresh(maria, store, second["refresh_token"]).json
    for stolen in (first, second["refresh_token"], third["refresh_token"]):
        assert refresh(maria, social, stolen).json == {"error": "invalid_grant"}
    assert introspect(maria, store, third["refresh_token"])["active"]
    refresh(maria, store, first)
    assert dead(maria, store, third)
    assert not dead(maria, store, other)


@pytest.mark.rule("RFC 6749", "6", "a refresh may narrow the scope of its own answer, and never widens it")
@pytest.mark.sr("SR-038")
def test_the_scope_may_be_narrowed_for_one_answer(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    given = tokens(maria, store, "openid profile email")
    narrow = refresh(maria, store, given["refresh_token"], scope="email openid email").json
    assert narrow["scope"] == claims(narrow["access_token"])["scope"] == "email openid"
    assert "name" not in userinfo(maria, narrow["access_token"]).json
    bare = refresh(maria, store, narrow["refresh_token"], scope="profile").json
    assert (bare["scope"], "id_token" in bare) == ("profile", False)
    whole = refresh(maria, store, bare["refresh_token"]).json
    assert whole["scope"] == given["scope"]
    assert "id_token" in whole


@pytest.mark.sr("SR-038")
def test_a_wider_scope_is_refused_and_spends_nothing(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    first = tokens(maria, store, "openid profile")["refresh_token"]
    for scope in (
        "openid email",
        "openid profile phone",
        "offline_access",
        "admin",
        " ",
        "OPENID",
        "openid\u00a0profile",
    ):
        answer = refresh(maria, store, first, scope=scope)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope"), scope
    assert grant(deployment).generation == 1
    second = refresh(maria, store, first).json["refresh_token"]
    assert refresh(maria, store, first, scope="openid email").json["error"] == "invalid_scope"  # a retry
    assert refresh(maria, store, second).status_code == 200
    assert refresh(maria, store, first, scope="openid email").json == {"error": "invalid_grant"}  # a replay
    assert grant(deployment).ended_reason == "refresh_replayed"


@pytest.mark.sr("SR-067")
def test_a_scope_that_the_client_has_lost_is_not_renewed(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    given = tokens(maria, store, "openid profile email")
    deployment.change(store, allowed_scopes=["openid", "profile"])
    renewed = refresh(maria, store, given["refresh_token"]).json
    assert renewed["scope"] == claims(renewed["access_token"])["scope"] == "openid profile"
    deployment.change(store, allowed_scopes=["phone"])
    assert refresh(maria, store, renewed["refresh_token"]).json["error"] == "invalid_scope"


@pytest.mark.sr("SR-039")
def test_an_unused_token_ends_and_use_keeps_it(deploy: Deploy) -> None:
    deployment = deploy(lifetimes={"refresh_idle_s": 100, "refresh_absolute_s": 250})
    maria, store = deployment.client(), deployment.register("store")
    deployment.sign_in(maria)
    given = tokens(maria, store, "openid offline_access")
    unused = tokens(maria, store, "openid offline_access")
    for _ in range(2):
        deployment.clock_file.advance(99)
        given = refresh(maria, store, given["refresh_token"]).json
    assert refresh(maria, store, unused["refresh_token"]).json == {"error": "invalid_grant"}
    assert not introspect(maria, store, unused["refresh_token"])["active"]
    end = introspect(maria, store, given["refresh_token"])["exp"]
    deployment.clock_file.advance(53)
    assert introspect(maria, store, given["refresh_token"]) == {"active": False}
    assert refresh(maria, store, given["refresh_token"]).json == {"error": "invalid_grant"}  # 250 s in all
    assert end <= deployment.clock.now() // 1000 + 2


@pytest.mark.sr("SR-035", "SR-039")
def test_a_retry_does_not_outlive_the_end(deploy: Deploy) -> None:
    deployment = deploy(lifetimes={"refresh_absolute_s": 60})
    maria, store = deployment.client(), deployment.register("store")
    deployment.sign_in(maria)
    given = tokens(maria, store, "openid offline_access")
    deployment.clock_file.advance(57)
    assert refresh(maria, store, given["refresh_token"]).status_code == 200
    assert refresh(maria, store, given["refresh_token"]).status_code == 200
    deployment.clock_file.advance(5)
    assert refresh(maria, store, given["refresh_token"]).json == {"error": "invalid_grant"}


@pytest.mark.sr("SR-035")
def test_without_a_window_the_predecessor_is_a_replay(deploy: Deploy) -> None:
    deployment = deploy(lifetimes={"refresh_retry_s": 0})
    maria, store = deployment.client(), deployment.register("store")
    deployment.sign_in(maria)
    given = tokens(maria, store)
    second = refresh(maria, store, given["refresh_token"]).json
    deployment.clock_file.advance(0.01)
    assert refresh(maria, store, given["refresh_token"]).status_code == 400
    assert dead(maria, store, second)


def test_the_token_tells_nothing(deployment: Deployment, maria: Browser, store: Service) -> None:
    text = tokens(maria, store)["refresh_token"]
    row = grant(deployment)
    assert len(text) < 200
    assert "." not in text
    for secret in (row.identity_id, row.id):
        assert str(secret) not in text
    assert text.encode() not in row.secret_hash + repr(row).encode()
