"""Messages that people send to us, as the gateway passes them on.

The operator's form of this call is not published: it mirrors that of outgoing messages, with the same credentials.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass

from app.upstreams import answers
from app.upstreams.base import UpstreamError
from app.upstreams.exchange import Response
from app.upstreams.sms import PROVIDER
from config.upstream import SmsSettings

NUMBER = re.compile(r"\+?([1-9][0-9]{6,14})")
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message."""

    number: str
    """E.164, as the operator's network names the sender."""
    text: str


class SmsInbox:
    """Reads the gateway's calls."""

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings

    def is_gateway(self, authorization: str) -> bool:
        """Whether the call has the gateway's credentials (RFC 7617), compared in constant time."""
        scheme, _, value = authorization.partition(" ")
        expected = f"{self._settings.login}:{self._settings.password.get_secret_value()}".encode()
        try:
            given = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(given, expected)

    def read(self, body: str) -> Incoming:
        """The message. Raises UpstreamError."""
        members = answers.read_object(PROVIDER, Response(200, body.encode(), ""), message=str)
        sender = members.get("from")
        number = NUMBER.fullmatch(str(sender)) if type(sender) in (int, str) else None
        if number is None or len(members["message"]) > LONGEST:
            raise UpstreamError(PROVIDER, "malformed", "incoming message")
        return Incoming(f"+{number[1]}", members["message"])
