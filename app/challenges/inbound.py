"""A message from the owner: our page shows a code, and the phone sends it to us (SR-147).

It costs us nothing and has no limit for a number, so nobody can use it up: who floods a number with messages, prompts and
wrong codes leaves this way open to its owner.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Literal

from app.challenges import codes
from app.challenges.asked import SIGN_IN, Asked
from app.challenges.outcomes import Dead, NotYet, Proved, Refused, Unsupported
from app.challenges.parts import Parts
from app.challenges.waiting import Waiting
from app.upstreams.base import Assertion, Evidence

ACR = "urn:mostid:acr:2"
AMR = ("otp", "sms")
SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """A challenge is under way: this code is to be sent. Times in ms."""

    challenge: str
    code: str
    expires_at: int


class Inbound:
    """Starts challenges by message from the owner, takes the messages, answers."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._kept = parts, parts.kept
        self._life_ms = parts.settings.lifetimes.otp_s * 1000

    def start(
        self, number: str, *, browser: str, address: str, client_id: str, purpose: str = SIGN_IN
    ) -> Shown | Refused | Unsupported:
        """Make a code for a number (E.164) to send. Several browsers may wait for one number, each with its own code."""
        if not self._parts.settings.sms.inbound_number:
            return Unsupported()
        asked = Asked(number, browser, purpose, address, client_id)
        refused = self._parts.budget.admit_shown(asked)
        if refused is not None:
            return refused
        challenge, code = secrets.token_urlsafe(16), codes.new_code()
        while not self._kept.add(self._of_code(number, code), challenge, self._life_ms):
            code = codes.new_code()
        expires_at = self._parts.clock.now() + self._life_ms
        digest = self._parts.tries.digest(challenge, code)
        self._keep(Waiting(challenge, asked, digest, expires_at, expires_at))
        return Shown(challenge, code, expires_at)

    def received(self, number: str, text: str) -> bool:
        """A message came from this number. False when its code is not one that waits for just this number."""
        found = SIX_DIGITS.search(text)
        code = codes.typed(text) or (found[0] if found else None)
        challenge = self._kept.get(self._of_code(number, code)) if code else None
        return challenge is not None and self._kept.add(_arrived(challenge), True, self._life_ms)

    def state(
        self, challenge: str, browser: str, *, purpose: str = SIGN_IN
    ) -> Literal["waiting", "arrived", "expired"]:
        """How it stands."""
        waiting = self._find(challenge)
        if waiting is None or not waiting.is_of(browser, purpose):
            return "expired"
        return "arrived" if self._kept.get(_arrived(challenge)) else "waiting"

    def answer(self, challenge: str, browser: str, *, purpose: str = SIGN_IN) -> Proved | NotYet | Dead:
        """See whether the message has come. It is spent once, in the truth (SR-126, SR-146)."""
        waiting = self._find(challenge)
        if waiting is None:
            return Dead("expired")
        if not waiting.is_of(browser, purpose):
            return Dead("foreign")
        if not self._kept.get(_arrived(challenge)):
            return NotYet()
        if not self._parts.budget.succeed(waiting.asked, challenge):
            return Dead("used")
        evidence = Evidence(AMR, ACR, self._parts.clock.now(), challenge)
        return Proved(Assertion("phone", waiting.asked.number, evidence, {}, frozenset({"phone_number"})))

    def _keep(self, waiting: Waiting) -> None:
        self._kept.put(f"inbound:{waiting.challenge}", waiting.to_json(), self._life_ms)

    def _find(self, challenge: str) -> Waiting | None:
        found = self._kept.get(f"inbound:{challenge}")
        return Waiting.from_json(found) if found else None

    def _of_code(self, number: str, code: str) -> str:
        return self._parts.place("inbound-code", number, code)


def _arrived(challenge: str) -> str:
    return f"inbound-arrived:{challenge}"
