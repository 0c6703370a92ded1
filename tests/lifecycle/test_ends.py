"""Signing out and blocking are whole acts: rows, record and word in one transaction, once."""

import pytest

from app.identity.tables import identities
from app.lifecycle.block import block, unblock
from app.lifecycle.sign_out import sign_out
from tests.deployment import Browser, Deployment, Person, Service
from tests.provider.tokens import claims, tokens


def kinds(deployment: Deployment) -> list[str]:
    """What is on the record of sessions and identities, apart from their beginning."""
    return [
        row.kind
        for row in deployment.rows("audit")
        if row.kind.split(".")[1] in {"ended", "blocked", "unblocked"}
    ]


def blocked(deployment: Deployment, person: Person) -> object:
    now = deployment.clock.now()
    return deployment.storage.run(
        lambda tx: block(tx, deployment.sessions, person.identity, now, actor="anna", reason="fraud"),
        write=True,
    )


@pytest.mark.sr("SR-155", "SR-160", "SR-161")
def test_blocking_ends_everything_once_and_tells_every_service(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    person = deployment.sign_in(browser)
    social = deployment.register("social")
    given = [tokens(browser, store), tokens(browser, store), tokens(browser, social, "openid offline_access")]
    second = deployment.client()
    deployment.sign_in(second)
    given.append(tokens(second, store))
    assert blocked(deployment, person)
    assert {row.ended_reason for table in ("sessions", "grants") for row in deployment.rows(table)} == {
        "blocked"
    }
    words = [(row.client_id, row.body["sub"], row.body["sid"]) for row in deployment.rows("outbox")]
    said = [claims(answer["access_token"]) for answer in given]
    assert sorted(words) == sorted({(one["client_id"], one["sub"], one["sid"]) for one in said})
    (record,) = [row for row in deployment.rows("audit") if row.kind == "identity.blocked"]
    assert (record.actor, record.identity_id) == ("anna", person.identity)
    assert record.detail == {"reason": "fraud", "sessions": 2, "grants": 4}
    assert not blocked(deployment, person)
    assert len(deployment.rows("outbox")) == len(words)
    assert kinds(deployment) == ["identity.blocked"]


def test_only_who_is_active_is_blocked_and_only_who_is_blocked_unblocked(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    person = deployment.sign_in(browser)

    def unblocked() -> bool:
        now = deployment.clock.now()
        return deployment.storage.run(
            lambda tx: unblock(tx, person.identity, now, actor="anna", reason="mistake"), write=True
        )

    assert not unblocked()
    for status in ("parked", "merged", "erased"):
        deployment.set_status(person, status)
        assert not blocked(deployment, person)
        assert not unblocked()
        assert [row.status for row in deployment.rows("identities")] == [status]
    deployment.set_status(person, "active")
    assert blocked(deployment, person)
    assert unblocked()
    assert kinds(deployment) == ["identity.blocked", "identity.unblocked"]
    (row,) = deployment.rows(identities.name)
    assert row.status == "active"


@pytest.mark.sr("SR-092", "SR-161")
def test_signing_out_is_once(deployment: Deployment, browser: Browser, store: Service) -> None:
    person = deployment.sign_in(browser)
    tokens(browser, store)
    (session,) = deployment.rows("sessions")

    def out() -> bool:
        now = deployment.clock.now()
        return deployment.storage.run(
            lambda tx: sign_out(tx, deployment.sessions, person.identity, session.id, now, "signed_out"),
            write=True,
        )

    assert out()
    assert not out()
    assert kinds(deployment) == ["session.ended"]
    assert [row.kind for row in deployment.rows("outbox")] == ["session.ended"]
    assert [row.ended_reason for row in deployment.rows("grants")] == ["signed_out"]
