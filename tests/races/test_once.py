"""What is good for one use, used by many at one moment, at four workers: one of them has it, and nothing fails."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from app.clients.initial_tokens import Terms, issue
from tests.deployment import REDIRECT, Service
from tests.protocol.rfc7523.signer import FORM, TYPE, Signer
from tests.protocol.rfc8628.conftest import DEVICE_CODE, approval, started
from tests.protocol.rfc9126.pushing import pushed
from tests.provider.proofs import Holder
from tests.races.outcomes import AT_ONCE, cookies, given, somebody, statuses, tally
from tests.races.served import Served, signed_in
from tests.support.volley import fire, request

pytestmark = pytest.mark.timeout(300)
Registration = Callable[[], Mapping[str, Any]]


@pytest.fixture(scope="module")
def signer(served: Served) -> Signer:
    """A service that signs its assertions."""
    return Signer(served.deployment, "signer").register()


@pytest.fixture(scope="module")
def tv(served: Served) -> Service:
    """A public client on devices."""
    return served.deployment.register(
        "tv", redirect_uris=[], grant_types=[DEVICE_CODE, "refresh_token"], token_endpoint_auth_method="none"
    )


@pytest.fixture
def register(served: Served) -> Registration:
    """Registers a client as it does itself."""

    def act() -> Mapping[str, Any]:
        answer = served.send(request("POST", "/register", METADATA, authorization=initial(served)))
        assert answer.status == 201, answer
        made: Mapping[str, Any] = answer.json
        return made

    return act


METADATA = json.dumps({"redirect_uris": [REDIRECT], "client_name": "Читальня", "scope": "openid"}).encode()


def initial(served: Served) -> str:
    """The header with a new initial access token for one use."""
    deployment, terms = served.deployment, Terms("a partner", ["openid"], 1, 86_400_000)
    act = lambda tx: issue(tx, terms, deployment.clock.now(), actor="test")  # noqa: E731
    return f"Bearer {deployment.storage.run(act, write=True)}"


@pytest.mark.sr("SR-021")
@pytest.mark.parametrize("times", AT_ONCE)
def test_a_pushed_request_is_answered_once(served: Served, store: Service, times: int) -> None:
    browser = signed_in(served, somebody())
    asked = {"client_id": store.client_id, "request_uri": pushed(browser, store)}
    visit = request("GET", f"/authorize?{urlencode(asked)}", cookie=cookies(browser))
    replies = fire(served.port, [visit] * times)
    assert statuses(replies) == {303: 1, 400: times - 1}
    (answered,) = [reply.headers["location"] for reply in replies if reply.status == 303]
    assert answered.startswith(f"{store.redirect_uri}?code=")


@pytest.mark.sr("SR-031")
@pytest.mark.parametrize("times", AT_ONCE)
def test_an_assertion_proves_its_client_once(served: Served, signer: Signer, times: int) -> None:
    form = FORM | {"client_assertion_type": TYPE, "client_assertion": signer.assertion()}
    replies = fire(served.port, [request("POST", "/token", form)] * times)
    assert statuses(replies) == {200: 1, 401: times - 1}
    assert {reply.json["error"] for reply in replies if reply.status == 401} == {"invalid_client"}


@pytest.mark.sr("SR-043")
@pytest.mark.parametrize("times", AT_ONCE)
def test_a_proof_gives_one_answer(served: Served, store: Service, times: int) -> None:
    holder, answer = Holder(served.deployment.clock), given(served, store)
    renewal = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    asked = request("POST", "/token", renewal, authorization=store.basic, dpop=holder.proof())
    replies = fire(served.port, [asked] * times)
    assert statuses(replies) == {200: 1, 400: times - 1}
    assert {reply.json["error"] for reply in replies if reply.status == 400} == {"invalid_dpop_proof"}
    (bound,) = [reply.json["access_token"] for reply in replies if reply.status == 200]
    asked = request("GET", "/userinfo", authorization=f"DPoP {bound}", dpop=holder.bound(bound))
    assert statuses(fire(served.port, [asked] * times)) == {200: 1, 401: times - 1}


@pytest.mark.sr("SR-047")
@pytest.mark.parametrize("times", AT_ONCE)
def test_an_approved_device_code_gives_one_grant(served: Served, tv: Service, times: int) -> None:
    browser, deployment = signed_in(served, somebody()), served.deployment
    codes = started(browser, tv)
    form = approval(browser, codes["user_code"])
    assert browser.post("/device", data=form.filled(decision="allow")).status_code == 200
    before = len(deployment.rows("grants"))
    poll = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"], "client_id": tv.client_id}
    replies = fire(served.port, [request("POST", "/token", poll)] * times)
    assert tally(replies) == {200: 1, (400, '{"error":"slow_down"}'): times - 1}
    assert len(deployment.rows("grants")) == before + 1
    (access,) = [reply.json["access_token"] for reply in replies if reply.status == 200]
    assert served.send(request("GET", "/userinfo", authorization=f"Bearer {access}")).status == 200


@pytest.mark.sr("SR-047")
def test_a_device_is_allowed_or_denied_and_never_both(served: Served, tv: Service) -> None:
    browser = signed_in(served, somebody())
    codes, before = started(browser, tv), _approvals(served)
    form = approval(browser, codes["user_code"])
    pages = [
        request("POST", "/device", form.filled(decision=decision), cookie=cookies(browser))
        for decision in ("allow", "deny") * 25
    ]
    replies = fire(served.port, pages)
    assert statuses(replies) == {200: 1, 400: 49}
    allowed = replies.index(next(reply for reply in replies if reply.status == 200)) % 2 == 0
    poll = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"], "client_id": tv.client_id}
    answer = served.send(request("POST", "/token", poll))
    assert answer.json.get("error") == (None if allowed else "access_denied")
    assert _approvals(served) - before == int(allowed)  # who lost has left no word of an approval


def _approvals(served: Served) -> int:
    return [row.kind for row in served.deployment.rows("audit")].count("device.approved")


@pytest.mark.sr("SR-053")
@pytest.mark.parametrize("times", AT_ONCE)
def test_an_initial_access_token_registers_one_client(served: Served, times: int) -> None:
    before = len(served.deployment.rows("clients"))
    asked = request("POST", "/register", METADATA, authorization=initial(served))
    assert statuses(fire(served.port, [asked] * times)) == {201: 1, 401: times - 1}
    assert len(served.deployment.rows("clients")) == before + 1


@pytest.mark.sr("SR-053")
def test_a_client_that_removed_itself_is_not_brought_back(served: Served, register: Registration) -> None:
    made = register()
    path, bearer = f"/register/{made['client_id']}", f"Bearer {made['registration_access_token']}"
    document = {**json.loads(METADATA), "client_id": made["client_id"]}
    puts = [  # each with a name of its own: what changes nothing is not written
        request(
            "PUT", path, json.dumps(document | {"client_name": f"Б{number}"}).encode(), authorization=bearer
        )
        for number in range(50)
    ]
    delete = request("DELETE", path, authorization=bearer)
    replies = fire(
        served.port, [*puts[:20], *(one for put in puts[20:30] for one in (delete, put)), *puts[30:]]
    )
    assert set(statuses(replies)) <= {200, 204, 401}
    assert statuses(replies)[204] == 1
    (row,) = [row for row in served.deployment.rows("clients") if row.client_id == made["client_id"]]
    assert (row.disabled_at is None, row.management_hash) == (False, None)
    assert statuses(fire(served.port, [puts[0], delete, request("GET", path, authorization=bearer)])) == {
        401: 3
    }
    kinds = [entry.kind for entry in served.deployment.rows("audit") if entry.client_id == made["client_id"]]
    assert kinds[-1] == "client.removed"
    assert kinds.count("client.replaced") == statuses(replies)[200]
