"""Tokens, codes and secrets reach their client and nobody else: no log, metric, error or page shows one."""

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.storage.clock import Clock
from app.web.logs import JsonFormatter
from tests.deployment import Browser, Deployment, Service
from tests.provider.tokens import exchange, post, refresh, revoke, tokens, userinfo


@pytest.fixture
def log(deployment: Deployment) -> Iterator[io.StringIO]:
    """All that is logged by anybody, at the finest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(Clock()))
    loggers = (logging.getLogger(), logging.getLogger("mostid"))
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.mark.sr("SR-041", "SR-134", "SR-157")
@pytest.mark.parametrize("form", ["jwt", "opaque"])
def test_no_token_is_seen_outside_its_answer(
    deployment: Deployment, browser: Browser, form: str, log: io.StringIO
) -> None:
    store = deployment.register("store", access_token_format=form)
    deployment.sign_in(browser)
    code = browser.code(store)
    given = exchange(browser, store, code).json
    renewed = refresh(browser, store, given["refresh_token"]).json
    canaries = [
        code, store.verifier, store.secret or "", store.basic, browser.cookie("sid") or "", browser.cookie("browser") or "",
        *(answer[kind] for answer in (given, renewed) for kind in ("access_token", "refresh_token", "id_token")),
    ]  # fmt: skip
    outside = [
        exchange(browser, store, code, code_verifier="x" * 43),
        exchange(browser, store, code, redirect_uri=code),
        exchange(browser, store, code),
        refresh(browser, store, given["refresh_token"], scope=given["access_token"]),
        refresh(browser, store, given["refresh_token"] + "x"),
        post(browser, "/token", store, {"grant_type": given["refresh_token"]}),
        browser.get(f"/token?code={code}"),
        browser.post(f"/token?refresh_token={given['refresh_token']}"),
        browser.get(f"/userinfo?access_token={given['access_token']}"),
        browser.get(f"/nowhere/{code}"),
        userinfo(browser, given["access_token"]),
        post(browser, "/introspect", store, {"token": given["refresh_token"]}),
        revoke(browser, store, given["access_token"]),
    ]
    break_grants(deployment)
    outside.append(refresh(browser, store, tokens(browser, store)["refresh_token"]))
    assert outside[-1].status_code == 500
    seen = "\n".join([log.getvalue(), *(answer.text + str(answer.headers) for answer in outside)])
    assert "unexpected" in log.getvalue()  # the log was listened to
    assert [canary for canary in canaries if canary in seen] == []


@pytest.mark.sr("SR-041", "SR-184")
def test_a_failing_statement_is_logged_without_its_values(
    deployment: Deployment, browser: Browser, store: Service, log: io.StringIO
) -> None:
    deployment.sign_in(browser)
    given = tokens(browser, store)
    (row,) = deployment.rows("grants")
    break_grants(deployment)
    assert refresh(browser, store, given["refresh_token"]).status_code == 500
    written = log.getvalue()
    assert "UPDATE grants" in written
    for value in (row.identity_id.hex, row.secret_hash.hex(), row.sub, repr(row.secret_hash)[2:12]):
        assert value not in written


def break_grants(deployment: Deployment) -> None:
    """From now on no grant can be renewed, for a reason that nobody has thought of."""
    broken = "CREATE TRIGGER broken BEFORE UPDATE ON grants BEGIN SELECT RAISE(ABORT, 'broken'); END"
    deployment.storage.run(lambda tx: tx.execute(text(broken)), write=True)
