"""`POST /hub/messaging/v1/send`: MegaFon Hub, a scenario of steps of which we take the first that is an SMS."""

from typing import Any
from uuid import uuid4

from flask import Response

from simulators.msisdn import parse
from simulators.sms.gateway import Accepted, Gateway
from simulators.wire import basic, be_slow, json_answer, json_object, text
from simulators.world import World

LONGEST_ID = 100


class Hub:
    """One message by one request."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    def post(self) -> Response:
        """`txId` and `state`."""
        switches = self._world.scenario.sms
        be_slow(switches.slow_s)
        if switches.down:
            return Response(status=503)
        if not self._gateway.knows(basic()):
            return json_answer(401, {"error": "unauthorized"})
        message = _message(json_object() or {})
        if message is None or message.sender not in switches.senders:
            return json_answer(400, {"error": "bad request"})
        if switches.code or self._world.scenario.subscriber(message.number).sms_code:
            return json_answer(200, {"txId": message.id, "state": "REJECTED"})
        self._gateway.deliver(message)
        return json_answer(200, {"txId": message.id, "state": "ACCEPTED"})


def _message(body: dict[str, Any]) -> Accepted | None:
    steps = body.get("scenario")
    if not isinstance(steps, list) or len(text(body, "clientRequestId")) > LONGEST_ID:
        return None
    step = next((step for step in steps if isinstance(step, dict) and step.get("channel") == "sms"), {})
    recipient = step.get("recipient")
    if not isinstance(recipient, dict) or recipient.get("type") != "MSISDN":
        return None
    number = parse(str(recipient.get("value", "")))
    if number is None or not text(step, "text"):
        return None
    # What a report of the Hub looks like is not known, so none is sent.
    return Accepted(str(uuid4()), number, text(step, "sender"), text(step, "text"), "")
