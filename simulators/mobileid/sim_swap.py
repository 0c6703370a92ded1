"""Whether a SIM card was changed lately: CAMARA SIM Swap v2, which an operator may offer beside Mobile ID."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from simulators.msisdn import parse
from simulators.person import Person
from simulators.wire import json_answer, parameters, text
from simulators.world import World

HOUR_S = 3600
LONGEST_AGE_H, USUAL_AGE_H = 2400, 240


class SimSwap:
    """Answers for subscribers; anybody on this machine may ask."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(self) -> Response:
        """`POST /check`: `phoneNumber`, `maxAge` in hours → `swapped`."""
        asked = parameters()
        age = asked.get("maxAge", USUAL_AGE_H)
        if type(age) is not int or not 1 <= age <= LONGEST_AGE_H:
            return _error(400, "OUT_OF_RANGE", "maxAge is from 1 to 2400 hours")
        person = self._person(asked)
        if isinstance(person, Response):
            return person
        since = self._world.clock.now() - age * HOUR_S
        return _answer(200, {"swapped": person.sim_changed and person.sim_changed_at >= since})

    def retrieve_date(self) -> Response:
        """`POST /retrieve-date`: `phoneNumber` → `latestSimChange` and the days for which changes are known."""
        person = self._person(parameters())
        if isinstance(person, Response):
            return person
        at = datetime.fromtimestamp(person.sim_changed_at, UTC).isoformat() if person.sim_changed else None
        return _answer(200, {"latestSimChange": at, "monitoredPeriod": LONGEST_AGE_H // 24})

    def _person(self, asked: dict[str, Any]) -> Person | Response:
        if "phoneNumber" not in asked:
            return _error(422, "MISSING_IDENTIFIER", "phoneNumber is needed")
        given = text(asked, "phoneNumber")
        number = parse(given) if given.startswith("+") else None
        if number is None:
            return _error(400, "INVALID_ARGUMENT", "phoneNumber is + and digits")
        person = self._world.scenario.subscriber(number)
        if person.not_subscriber:
            return _error(404, "IDENTIFIER_NOT_FOUND", "the number is not a subscriber's")
        return person


def _error(status: int, code: str, message: str) -> Response:
    return _answer(status, {"status": status, "code": code, "message": message})


def _answer(status: int, body: dict[str, Any]) -> Response:
    answer = json_answer(status, body)
    if correlator := request.headers.get("x-correlator"):
        answer.headers["x-correlator"] = correlator
    return answer
