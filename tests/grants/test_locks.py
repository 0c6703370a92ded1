"""Nothing is issued while its person or session is half-way to an end: the issuing statement waits, and then refuses."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Waiting

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.identity.tables import identities
from app.sessions.tables import sessions
from tests.deployment import Browser, Deploy, Deployment, Service
from tests.provider.tokens import exchange, refresh, tokens

pytestmark = pytest.mark.parametrize("storage_url", ["postgresql"], indirect=True)
ENDS = {
    "session": update(sessions).values(ended_at=1),
    "person": update(identities).values(status="blocked"),
}


@pytest.fixture
def deployment(deploy: Deploy, storage_url: str) -> Deployment:
    """A deployment on PostgreSQL: on SQLite writers stand in line anyway."""
    return deploy(database_url=storage_url)


@pytest.mark.sr("SR-040", "SR-087")
@pytest.mark.parametrize("act", ["exchange", "refresh", "retry"])
@pytest.mark.parametrize("end", ENDS)
def test_who_issues_waits_for_who_ends(
    deployment: Deployment, browser: Browser, store: Service, end: str, act: str
) -> None:
    deployment.sign_in(browser)
    first = tokens(browser, store)["refresh_token"]
    code = browser.code(store)
    if act == "retry":
        refresh(browser, store, first)
    issue: Callable[[], TestResponse] = (
        (lambda: exchange(browser, store, code))
        if act == "exchange"
        else (lambda: refresh(browser, store, first))
    )
    with ThreadPoolExecutor(1) as pool:
        with deployment.storage.transaction(write=True) as tx:
            tx.execute(ENDS[end])
            answer = pool.submit(issue)
            with pytest.raises(Waiting):
                answer.result(timeout=0.3)
        assert answer.result(timeout=20).json == {"error": "invalid_grant"}


def test_who_issues_does_not_wait_for_another(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Many services renew for one person at once: they share the rows."""
    deployment.sign_in(browser)
    first, second = (tokens(browser, store)["refresh_token"] for _ in range(2))
    with deployment.storage.transaction(write=True) as tx:
        tx.execute(identities.select().with_for_update(read=True))
        tx.execute(sessions.select().with_for_update(read=True))
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda token: refresh(browser, store, token), (first, second)))
    assert [answer.status_code for answer in answers] == [200, 200]
