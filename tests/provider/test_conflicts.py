"""A transaction that lost a conflict runs once more; then the client is told to come back, and nothing has changed."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.protocol.rfc8628.conftest import approval, decide, poll, started, tv
from tests.provider.tokens import exchange, grant, refresh

__all__ = ["tv"]

CONFLICTS = """
    CREATE FUNCTION conflict() RETURNS trigger AS $$ BEGIN
        IF nextval('conflicts') <= {times} THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '{state}'; END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql"""

Conflict = Callable[..., None]
pytestmark = pytest.mark.parametrize("storage_url", ["postgresql"], indirect=True)


@pytest.fixture
def deployment(deploy: Deploy, storage_url: str) -> Deployment:
    """A deployment on PostgreSQL."""
    return deploy(database_url=storage_url)


@pytest.fixture
def conflict(deployment: Deployment) -> Conflict:
    """Have the next so many writes of a table lose a conflict. A sequence counts them: it survives what is rolled back."""

    def prepare(times: int, state: str, table: str = "grants") -> None:
        statements = (
            f"DROP TRIGGER IF EXISTS conflict ON {table}",
            "DROP FUNCTION IF EXISTS conflict",
            "DROP SEQUENCE IF EXISTS conflicts",
            "CREATE SEQUENCE conflicts",
            CONFLICTS.format(times=times, state=state),
            f"CREATE TRIGGER conflict BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION conflict()",
        )
        for statement in statements:
            deployment.storage.run(lambda tx, one=statement: tx.execute(text(one)), write=True)

    return prepare


@pytest.mark.sr("SR-193", "SR-196")
@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_conflict_is_tried_once_more_and_then_refused(
    deployment: Deployment, browser: Browser, store: Service, conflict: Conflict, state: str
) -> None:
    deployment.sign_in(browser)
    code = browser.code(store)
    conflict(1, state)
    given = exchange(browser, store, code).json
    conflict(1, state)
    renewed = refresh(browser, store, given["refresh_token"]).json
    assert grant(deployment).generation == 2
    conflict(2, state)
    answer = refresh(browser, store, renewed["refresh_token"])
    assert (answer.status_code, answer.json) == (503, {"error": "temporarily_unavailable"})
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert grant(deployment).generation == 2
    assert refresh(browser, store, renewed["refresh_token"]).status_code == 200
    second = browser.code(store)
    conflict(2, state)
    assert exchange(browser, store, second).status_code == 503
    assert exchange(browser, store, second).status_code == 200  # the code was not spent


@pytest.mark.rule("RFC 8628", "3.5", "our own second try is no second poll of the device")
def test_a_device_does_not_wait_for_our_conflict(
    deployment: Deployment, browser: Browser, tv: Service, conflict: Conflict
) -> None:
    deployment.sign_in(browser)
    codes = started(browser, tv)
    assert decide(browser, codes["user_code"]).status_code == 200
    conflict(1, "40001")
    answer = poll(browser, tv, codes["device_code"])
    assert answer.status_code == 200, answer.text
    assert poll(browser, tv, codes["device_code"]).json == {"error": "slow_down"}


@pytest.mark.sr("SR-048", "SR-193")
def test_a_yes_that_could_not_be_written_down_may_be_said_again(
    deployment: Deployment, browser: Browser, tv: Service, conflict: Conflict
) -> None:
    deployment.sign_in(browser)
    codes = started(browser, tv)
    form = approval(browser, codes["user_code"])
    conflict(2, "40001", "audit")
    assert browser.post("/device", data=form.filled(decision="allow")).status_code == 503
    assert poll(browser, tv, codes["device_code"]).json == {"error": "authorization_pending"}
    assert browser.post("/device", data=form.filled(decision="allow")).status_code == 200
    assert [row.kind for row in deployment.rows("audit")].count("device.approved") == 1
    deployment.clock_file.advance(6)
    assert poll(browser, tv, codes["device_code"]).status_code == 200
