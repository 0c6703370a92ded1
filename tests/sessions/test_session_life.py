"""Sessions as services and browsers meet them: through the authorization endpoint, over processes, on each database."""

import sqlite3

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service, answered

DAY = 86_400


def is_in(browser: Browser, service: Service) -> bool:
    return "code" in answered(browser.authorize(service, prompt="none"))


def twin(browser: Browser, deployment: Deployment) -> Browser:
    """The same browser at another process."""
    other = deployment.client()
    for kind in ("browser", "sid"):
        other.put_cookie(kind, browser.cookie(kind) or "")
    return other


def test_authorize_with_a_session_costs_two_statements(storage_url: str, deploy: Deploy) -> None:
    deployment = deploy(database_url=storage_url)
    store, browser = deployment.register(), deployment.client()
    deployment.sign_in(browser)
    browser.code(store)
    for changed in ({}, {"prompt": "none"}, {"max_age": "1000"}, {"acr_values": "urn:mostid:acr:1"}):
        with deployment.statements() as seen:
            browser.code(store, **changed)
        assert len([statement for statement in seen if "FROM versions" not in statement]) == 2, seen
    with deployment.statements() as seen:
        browser.authorize(store, prompt="login")
        deployment.client().authorize(store)
        deployment.client().authorize(store, prompt="none")
    assert not [statement for statement in seen if not statement.startswith("SELECT")]


@pytest.mark.sr("SR-087")
def test_an_ended_session_is_over_in_every_process(storage_url: str, deploy: Deploy) -> None:
    first, second = deploy(database_url=storage_url), deploy(database_url=storage_url)
    store, browser = first.register(), first.client()
    first.sign_in(browser)
    elsewhere = twin(browser, second)
    assert is_in(elsewhere, store)
    page = browser.get("/logout")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    browser.post("/logout", data={"csrf_token": token, "decision": "allow"})
    assert not is_in(elsewhere, store)


@pytest.mark.sr("SR-086")
def test_a_cookie_from_before_counts_for_nothing(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    for life in (14 * DAY, 30 * DAY):
        deployment.sign_in(browser)
        assert is_in(browser, store)
        deployment.clock_file.advance(life + 1)
        assert not is_in(browser, store)
        assert browser.authorize(store).location.startswith("/signin")


@pytest.mark.sr("SR-086")
def test_use_for_services_keeps_a_session(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    for _ in range(3):
        deployment.clock_file.advance(9 * DAY)
        assert is_in(browser, store)
    deployment.clock_file.advance(4 * DAY)
    assert not is_in(browser, store)


@pytest.mark.sr("SR-018", "SR-086")
def test_a_question_that_gives_no_code_is_no_use(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    deployment.clock_file.advance(9 * DAY)
    before = deployment.rows("sessions")
    assert answered(browser.authorize(store, prompt="none", max_age="5"))["error"] == "login_required"
    assert browser.authorize(store, prompt="login").location.startswith("/signin")
    assert deployment.rows("sessions") == before
    assert is_in(browser, store)
    assert deployment.rows("sessions") != before


@pytest.mark.soak
def test_where_use_cannot_be_written_down_the_code_is_given(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Somebody holds the database's write lock for longer than anybody waits."""
    deployment.sign_in(browser)
    deployment.clock_file.advance(9 * DAY)
    before = deployment.rows("sessions")
    with sqlite3.connect(deployment.settings.data_dir / "mostid.db") as other:
        other.execute("BEGIN IMMEDIATE")
        assert is_in(browser, store)
        other.rollback()
    assert deployment.rows("sessions") == before


@pytest.mark.sr("SR-015", "SR-082")
def test_a_code_of_the_former_generation_is_of_its_own_assurance(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    old = twin(browser, deployment)
    deployment.clock_file.advance(5)
    waiting = browser.authorize(store, prompt="login").location.replace("/signin", "/authorize", 1)
    deployment.sign_in(browser)
    assert "code" in answered(browser.get(waiting))
    assert old.get(waiting).location.startswith("/signin")  # its proof is the one from before
    assert is_in(old, store)
    deployment.clock_file.advance(31)
    assert not is_in(old, store)
