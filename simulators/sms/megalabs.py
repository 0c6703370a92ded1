"""`POST /sms/v1/sms`: MegaLabs A2P REST."""

from typing import Any
from uuid import uuid4

from flask import Response

from simulators.msisdn import parse
from simulators.sms.gateway import Accepted, Gateway
from simulators.wire import basic, be_slow, json_answer, json_object, text
from simulators.world import World

BAD_BODY, BAD_NUMBER, BAD_SENDER, BAD_MESSAGE = 1, 2, 3, 4
"""The operator's own numbers are not known: all that is sure is that 0 alone is a success."""
DESCRIPTIONS = {
    0: "ok",
    1: "invalid body",
    2: "invalid destination",
    3: "unknown sender",
    4: "invalid message",
}
LONGEST = 1000


class MegaLabs:
    """One message by one request."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    def post(self) -> Response:
        """Status 401 for wrong credentials; else 200, with a code that is 0 or says no."""
        switches = self._world.scenario.sms
        be_slow(switches.slow_s)
        if switches.down:
            return Response(status=503)
        if not self._gateway.knows(basic()):
            refused = json_answer(401, {"error": "unauthorized"})
            refused.headers["WWW-Authenticate"] = 'Basic realm="sms"'
            return refused
        return self._submit(json_object() or {})

    def _submit(self, body: dict[str, Any]) -> Response:
        scenario, message_id = self._world.scenario, text(body, "msg_id") or str(uuid4())
        if code := _fault(body, scenario.sms.senders):
            return _result(message_id, code)
        number = f"+{body['to']}"
        person = scenario.subscriber(number)
        be_slow(person.slow_s)
        code = scenario.sms.code or person.sms_code
        if code == 0:
            self._gateway.deliver(
                Accepted(message_id, number, body["from"], body["message"], text(body, "callback_url"))
            )
        return _result(message_id, code)


def _fault(body: dict[str, Any], senders: tuple[str, ...]) -> int:
    """What is wrong with a message: `to` is a number, not a text; `from` is a registered name."""
    if not body:
        return BAD_BODY
    if type(body.get("to")) is not int or parse(str(body["to"])) != f"+{body['to']}":
        return BAD_NUMBER
    if text(body, "from") not in senders:
        return BAD_SENDER
    return 0 if 0 < len(text(body, "message")) <= LONGEST else BAD_MESSAGE


def _result(message_id: str, code: int) -> Response:
    status = {"code": code, "description": DESCRIPTIONS.get(code, "rejected")}
    return json_answer(200, {"result": {"msg_id": message_id, "status": status}})
