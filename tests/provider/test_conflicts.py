"""A transaction that lost a conflict runs once more; then the client is told to come back, and nothing has changed."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.provider.tokens import exchange, grant, refresh

CONFLICTS = """
    CREATE FUNCTION conflict() RETURNS trigger AS $$ BEGIN
        IF nextval('conflicts') <= {times} THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '{state}'; END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql"""

Conflict = Callable[[int, str], None]
pytestmark = pytest.mark.parametrize("storage_url", ["postgresql"], indirect=True)


@pytest.fixture
def deployment(deploy: Deploy, storage_url: str) -> Deployment:
    """A deployment on PostgreSQL."""
    return deploy(database_url=storage_url)


@pytest.fixture
def conflict(deployment: Deployment) -> Conflict:
    """Have the next so many writes of grants lose a conflict. A sequence counts them: it survives what is rolled back."""

    def prepare(times: int, state: str) -> None:
        statements = (
            "DROP TRIGGER IF EXISTS conflict ON grants",
            "DROP FUNCTION IF EXISTS conflict",
            "DROP SEQUENCE IF EXISTS conflicts",
            "CREATE SEQUENCE conflicts",
            CONFLICTS.format(times=times, state=state),
            "CREATE TRIGGER conflict BEFORE INSERT OR UPDATE ON grants FOR EACH ROW EXECUTE FUNCTION conflict()",
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
