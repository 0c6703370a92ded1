"""A code is redeemed once, by whom and with what it was made for; a wrong attempt changes nothing."""

import pytest
from sqlalchemy import update

from app.grants.tables import grants
from app.sessions.tables import sessions
from tests.deployment import Browser, Deployment, Service
from tests.provider.ends import sign_out
from tests.provider.tokens import claims, dead, exchange, grant, refresh, tokens

pytestmark = pytest.mark.rule("RFC 6749", "4.1.3", "a code is bound to its client, redirect URI and verifier")


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


@pytest.mark.sr("SR-026", "SR-027", "SR-028")
def test_a_wrong_attempt_changes_nothing(deployment: Deployment, maria: Browser, store: Service) -> None:
    """A thief who has the code but not everything that belongs to it cannot even spoil it."""
    social = deployment.register("social")
    code = maria.code(store)
    attempts = {
        "another client": exchange(maria, social, code, code_verifier=store.verifier),
        "another address": exchange(maria, store, code, redirect_uri="http://localhost:8200/callback2"),
        "address with a slash": exchange(maria, store, code, redirect_uri=store.redirect_uri + "/"),
        "address in capitals": exchange(maria, store, code, redirect_uri=store.redirect_uri.upper()),
        "no verifier": exchange(maria, store, code, code_verifier=None),
        "another verifier": exchange(maria, store, code, code_verifier="a" * 43),
        "the challenge itself": exchange(maria, store, code, code_verifier=store.challenge),
        "short verifier": exchange(maria, store, code, code_verifier=store.verifier[:42]),
        "long verifier": exchange(maria, store, code, code_verifier=store.verifier * 4),
        "verifier in capitals": exchange(maria, store, code, code_verifier=store.verifier.swapcase()),
        "foreign signs": exchange(maria, store, code, code_verifier="é" * 43),
        "cut code": exchange(maria, store, code[:-1]),
        "longer code": exchange(maria, store, code + "A"),
        "changed code": exchange(maria, store, code[:-5] + ("A" if code[-5] != "A" else "B") + code[-4:]),
    }
    assert {name for name, answer in attempts.items() if answer.json != {"error": "invalid_grant"}} == set()
    assert deployment.rows("grants") == []
    given = exchange(maria, store, code)
    assert given.status_code == 200
    for answer in (
        exchange(maria, social, code, code_verifier=store.verifier),
        exchange(maria, store, code, code_verifier="a" * 43),
    ):
        assert answer.json == {"error": "invalid_grant"}
    assert not dead(maria, store, given.json)


