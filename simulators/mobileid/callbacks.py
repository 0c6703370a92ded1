"""Calling the client back, again and again until it has understood."""

import json
import logging
from functools import partial
from typing import Any

from simulators.outbound import Outbound
from simulators.scenario import Scenario
from simulators.timetable import Timetable

log = logging.getLogger("simulators.mobileid")


class Callbacks:
    """POST of JSON with the bearer token that the client gave with its request."""

    def __init__(self, outbound: Outbound, timetable: Timetable, scenario: Scenario) -> None:
        self._outbound, self._timetable, self._scenario = outbound, timetable, scenario

    def send(self, uri: str, token: str, payload: dict[str, Any], *, when: float, cut: bool = False) -> None:
        """Call back at this time; `cut` spoils what is sent."""
        body = json.dumps(payload).encode()
        delays = self._scenario.mobileid.retry_delays_s
        self._timetable.at(when, partial(self._call, uri, token, body[:-15] if cut else body, delays))

    def _call(self, uri: str, token: str, body: bytes, delays: tuple[float, ...]) -> None:
        status = self._outbound.post(uri, body, {"Authorization": f"Bearer {token}"})
        if status is not None and 200 <= status < 300:
            return
        if delays:
            self._timetable.after(delays[0], partial(self._call, uri, token, body, delays[1:]))
        else:
            log.warning("called back in vain: %s (%s)", uri, status)
