"""Mails that were received."""

from collections import deque
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from simulators.clock import Clock

MOST_MAILS = 1000


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `at` in milliseconds; `recipients` are those of the envelope."""

    id: str
    sender: str
    recipients: list[str]
    subject: str
    text: str
    html: str
    at: int

    def to_json(self) -> dict[str, Any]:
        """As tools see it."""
        values = asdict(self)
        values["from"], values["to"] = values.pop("sender"), values.pop("recipients")
        return values


class Mails:
    """All of them, latest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mails: deque[Mail] = deque(maxlen=MOST_MAILS)

    def receive(self, sender: str, recipients: list[str], content: bytes) -> None:
        """A mail arrives (RFC 5322)."""
        message = message_from_bytes(content, policy=policy.default)
        subject = str(message.get("Subject", ""))
        text, html = (_part(message, kind) for kind in ("plain", "html"))
        self._mails.appendleft(
            Mail(str(uuid4()), sender, recipients, subject, text, html, self._clock.now_ms())
        )

    def to(self, address: str) -> list[Mail]:
        """Those to one address, whatever its case; to everybody, if it is empty."""
        wanted = address.casefold()
        return [
            mail
            for mail in list(self._mails)
            if not wanted or wanted in {recipient.casefold() for recipient in mail.recipients}
        ]

    def clear(self) -> None:
        """Throw all away."""
        self._mails.clear()


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    try:
        return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
    except (LookupError, ValueError):  # an encoding that nobody knows
        return ""