@pytest.mark.rule("RFC 6749", "4.1.2", "a code that comes twice is refused, and ends what the first one gave")
@pytest.mark.sr("SR-026")
@pytest.mark.parametrize("later", [0, 30])
def test_a_second_use_ends_the_grant(
    deployment: Deployment, maria: Browser, store: Service, later: int
) -> None:
    code = maria.code(store, scope="openid offline_access")
    given = exchange(maria, store, code).json
    renewed = refresh(maria, store, given["refresh_token"]).json
    deployment.clock_file.advance(later)
    answer = exchange(maria, store, code)
    assert (answer.status_code, answer.json) == (400, {"error": "invalid_grant"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert dead(maria, store, renewed)
    assert grant(deployment).ended_reason == "code_replayed"
    exchange(maria, store, code)
    kinds = [row.kind for row in deployment.rows("audit") if row.kind.startswith("grant.")]
    assert kinds == ["grant.code_replayed"]  # once, however often it comes
    other = tokens(maria, store)
    assert not dead(maria, store, other)


@pytest.mark.sr("SR-026")
def test_a_second_use_ends_an_offline_grant_whose_session_is_over(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    code = maria.code(store, scope="openid offline_access")
    given = exchange(maria, store, code).json
    sign_out(deployment)
    assert exchange(maria, store, code).json == {"error": "invalid_grant"}
    assert dead(maria, store, given)


@pytest.mark.sr("SR-023")
def test_a_code_lives_a_minute(deployment: Deployment, maria: Browser, store: Service) -> None:
    first, second = maria.code(store), maria.code(store)
    deployment.clock_file.advance(58)
    assert exchange(maria, store, first).status_code == 200
    deployment.clock_file.advance(3)
    assert exchange(maria, store, second).json == {"error": "invalid_grant"}


@pytest.mark.sr("SR-199")
def test_a_code_from_a_clock_that_is_ahead_is_taken(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    """Codes are made by one machine and redeemed at another."""
    near = maria.code(store)
    deployment.clock_file.advance(-5)
    assert exchange(maria, store, near).status_code == 200
    far = maria.code(store)
    deployment.clock_file.advance(-15)
    assert exchange(maria, store, far).json == {"error": "invalid_grant"}


@pytest.mark.rule("RFC 7636", "4.6", "without a challenge there is no verifier, with one there must be one")
@pytest.mark.sr("SR-028")
def test_a_client_without_pkce(deployment: Deployment, maria: Browser) -> None:
    lax = deployment.register("lax", require_pkce=False)
    none = {"code_challenge": None, "code_challenge_method": None}
    assert exchange(maria, lax, maria.code(lax, **none), code_verifier=None).status_code == 200
    assert exchange(maria, lax, maria.code(lax, **none)).json == {"error": "invalid_grant"}
    assert exchange(maria, lax, maria.code(lax), code_verifier=None).json == {"error": "invalid_grant"}
    assert exchange(maria, lax, maria.code(lax)).status_code == 200


@pytest.mark.sr("SR-027", "SR-040")
@pytest.mark.parametrize("end", ["signed out", "blocked", "parked", "erased", "expired", "idle"])
def test_a_code_dies_with_its_session_and_its_person(
    deployment: Deployment, browser: Browser, store: Service, end: str
) -> None:
    person = deployment.sign_in(browser)
    code, long_ago = browser.code(store), deployment.clock.now() - 15 * 86_400_000
    if end == "signed out":
        sign_out(deployment)
    elif end in {"expired", "idle"}:
        aged = update(sessions).values({"expires_at" if end == "expired" else "seen_at": long_ago})
        deployment.storage.run(lambda tx: tx.execute(aged), write=True)
    else:
        deployment.set_status(person, end)
    assert exchange(browser, store, code).json == {"error": "invalid_grant"}
    assert deployment.rows("grants") == []


def test_merged_people_are_served(deployment: Deployment, browser: Browser, store: Service) -> None:
    """After a merge the joined identity keeps its grants and codes."""
    person = deployment.sign_in(browser)
    code = browser.code(store)
    deployment.set_status(person, "merged")
    assert not dead(browser, store, exchange(browser, store, code).json)


def test_without_the_grant_type_no_refresh_token_is_given(deployment: Deployment, maria: Browser) -> None:
    reader = deployment.register("reader", grant_types=["authorization_code"])
    assert "refresh_token" not in tokens(maria, reader)


@pytest.mark.sr("SR-076")
def test_a_sector_learns_its_subject_once(deployment: Deployment, maria: Browser, store: Service) -> None:
    social = deployment.register("social")
    subs = [claims(tokens(maria, service)["id_token"])["sub"] for service in (store, social, store)]
    assert len(set(subs)) == 1
    assert len(deployment.rows("subjects")) == 1


def test_a_grant_that_housekeeping_took_does_not_free_its_code(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    """Rows of grants go days after their codes have expired."""
    code = maria.code(store)
    exchange(maria, store, code)
    deployment.clock_file.advance(61)
    deployment.storage.run(lambda tx: tx.execute(grants.delete()), write=True)
    assert exchange(maria, store, code).json == {"error": "invalid_grant"}


def test_the_record_of_a_grant(deployment: Deployment, maria: Browser, store: Service) -> None:
    tokens(maria, store, "openid offline_access")
    row, (session,) = grant(deployment), deployment.rows("sessions")
    assert (row.client_id, row.scope, row.offline) == ("store", "openid offline_access", True)
    assert (row.session_id, row.link_id, row.generation) == (session.id, session.link_id, 1)
