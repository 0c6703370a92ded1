"""The SMS gateway in both its forms."""

from typing import Any

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation, code_of
from tests.simulators.mostid import MostId

NUMBER = "+79201234567"
AUTH = ("REG_mostid", "sms-simulator-secret")
TEXT = "Код 482913: вход в Store. Никому не говорите\n@localhost #482913"


def message(**changed: Any) -> dict[str, Any]:
    said = {"from": "MostID", "to": 79201234567, "message": TEXT} | changed
    return {name: value for name, value in said.items() if value is not None}


def send(simulation: Simulation, auth: Any = AUTH, **changed: Any) -> Any:
    """The `result` of a message, which comes with status 200 whatever becomes of it."""
    answer = simulation.http.post(f"{simulation.url}/sms/v1/sms", json=message(**changed), auth=auth)
    assert answer.status_code == 200
    assert answer.json().keys() == {"result"}
    return answer.json()["result"]


def test_a_message_arrives(simulation: Simulation, clock_file: ClockFile) -> None:
    clock_file.advance(3600)
    result = send(simulation)
    assert result["msg_id"]
    assert result["status"] == {"code": 0, "description": "ok"}
    assert code_of(simulation.latest_sms(NUMBER)) == "482913"
    send(simulation, message="second")
    assert [each["text"] for each in simulation.sms(NUMBER)] == ["second", TEXT]
    assert simulation.sms(NUMBER)[0].keys() == {"id", "text", "at"}
    assert send(simulation, msg_id="ours")["msg_id"] == "ours"


@pytest.mark.parametrize("auth", [None, ("REG_mostid", "wrong"), ("somebody", "sms-simulator-secret")])
def test_wrong_credentials(simulation: Simulation, auth: tuple[str, str] | None) -> None:
    answer = simulation.http.post(f"{simulation.url}/sms/v1/sms", json=message(), auth=auth)
    assert answer.status_code == 401
    assert simulation.sms(NUMBER) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "79201234567"},  # a text where a number belongs
        {"to": 7920},
        {"to": True},
        {"to": None},
        {"from": "Somebody"},
        {"from": None},
        {"message": ""},
        {"message": None},
        {"message": "x" * 1001},
    ],
)
def test_what_is_no_message(simulation: Simulation, changed: dict[str, object]) -> None:
    assert send(simulation, **changed)["status"]["code"] > 0
    assert simulation.sms(NUMBER) == []


def test_only_json_is_understood(simulation: Simulation) -> None:
    url = f"{simulation.url}/sms/v1/sms"
    for sent in ({"data": message()}, {"content": b"{", "headers": {"Content-Type": "application/json"}}):
        answer = simulation.http.post(url, auth=AUTH, **sent)  # type: ignore[arg-type]
        assert answer.json()["result"]["status"]["code"] > 0


def test_refusals_of_the_gateway_and_of_one_number(simulation: Simulation) -> None:
    simulation.set_person("maria", sms_code=13)
    assert send(simulation)["status"]["code"] == 13
    assert send(simulation, to=79261234501)["status"]["code"] == 0
    simulation.set_upstream("sms", code=7)
    assert send(simulation, to=79261234501)["status"]["code"] == 7
    assert len(simulation.sms("+79261234501")) == 1


@pytest.mark.parametrize("where", ["everywhere", "here"])
def test_lost_messages(simulation: Simulation, where: str) -> None:
    if where == "here":
        simulation.set_person("maria", sms_lost=True)
    else:
        simulation.set_upstream("sms", lost=True)
    assert send(simulation)["status"]["code"] == 0
    assert simulation.sms(NUMBER) == []


@pytest.mark.parametrize("where", ["everywhere", "here"])
def test_late_messages(simulation: Simulation, clock_file: ClockFile, where: str) -> None:
    if where == "here":
        simulation.set_person("maria", sms_delay_s=300)
    else:
        simulation.set_upstream("sms", delay_s=300)
    send(simulation)
    clock_file.advance(299)
    assert simulation.sms(NUMBER) == []
    clock_file.advance(2)
    assert simulation.latest_sms(NUMBER) == TEXT


def test_a_slow_gateway_and_one_that_is_down(simulation: Simulation) -> None:
    url = f"{simulation.url}/sms/v1/sms"
    simulation.set_upstream("sms", slow_s=0.2)
    answer = simulation.http.post(url, json=message(), auth=AUTH)
    assert answer.elapsed.total_seconds() >= 0.2
    simulation.set_upstream("sms", slow_s=0, down=True)
    assert simulation.http.post(url, json=message(), auth=AUTH).status_code == 503


def test_reports_are_not_sent_unless_switched_on(simulation: Simulation, mostid: MostId) -> None:
    url = f"{mostid.url}/reports"
    send(simulation, callback_url=url)
    simulation.set_upstream("sms", reports=True)
    simulation.set_person("alexey", sms_lost=True)
    delivered = send(simulation, callback_url=url)["msg_id"]
    report = mostid.wait()
    assert (report.path, report.json["status"], report.json["msg_id"]) == ("/reports", "delivered", delivered)
    assert report.json["receipted_message_id"] == delivered
    assert report.json["short_message"].startswith(f"id:{delivered} submit date:")
    assert report.json["short_message"].endswith("stat:DELIVRD err:000")
    send(simulation, callback_url=url, to=79261234501)
    assert mostid.wait(2).json["status"] == "delivery_failed"


def test_a_person_writes_to_mostid(simulation: Simulation, mostid: MostId) -> None:
    assert simulation.send_sms(NUMBER, "MostID", "482913") == 204
    call = mostid.wait()
    assert call.path == "/upstream/sms/inbound"
    assert call.authorization.startswith("Basic ")
    body = call.json
    assert body.pop("msg_id")
    assert body == {"from": 79201234567, "to": "MostID", "message": "482913"}
    assert simulation.sms(NUMBER) == []
    mostid.close()
    assert simulation.send_sms(NUMBER, "MostID", "482913") is None


HUB = {
    "scenario": [
        {"channel": "viber"},
        {
            "channel": "sms",
            "recipient": {"type": "MSISDN", "value": 79201234567},
            "sender": "MostID",
            "text": TEXT,
        },
    ],
    "clientRequestId": "r-1",
}


def test_the_hub_takes_a_scenario(simulation: Simulation) -> None:
    url = f"{simulation.url}/hub/messaging/v1/send"
    answer = simulation.http.post(url, json=HUB, auth=AUTH)
    assert answer.status_code == 200
    assert answer.json().keys() == {"txId", "state"}
    assert answer.json()["state"] == "ACCEPTED"
    assert simulation.latest_sms(NUMBER) == TEXT
    assert simulation.http.post(url, json=HUB).status_code == 401
    simulation.set_person("maria", sms_code=1)
    assert simulation.http.post(url, json=HUB, auth=AUTH).json()["state"] == "REJECTED"


@pytest.mark.parametrize(
    "changed",
    [
        {"scenario": []},
        {"scenario": "sms"},
        {"scenario": [{"channel": "sms", "recipient": {"type": "MSISDN", "value": 1}, "text": "x"}]},
        {"scenario": [{"channel": "sms", "recipient": 79201234567, "text": "x"}]},
        {"clientRequestId": "r" * 101},
    ],
)
def test_what_is_no_scenario(simulation: Simulation, changed: dict[str, Any]) -> None:
    url = f"{simulation.url}/hub/messaging/v1/send"
    assert simulation.http.post(url, json=HUB | changed, auth=AUTH).status_code == 400
