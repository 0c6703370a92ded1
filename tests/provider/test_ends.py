"""When a person, a session, a client or a consent ends, every token that rests on it is refused at once, everywhere."""

import pytest
from pydantic import SecretStr
from werkzeug.test import Client

from app import create_app
from tests.deployment import Browser, Deploy, Deployment, Service, answered
from tests.provider.ends import block, consent, sign_out, unblock, withdraw
from tests.provider.tokens import claims, dead, exchange, post, refresh, revoke, tokens, userinfo

OFFLINE = "openid offline_access"


@pytest.mark.sr("SR-040", "SR-160")
def test_a_blocked_person_has_no_living_token(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    person = deployment.sign_in(browser)
    online, offline = tokens(browser, store), tokens(browser, store, OFFLINE)
    second = deployment.client()
    deployment.sign_in(second)
    elsewhere = tokens(second, store)
    bystander = deployment.client()
    deployment.sign_in(bystander, "2")
    theirs = tokens(bystander, store)
    block(deployment, person)
    assert dead(browser, store, online)
    assert dead(browser, store, offline)
    assert dead(second, store, elsewhere)
    assert "code" not in answered(browser.authorize(store, prompt="none"))
    assert not dead(bystander, store, theirs)
    unblock(deployment, person)
    assert dead(browser, store, online)  # what was ended stays ended
    assert dead(browser, store, offline)


@pytest.mark.sr("SR-040")
@pytest.mark.parametrize("status", ["blocked", "parked", "erased"])
def test_the_status_alone_is_enough(
    deployment: Deployment, browser: Browser, store: Service, status: str
) -> None:
    """Whatever act changed it, and whatever that act forgot to end."""
    person = deployment.sign_in(browser)
    online, offline = tokens(browser, store), tokens(browser, store, OFFLINE)
    retried = refresh(browser, store, offline["refresh_token"]).json
    deployment.set_status(person, status)
    assert refresh(browser, store, offline["refresh_token"]).json == {
        "error": "invalid_grant"
    }  # no retry either
    assert dead(browser, store, online)
    assert dead(browser, store, retried)


@pytest.mark.sr("SR-040")
def test_signing_out_ends_what_was_not_given_for_offline_use(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    online, offline = tokens(browser, store), tokens(browser, store, OFFLINE)
    other = deployment.client()
    deployment.sign_in(other)
    elsewhere = tokens(other, store)
    first = min(deployment.rows("sessions"), key=lambda row: row.id)
    sign_out(deployment, first.id)
    assert dead(browser, store, online)
    assert not dead(browser, store, offline)
    assert not dead(other, store, elsewhere)


@pytest.mark.rule(
    "OIDC Back-Channel Logout", "2.7", "who holds an offline grant of the session is told too, and keeps it"
)
def test_everybody_who_knew_the_session_is_told_once(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    social, merchant = deployment.register("social"), deployment.register("offline")
    given = [
        tokens(browser, store),
        tokens(browser, store),
        tokens(browser, social),
        tokens(browser, merchant, OFFLINE),
    ]
    sign_out(deployment)
    words = {(row.client_id, row.kind, row.body["sub"], row.body["sid"]) for row in deployment.rows("outbox")}
    said = claims(given[0]["id_token"])
    assert words == {
        (client, "session.ended", said["sub"], said["sid"]) for client in ("store", "social", "offline")
    }
    assert len(deployment.rows("outbox")) == 3


@pytest.mark.sr("SR-040", "SR-086")
@pytest.mark.parametrize("end", ["expired", "idle"])
def test_a_session_that_has_run_out_ends_what_rests_on_it(deploy: Deploy, end: str) -> None:
    absolute = 200 if end == "expired" else 1000
    deployment = deploy(
        lifetimes={"session_idle_s": 150 if end == "idle" else 1000, "session_absolute_s": absolute}
    )
    browser, store = deployment.client(), deployment.register("store")
    deployment.sign_in(browser)
    online, offline = tokens(browser, store), tokens(browser, store, OFFLINE)
    deployment.clock_file.advance(140)
    renewed = refresh(browser, store, online["refresh_token"]).json
    assert userinfo(browser, renewed["access_token"]).status_code == 200
    deployment.clock_file.advance(61)
    assert dead(browser, store, renewed)
    assert not dead(browser, store, offline)


@pytest.mark.sr("SR-040", "SR-057")
def test_a_disabled_client_fails_everywhere(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    given, code = tokens(browser, store, OFFLINE), browser.code(store)
    deployment.disable(store)
    deployment.clock_file.advance(2)
    refused = [
        exchange(browser, store, code),
        refresh(browser, store, given["refresh_token"]),
        post(browser, "/token", store, {"grant_type": "client_credentials"}),
        post(browser, "/introspect", store, {"token": given["access_token"]}),
        revoke(browser, store, given["access_token"]),
    ]
    assert [(answer.status_code, answer.json) for answer in refused] == [
        (401, {"error": "invalid_client"})
    ] * 5
    assert userinfo(browser, given["access_token"]).json == {"error": "invalid_token"}
    assert browser.authorize(store).status_code == 400


@pytest.mark.sr("SR-040", "SR-181")
def test_a_withdrawn_consent_ends_everything_of_that_client(
    deployment: Deployment, browser: Browser, store: Service, merchant: Service
) -> None:
    person = deployment.sign_in(browser)
    consent(deployment, person, merchant, "openid profile")
    theirs, ours = tokens(browser, merchant, "openid profile"), tokens(browser, store)
    code = browser.code(merchant, scope="openid profile")
    deployment.clock_file.advance(1)
    assert withdraw(deployment, person, merchant)
    assert dead(browser, merchant, theirs)
    assert exchange(browser, merchant, code).json == {"error": "invalid_grant"}
    assert (
        answered(browser.authorize(merchant, scope="openid profile", prompt="none"))["error"]
        == "consent_required"
    )
    assert not dead(browser, store, ours)
    assert not withdraw(deployment, person, merchant)
    (record,) = [row for row in deployment.rows("audit") if row.kind == "consent.withdrawn"]
    assert (record.client_id, record.detail, record.identity_id) == (
        "merchant",
        {"grants": 1},
        person.identity,
    )
    consent(deployment, person, merchant, "openid profile")
    assert not dead(browser, merchant, tokens(browser, merchant, "openid profile"))


@pytest.mark.sr("SR-050")
def test_a_client_that_may_refresh_no_more(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    given = tokens(browser, store)
    deployment.change(store, grant_types=["authorization_code"])
    assert refresh(browser, store, given["refresh_token"]).json["error"] == "unauthorized_client"
    assert userinfo(browser, given["access_token"]).status_code == 200


@pytest.mark.sr("SR-046")
def test_a_token_whose_place_cannot_be_read_is_inactive(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Once the key that sealed it is gone, nobody knows whether its grant lives, so it does not."""
    deployment.sign_in(browser)
    access = tokens(browser, store)["access_token"]
    keys = deployment.settings.keys.model_copy(update={"seal": SecretStr(f"9:{'A' * 43}")})
    app = create_app(deployment.settings.model_copy(update={"keys": keys}))
    other = Client(app)
    told = other.post("/introspect", data={"token": access}, headers={"Authorization": store.basic})
    asked = other.get("/userinfo", headers={"Authorization": f"Bearer {access}"})
    assert (told.json, asked.json) == ({"active": False}, {"error": "invalid_token"})
    assert (
        other.post("/revoke", data={"token": access}, headers={"Authorization": store.basic}).status_code
        == 200
    )
    app.extensions["mostid_storage"].close()
    assert not dead(browser, store, tokens(browser, store))
