"""Many requests at one moment, at four workers: a code works once, a family has one living leaf, nothing fails."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployment import Service
from tests.provider.ends import block, sign_out
from tests.provider.tokens import claims
from tests.races.outcomes import AT_ONCE, BAD_GRANT, dead, given, somebody, tally
from tests.races.served import Served, signed_in
from tests.support.volley import fire, request

OFFLINE = "openid offline_access"
pytestmark = pytest.mark.timeout(300)


def alerts(served: Served, token: str) -> int:
    """How many alerts stand for the grant of this access token, by its person."""
    sub = claims(token)["sub"]
    (grant,) = [row for row in served.deployment.rows("grants") if row.sub == sub]
    audit = served.deployment.rows("audit")
    return len([row for row in audit if row.identity_id == grant.identity_id and "replayed" in row.kind])


@pytest.mark.sr("SR-026", "SR-194")
@pytest.mark.parametrize("times", AT_ONCE)
def test_a_code_redeemed_by_many_works_once_and_leaves_nothing(
    served: Served, store: Service, times: int
) -> None:
    code = signed_in(served, somebody()).code(store, scope=OFFLINE)
    replies = fire(served.port, [served.redemption(store, code)] * times)
    assert tally(replies) == {200: 1, BAD_GRANT: times - 1}
    (winner,) = [reply.json for reply in replies if reply.status == 200]
    assert dead(served, store, winner)
    assert alerts(served, winner["access_token"]) == 1


@pytest.mark.sr("SR-026", "SR-028")
def test_who_has_not_the_verifier_changes_nothing(served: Served, store: Service) -> None:
    code = signed_in(served, somebody()).code(store)
    thefts = [served.redemption(store, code, code_verifier="t" * 43)] * 25
    replies = fire(served.port, [*thefts, served.redemption(store, code), *thefts])
    assert tally(replies) == {200: 1, BAD_GRANT: 50}
    winner = replies[25].json
    assert not dead(served, store, winner)
    replies = fire(served.port, thefts)
    assert tally(replies) == {BAD_GRANT: 25}
    assert served.alive(store, winner["access_token"])
    assert served.send(served.redemption(store, code)).status == 400
    assert dead(served, store, winner)


@pytest.mark.sr("SR-035", "SR-037")
@pytest.mark.parametrize("times", AT_ONCE)
def test_a_token_used_by_many_has_one_successor(served: Served, store: Service, times: int) -> None:
    first = given(served, store)
    for _ in range(3):
        replies = fire(served.port, [served.renewal(store, first["refresh_token"])] * times)
        assert tally(replies) == {200: times}
        successors = {reply.json["refresh_token"] for reply in replies}
        assert len(successors) == 1
        assert len({claims(reply.json["access_token"])["jti"] for reply in replies}) == times
        assert not served.alive(store, first["refresh_token"])
        first = replies[0].json
    assert not dead(served, store, first)


@pytest.mark.sr("SR-036", "SR-037")
def test_an_old_token_among_many_good_ones_ends_the_family(served: Served, store: Service) -> None:
    first = given(served, store)
    second = served.send(served.renewal(store, first["refresh_token"])).json
    third = served.send(served.renewal(store, second["refresh_token"])).json
    old, good = (served.renewal(store, answer["refresh_token"]) for answer in (first, third))
    replies = fire(served.port, [good, old] * 25)
    assert set(tally(replies)) <= {200, BAD_GRANT}
    assert {reply.status for reply in replies[1::2]} == {400}
    renewed = [reply.json for reply in replies if reply.status == 200]
    assert len({answer["refresh_token"] for answer in renewed}) <= 1
    assert dead(served, store, third)
    assert [answer for answer in renewed if served.alive(store, answer["access_token"])] == []
    assert alerts(served, first["access_token"]) == 1


@pytest.mark.sr("SR-040", "SR-087", "SR-160")
@pytest.mark.parametrize("end", ["sign out", "block"])
def test_no_token_is_born_while_its_session_or_person_ends(served: Served, store: Service, end: str) -> None:
    scope = OFFLINE if end == "block" else "openid"
    browser = served.deployment.client()
    person = served.deployment.sign_in(browser, somebody())
    replies = [served.send(served.redemption(store, browser.code(store, scope=scope))) for _ in range(20)]
    codes = [browser.code(store, scope=scope) for _ in range(20)]
    volley = [served.renewal(store, reply.json["refresh_token"]) for reply in replies]
    volley += [served.redemption(store, code) for code in codes]
    (session,) = [row.id for row in served.deployment.rows("sessions") if row.identity_id == person.identity]
    with ThreadPoolExecutor(1) as pool:
        fired = pool.submit(fire, served.port, volley)
        if end == "block":
            block(served.deployment, person)
        else:
            sign_out(served.deployment, session)
        outcome = tally(fired.result())
    assert set(outcome) <= {200, BAD_GRANT}
    rows = [row for row in served.deployment.rows("grants") if row.identity_id == person.identity]
    assert [row for row in rows if row.ended_at is None] == []
    born = [reply.json["access_token"] for reply in fired.result() if reply.status == 200]
    assert [token for token in born if served.alive(store, token)] == []


@pytest.mark.sr("SR-076", "SR-187")
def test_a_sector_that_meets_somebody_many_times_at_once_knows_one_subject(
    served: Served, store: Service
) -> None:
    browser = signed_in(served, somebody())
    codes = [browser.code(store) for _ in range(20)]
    replies = fire(served.port, [served.redemption(store, code) for code in codes])
    assert tally(replies) == {200: 20}
    assert len({claims(reply.json["id_token"])["sub"] for reply in replies}) == 1


def test_every_endpoint_at_once(served: Served, store: Service) -> None:
    """A worker that is busy with one kind of request answers the others."""
    answer = given(served, store)
    access = answer["access_token"]
    mixed = [
        request("GET", "/userinfo", authorization=f"Bearer {access}"),
        request("POST", "/introspect", {"token": access}, authorization=store.basic),
        request("GET", "/jwks.json"),
        request("GET", "/.well-known/openid-configuration"),
        request("GET", "/health/live"),
        served.renewal(store, answer["refresh_token"]),
    ]
    assert tally(fire(served.port, mixed * 15)) == {200: 90}
