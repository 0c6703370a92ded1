"""CAMARA SIM Swap: whether and when a card was changed."""

from typing import Any

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation


def ask(simulation: Simulation, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    url = f"{simulation.url}/mobileid/sim-swap/v2/{path}"
    answer = simulation.http.post(url, json=body, headers={"x-correlator": "c-1"})
    assert answer.headers["x-correlator"] == "c-1"
    return answer.status_code, answer.json()


def test_a_card_that_was_changed_lately(simulation: Simulation, clock_file: ClockFile) -> None:
    number = "+79201234567"
    assert ask(simulation, "check", phoneNumber=number) == (200, {"swapped": False})
    assert ask(simulation, "retrieve-date", phoneNumber=number)[1]["latestSimChange"] is None
    simulation.set_person("maria", sim_changed=True)
    clock_file.advance(71 * 3600)
    assert ask(simulation, "check", phoneNumber=number, maxAge=72) == (200, {"swapped": True})
    clock_file.advance(2 * 3600)
    assert ask(simulation, "check", phoneNumber=number, maxAge=72) == (200, {"swapped": False})
    assert ask(simulation, "check", phoneNumber=number) == (200, {"swapped": True})
    found = ask(simulation, "retrieve-date", phoneNumber=number)[1]
    assert found["latestSimChange"].endswith("+00:00")
    assert found["monitoredPeriod"] == 100


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "MISSING_IDENTIFIER"),
        ({"phoneNumber": "79201234567"}, 400, "INVALID_ARGUMENT"),
        ({"phoneNumber": "+79031234502"}, 404, "IDENTIFIER_NOT_FOUND"),
        ({"phoneNumber": "+79201234567", "maxAge": 2401}, 400, "OUT_OF_RANGE"),
        ({"phoneNumber": "+79201234567", "maxAge": True}, 400, "OUT_OF_RANGE"),
    ],
)
def test_errors(simulation: Simulation, body: dict[str, Any], status: int, code: str) -> None:
    found, answer = ask(simulation, "check", **body)
    assert (found, answer["status"], answer["code"]) == (status, status, code)
    assert answer["message"]
