"""A challenge under way, as its page carries it: sealed and bound to the browser that asked for it (SR-015)."""

import json
from dataclasses import astuple, dataclass

from app.keys.sealing import Sealer, Unsealable

PURPOSE = "challenge"
SMS, PUSH, MESSAGE = "sms", "push", "message"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was sent where. Times in ms."""

    id: str
    kind: str
    number: str
    expires_at: int
    resend_at: int
    code: str = ""
    """What the person is to send, where they send it themselves."""


def seal(sealer: Sealer, waiting: Waiting, browser: str) -> str:
    """The text that a page carries. The number is in it, so it must not be readable."""
    return sealer.seal(PURPOSE, json.dumps(astuple(waiting)).encode(), browser.encode())


def open_waiting(sealer: Sealer, text: str, browser: str) -> Waiting | None:
    """The challenge, or None when it is not one of this browser."""
    try:
        return Waiting(*json.loads(sealer.open(PURPOSE, text, browser.encode())))
    except Unsealable:
        return None
