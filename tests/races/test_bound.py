"""Codes and refresh tokens that are bound to a key, and a person who leaves: many requests at one moment."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.deployment import Service
from tests.provider.proofs import Holder
from tests.provider.tokens import claims
from tests.races.outcomes import AT_ONCE, BAD_GRANT, cookies, dead, somebody, tally
from tests.races.served import Served, signed_in
from tests.support.volley import Reply, fire, request

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def app(served: Served) -> Service:
    """A public client, whose tokens stay with one key."""
    return served.deployment.register("app", token_endpoint_auth_method="none")


@pytest.fixture
def holder(served: Served) -> Holder:
    """Its key."""
    return Holder(served.deployment.clock)


def exchange(service: Service, holder: Holder, code: str) -> bytes:
    """A request that redeems a code, with a proof of its own."""
    form = {
        "grant_type": "authorization_code",
        "client_id": service.client_id,
        "code": code,
        "redirect_uri": service.redirect_uri,
        "code_verifier": service.verifier,
    }
    return request("POST", "/token", form, dpop=holder.proof())


def renewal(service: Service, holder: Holder, token: str) -> bytes:
    """A request that uses a refresh token, with a proof of its own."""
    form = {"grant_type": "refresh_token", "client_id": service.client_id, "refresh_token": token}
    return request("POST", "/token", form, dpop=holder.proof())


def works(served: Served, holder: Holder, answer: dict[str, str]) -> bool:
    """Whether userinfo takes the access token."""
    access = answer["access_token"]
    asked = request("GET", "/userinfo", authorization=f"DPoP {access}", dpop=holder.bound(access))
    return served.send(asked).status == 200


@pytest.mark.sr("SR-026", "SR-044")
@pytest.mark.parametrize("times", AT_ONCE)
def test_a_bound_code_works_once_and_leaves_nothing(
    served: Served, app: Service, holder: Holder, times: int
) -> None:
    code = signed_in(served, somebody()).code(app, dpop_jkt=holder.jkt)
    thief = Holder(served.deployment.clock)
    stolen = fire(served.port, [exchange(app, thief, code) for _ in range(10)])
    assert tally(stolen) == {BAD_GRANT: 10}
    replies = fire(served.port, [exchange(app, holder, code) for _ in range(times)])
    assert tally(replies) == {200: 1, BAD_GRANT: times - 1}
    (winner,) = [reply.json for reply in replies if reply.status == 200]
    assert not works(served, holder, winner)
    assert tally([served.send(renewal(app, holder, winner["refresh_token"]))]) == {BAD_GRANT: 1}


@pytest.mark.sr("SR-035", "SR-037", "SR-044")
@pytest.mark.parametrize("times", AT_ONCE)
def test_a_bound_token_used_by_many_has_one_successor(
    served: Served, app: Service, holder: Holder, times: int
) -> None:
    code = signed_in(served, somebody()).code(app)
    first = served.send(exchange(app, holder, code)).json
    thief = Holder(served.deployment.clock)
    mixed = [renewal(app, one, first["refresh_token"]) for _ in range(times) for one in (holder, thief)]
    replies = fire(served.port, mixed)
    assert tally(replies[1::2]) == {BAD_GRANT: times}
    assert tally(replies[::2]) == {200: times}
    assert len({reply.json["refresh_token"] for reply in replies[::2]}) == 1
    assert {claims(reply.json["access_token"])["cnf"]["jkt"] for reply in replies[::2]} == {holder.jkt}
    row = row_of(served, replies[0])
    assert (row.generation, row.ended_at, row.cnf) == (2, None, f"jkt:{holder.jkt}")
    assert works(served, holder, replies[0].json)
    assert tally([served.send(renewal(app, holder, replies[0].json["refresh_token"]))]) == {200: 1}


def row_of(served: Served, reply: Reply) -> Any:
    """The one grant of the person in this answer."""
    sub = claims(reply.json["access_token"])["sub"]
    (row,) = [row for row in served.deployment.rows("grants") if row.sub == sub]
    return row


@pytest.mark.sr("SR-040", "SR-160")
def test_who_signs_out_while_services_refresh_is_out(served: Served, store: Service) -> None:
    browser = signed_in(served, somebody())
    answers = [served.send(served.redemption(store, browser.code(store))).json for _ in range(25)]
    codes = [browser.code(store) for _ in range(10)]
    leave = request(
        "GET", f"/logout?{urlencode({'id_token_hint': answers[0]['id_token']})}", cookie=cookies(browser)
    )
    renewals = [served.renewal(store, answer["refresh_token"]) for answer in answers]
    redemptions = [served.redemption(store, code) for code in codes]
    replies = fire(served.port, [*renewals[:12], leave, *redemptions, *renewals[12:], leave])
    left = [reply for reply in replies if reply.headers["content-type"].startswith("text/html")]
    assert {reply.status for reply in left} == {200}
    machines = [reply for reply in replies if reply not in left]
    assert set(tally(machines)) <= {200, BAD_GRANT}
    born = [reply.json for reply in machines if reply.status == 200]
    assert all(dead(served, store, answer) for answer in [*answers, *born])
    sub = claims(answers[0]["access_token"])["sub"]
    assert [row for row in served.deployment.rows("grants") if row.sub == sub and row.ended_at is None] == []
