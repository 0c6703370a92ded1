"""What happens after a request was accepted: the handset, the code by SMS, and the calls back."""

from typing import Any

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation, code_of, wait_until
from tests.simulators.mostid import NOTIFY, MostId

NUMBER = "+79201234567"
DENIED = ("authorization_error", "Subscriber denied the request")
NO_ANSWER = ("authorization_error", "Subscriber consent waiting time expired")


def failure(mostid: MostId, auth_req_id: str, calls: int = 1) -> tuple[str, str]:
    """How a request ended, as called back."""
    call = mostid.wait(calls)
    assert (call.path, call.authorization) == (NOTIFY, "Bearer the-token")
    assert call.json["auth_req_id"] == auth_req_id
    assert call.json.keys() == {"auth_req_id", "correlation_id", "error", "error_description"}
    return call.json["error"], call.json["error_description"]


def enter(simulation: Simulation, call: Any, code: str, **form: Any) -> tuple[int, Any]:
    """Enter a code where the first call back says."""
    sent = form or {"json": {"verify_code": code}}
    answer = simulation.http.post(call.json["smsotp_endpoint"], **sent)
    return answer.status_code, answer.json() if answer.content else None


def test_the_handset_shows_the_message_and_its_code(simulation: Simulation, mostid: MostId) -> None:
    mostid.ask(simulation)
    push = simulation.pushes(NUMBER, 1)[0]
    assert push.keys() == {"id", "message", "code", "state"}
    assert (push["message"], push["code"], push["state"]) == ("MostID: 482913", "482913", "pending")


def test_yes_is_called_back_with_tokens(simulation: Simulation, mostid: MostId) -> None:
    auth_req_id = mostid.ask(simulation, correlation_id="c-1")
    simulation.answer_push(simulation.pushes(NUMBER, 1)[0]["id"], yes=True)
    call = mostid.wait()
    assert (call.path, call.authorization) == (NOTIFY, "Bearer the-token")
    assert call.json.keys() == {
        "auth_req_id", "correlation_id", "access_token", "id_token", "token_type", "expires_in",
    }  # fmt: skip
    assert (call.json["auth_req_id"], call.json["correlation_id"]) == (auth_req_id, "c-1")
    assert (call.json["token_type"], call.json["expires_in"]) == ("Bearer", 600)
    assert simulation.pushes(NUMBER)[0]["state"] == "yes"


def test_no_is_called_back(simulation: Simulation, mostid: MostId) -> None:
    auth_req_id = mostid.ask(simulation)
    simulation.answer_push(simulation.pushes(NUMBER, 1)[0]["id"], yes=False)
    assert failure(mostid, auth_req_id) == DENIED


