"""Signing in by a phone number: the number, the code, and the page for a number that may have changed hands."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response, request

from app.challenges.otp import Refused, Started, Unsupported
from app.identity.numbers import BadNumber, Number, parse
from app.identity.proofs import BadProof
from app.keys.sealing import Unsealable
from app.sessions.ask import browser_hash
from app.signin.finish import Finish
from app.signin.journey import Journey, Step, is_shared
from app.web.pages import gettext, ngettext

PURPOSE = "challenge"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A challenge that was sent, as its page carries it. Times in ms."""

    id: str
    number: str
    kind: str
    expires_at: int
    resend_at: int
