"""Asking for the result instead of being called back."""

from typing import Any

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation, wait_until
from tests.simulators.mostid import CLIENT_ID, MostId

NUMBER = "+79201234567"
GRANT = "urn:openid:params:mc:grant_type:server_initiated"


def ask(simulation: Simulation, mostid: MostId) -> str:
    return mostid.ask(simulation, response_type="mc_si_polling")


def poll(simulation: Simulation, asked: str, **changed: Any) -> tuple[int, dict[str, Any]]:
    headers = changed.pop("headers", {})
    form = {"grant_type": GRANT, "client_id": CLIENT_ID, "auth_req_id": asked} | changed
    answer = simulation.http.post(f"{simulation.url}/mobileid/mc-token", data=form, headers=headers)
    return answer.status_code, answer.json()


def test_pending_then_tokens_once_and_no_call_back(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    auth_req_id = ask(simulation, mostid)
    push = simulation.pushes(NUMBER, 1)[0]
    assert poll(simulation, auth_req_id) == (400, {"error": "authorization_pending"})
    assert poll(simulation, auth_req_id) == (400, {"error": "slow_down"})
    clock_file.advance(1.1)
    assert poll(simulation, auth_req_id) == (400, {"error": "authorization_pending"})
    simulation.answer_push(push["id"], yes=True)
    status, body = poll(simulation, auth_req_id)
    assert status == 200
    assert body.keys() == {
        "auth_req_id", "correlation_id", "access_token", "id_token", "token_type", "expires_in",
    }  # fmt: skip
    assert poll(simulation, auth_req_id) == (400, {"error": "invalid_grant"})
    assert mostid.calls == []


def test_the_answer_names_the_interval(simulation: Simulation, mostid: MostId) -> None:
    sent = mostid.parameters(mostid.claims(simulation, response_type="mc_si_polling"))
    answer = simulation.http.post(f"{simulation.url}/mobileid/si-authorize", json=sent).json()
    assert answer["interval"] == 1


def test_denied_and_expired(simulation: Simulation, mostid: MostId, clock_file: ClockFile) -> None:
    first = ask(simulation, mostid)
    simulation.answer_push(simulation.pushes(NUMBER, 1)[0]["id"], yes=False)
    assert poll(simulation, first)[1]["error"] == "access_denied"
    simulation.set_upstream("mobileid", chain=["PushMc"])
    second = ask(simulation, mostid)
    simulation.pushes(NUMBER, 2)
    clock_file.advance(61)
    wait_until(lambda: simulation.pushes(NUMBER)[0]["state"] == "expired", "still there")
    wait_until(lambda: poll(simulation, second)[1]["error"] == "expired_token", "does not expire")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": "authorization_code"}, (400, "unsupported_grant_type")),
        ({"client_id": "somebody"}, (401, "invalid_client")),
        ({"auth_req_id": "unknown"}, (400, "invalid_grant")),
        ({"headers": {"Authorization": "Bearer another"}}, (400, "invalid_grant")),
    ],
)
def test_who_may_not_ask(
    simulation: Simulation, mostid: MostId, changed: dict[str, Any], error: tuple[int, str]
) -> None:
    status, body = poll(simulation, ask(simulation, mostid), **changed)
    assert (status, body["error"]) == error


def test_the_token_of_the_request_may_be_shown(simulation: Simulation, mostid: MostId) -> None:
    headers = {"Authorization": "Bearer the-token"}
    assert poll(simulation, ask(simulation, mostid), headers=headers)[1]["error"] == "authorization_pending"


def test_what_is_called_back_is_not_polled(simulation: Simulation, mostid: MostId) -> None:
    assert poll(simulation, mostid.ask(simulation)) == (400, {"error": "invalid_grant"})