def test_switches_answer_by_themselves(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", refuse=True)
    assert failure(mostid, mostid.ask(simulation)) == DENIED
    simulation.set_person("maria", refuse=False, approve=True)
    mostid.ask(simulation)
    assert "id_token" in mostid.wait(2).json
    assert simulation.pushes(NUMBER) == []


BUSY = ("authorization_error", "Previous authentication transaction is not finished")


def test_a_second_request_waits_for_nobody(simulation: Simulation, mostid: MostId) -> None:
    mostid.ask(simulation)
    simulation.pushes(NUMBER, 1)
    assert failure(mostid, mostid.ask(simulation)) == BUSY
    simulation.answer_push(simulation.pushes(NUMBER)[0]["id"], yes=True)
    assert "id_token" in mostid.wait(2).json
    mostid.ask(simulation)  # the first is finished
    simulation.pushes(NUMBER, 2)


def test_somebody_who_is_busy(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", busy=True)
    assert failure(mostid, mostid.ask(simulation)) == BUSY


def test_without_an_applet_a_code_comes_by_sms(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", no_applet=True)
    auth_req_id = mostid.ask(simulation, correlation_id="c-1")
    first = mostid.wait()
    assert (first.path, first.authorization) == (NOTIFY, "Bearer the-token")
    assert first.json["smsotp_endpoint"].startswith(f"{simulation.url}/mobileid/sms_otp/send/")
    assert {name: first.json[name] for name in first.json if name != "smsotp_endpoint"} == {
        "auth_req_id": auth_req_id, "correlation_id": "c-1", "send": {"verify_code": "enter_otp_code"},
    }  # fmt: skip
    assert enter(simulation, first, code_of(simulation.latest_sms(NUMBER))) == (200, None)
    assert "id_token" in mostid.wait(2).json
    gone = (404, {"error": "invalid_request", "error_description": "sms session not found"})
    assert enter(simulation, first, "1234") == gone


def test_the_code_may_come_as_a_form(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", no_applet=True)
    mostid.ask(simulation)
    first = mostid.wait()
    code = code_of(simulation.latest_sms(NUMBER))
    assert enter(simulation, first, code, data={"verify_code": code})[0] == 200


def test_the_request_may_name_where_word_of_a_code_goes(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", no_applet=True)
    mostid.ask(simulation, sms_otp_notification_uri=f"{mostid.url}/otp")
    assert mostid.wait().path == "/otp"


def test_wrong_codes_are_counted_and_end_it(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", no_applet=True)
    auth_req_id = mostid.ask(simulation)
    first = mostid.wait()
    for left in (2, 1, 0):
        status, body = enter(simulation, first, "x")
        assert (status, body) == (
            400,
            {"error": "invalid_request", "error_description": "invalid otp code", "retry_count": left},
        )
    assert enter(simulation, first, code_of(simulation.latest_sms(NUMBER)))[0] == 404
    assert failure(mostid, auth_req_id, 2) == (
        "access_denied", "the client has run out of attempts to authorize by sms code",
    )  # fmt: skip


def test_a_push_that_nobody_answers_gives_way_to_a_code(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    auth_req_id = mostid.ask(simulation)
    push = simulation.pushes(NUMBER, 1)[0]
    clock_file.advance(61)
    first = mostid.wait()
    assert "smsotp_endpoint" in first.json
    assert simulation.pushes(NUMBER)[0]["state"] == "expired"
    late = simulation.http.post(f"{simulation.url}/handset.json", json={"id": push["id"], "answer": "yes"})
    assert late.status_code == 409
    clock_file.advance(121)
    assert failure(mostid, auth_req_id, 2) == NO_ANSWER
    assert enter(simulation, first, code_of(simulation.latest_sms(NUMBER)))[0] == 404


def test_where_only_a_pin_will_do_nobody_answering_is_the_end(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    simulation.set_person("maria", no_answer=True)
    auth_req_id = mostid.ask(simulation, acr_values="3")
    clock_file.advance(59)
    assert simulation.pushes(NUMBER) == []
    assert mostid.calls == []
    clock_file.advance(2)
    assert failure(mostid, auth_req_id) == NO_ANSWER
    assert simulation.sms(NUMBER) == []


def test_a_request_ends_with_its_life(simulation: Simulation, mostid: MostId, clock_file: ClockFile) -> None:
    simulation.set_upstream("mobileid", expires_in=30)
    auth_req_id = mostid.ask(simulation)
    simulation.pushes(NUMBER, 1)
    clock_file.advance(31)
    assert failure(mostid, auth_req_id) == NO_ANSWER
    assert simulation.pushes(NUMBER)[0]["state"] == "expired"


def test_a_chain_without_sms(simulation: Simulation, mostid: MostId, clock_file: ClockFile) -> None:
    simulation.set_upstream("mobileid", chain=["PushMc"])
    auth_req_id = mostid.ask(simulation)
    simulation.pushes(NUMBER, 1)
    clock_file.advance(61)
    assert failure(mostid, auth_req_id) == NO_ANSWER


def test_a_lost_message_leaves_only_word_of_it(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", no_applet=True, sms_lost=True)
    mostid.ask(simulation)
    assert "smsotp_endpoint" in mostid.wait().json
    assert simulation.sms(NUMBER) == []


def test_a_call_back_is_repeated_until_it_is_understood(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    simulation.set_upstream("mobileid", retry_delays_s=[5, 5])
    mostid.statuses = [500, 401, 204]
    mostid.ask(simulation)
    simulation.answer_push(simulation.pushes(NUMBER, 1)[0]["id"], yes=True)
    start = clock_file.seconds
    for calls in (2, 3):
        mostid.wait(calls - 1)
        wait_until(lambda calls=calls: clock_file.advance(1) or len(mostid.calls) >= calls, "not repeated")
        assert clock_file.seconds - start >= 5 * (calls - 1)
    assert len({call.body for call in mostid.calls}) == 1
    mostid.ask(simulation)
    simulation.pushes(NUMBER, 2)
    assert len(mostid.calls) == 3


def test_it_is_given_up_after_three_times(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    mostid.statuses = [500] * 9
    simulation.set_person("maria", approve=True)
    mostid.ask(simulation)
    mostid.wait(3)
    clock_file.advance(600)
    mostid.ask(simulation, "+79200000001")
    simulation.pushes("+79200000001", 1)
    assert len(mostid.calls) == 3


def test_the_first_call_back_comes_three_seconds_after_the_answer(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    simulation.reset(mostid.url)
    usual = simulation.http.post(f"{simulation.url}/reset").json()["upstreams"]["mobileid"]
    assert (usual["callback_delay_s"], usual["retry_delays_s"]) == (3, [5, 5])
    simulation.set_person("maria", no_applet=True)
    mostid.ask(simulation)
    simulation.latest_sms(NUMBER)
    assert mostid.calls == []
    clock_file.advance(3)
    assert "smsotp_endpoint" in mostid.wait().json


def test_a_malformed_result(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", malformed=True, approve=True)
    mostid.ask(simulation)
    call = mostid.wait()
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        assert call.json


def test_nobody_outside_this_machine_is_called(simulation: Simulation, mostid: MostId) -> None:
    elsewhere = f"{mostid.url}{NOTIFY}".replace("localhost", "0.0.0.0")  # which would reach the listener
    simulation.set_upstream("mobileid", notification_uris=[elsewhere, f"{mostid.url}{NOTIFY}"])
    simulation.set_person("maria", approve=True)
    mostid.ask(simulation, notification_uri=elsewhere)
    mostid.ask(simulation, "+79200000001")
    simulation.pushes("+79200000001", 1)
    assert mostid.calls == []
