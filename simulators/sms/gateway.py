"""What happens to a message once a gateway has accepted it, in whichever form."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from simulators.handset.handsets import Message
from simulators.upstream_switches import SmsSwitches
from simulators.wire import same
from simulators.world import World

MOSCOW = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message on its way."""

    id: str
    number: str
    """E.164."""
    sender: str
    text: str
    report_url: str
    """Empty: nobody wants to know."""


class Gateway:
    """Delivers to handsets, reports if reports are on, and passes on what people send."""

    def __init__(self, world: World) -> None:
        self._world = world

    def knows(self, user: tuple[str, str] | None) -> bool:
        """Whether these are the client's credentials."""
        switches = self._world.scenario.sms
        return user is not None and user[0] == switches.login and same(user[1], switches.password)

    def deliver(self, message: Accepted) -> None:
        """Bring it to the handset, now or later, or lose it."""
        switches, person = self._world.scenario.sms, self._world.scenario.subscriber(message.number)
        lost, delay = switches.lost or person.sms_lost, switches.delay_s + person.sms_delay_s
        if delay:
            self._world.timetable.after(delay, partial(self._arrive, message, lost))
        else:
            self._arrive(message, lost)

    def pass_on(self, number: str, to: str, text: str) -> tuple[Message, int | None]:
        """A person writes to the client. What was sent, and the status of the client's answer.

        The operator's form of this call is not known: it mirrors that of outgoing messages, with the same credentials.
        """
        switches = self._world.scenario.sms
        message = self._world.handsets.send(number, to, text)
        body = {"msg_id": message.id, "from": int(number[1:]), "to": to, "message": text}
        status = self._world.outbound.post(
            switches.inbound_url, json.dumps(body).encode(), {"Authorization": _basic(switches)}
        )
        return message, status

    def _arrive(self, message: Accepted, lost: bool) -> None:
        if not lost:
            self._world.handsets.receive(message.number, message.text, message.sender)
        if message.report_url and self._world.scenario.sms.reports:
            report = json.dumps(self._report(message, lost=lost)).encode()
            self._world.timetable.after(0, partial(self._send_report, message.report_url, report))

    def _send_report(self, url: str, report: bytes) -> None:
        self._world.outbound.post(url, report, {})

    def _report(self, message: Accepted, *, lost: bool) -> dict[str, str]:
        """As MegaLabs sends it; the receipt inside has the form of SMPP 3.4."""
        at = datetime.fromtimestamp(self._world.clock.now(), MOSCOW).strftime("%y%m%d%H%M")
        state = "UNDELIV err:001" if lost else "DELIVRD err:000"
        return {
            "status": "delivery_failed" if lost else "delivered",
            "msg_id": message.id,
            "receipted_message_id": message.id,
            "short_message": f"id:{message.id} submit date:{at} done date:{at} stat:{state}",
        }


def _basic(switches: SmsSwitches) -> str:
    return "Basic " + b64encode(f"{switches.login}:{switches.password}".encode()).decode()
