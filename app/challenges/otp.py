"""A code by SMS: our own code, sent through the gateway, typed on our page."""

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from app.challenges import codes
from app.challenges.asked import SIGN_IN, Asked
from app.challenges.outcomes import Dead, Proved, Refused, Slow, Started, Wrong
from app.challenges.parts import Parts
from app.challenges.sending import Sender
from app.challenges.waiting import Waiting
from app.upstreams.base import Assertion, Evidence
from app.upstreams.sms import Sms

ACR = "urn:mostid:acr:2"
AMR = ("otp", "sms")
HOUR_MS = 3_600_000
UNNAMED = "MostID"
"""In place of a service whose name is too long for one part of an SMS."""


class Otp:
    """Starts and answers challenges by SMS."""

    def __init__(self, parts: Parts, sender: Sender, sms: Sms) -> None:
        self._parts, self._sender, self._sms = parts, sender, sms
        self._kept, self._budget, self._clock = parts.kept, parts.budget, parts.clock
        self._life_ms = parts.settings.lifetimes.otp_s * 1000

    def start(
        self,
        number: str,
        *,
        browser: str,
        address: str,
        client_id: str,
        service: str,
        locale: str,
        purpose: str = SIGN_IN,
    ) -> Started | Refused:
        """Send a code to a number (E.164). The former code of this browser for it is dead then (SR-132).

        Where the number has had its share, it looks the same and nothing is sent (SR-133): the answer tells when the next
        code can follow, and a code that this browser was sent before goes on waiting.
        """
        if not self._parts.settings.sms.enabled:
            return Refused("off")
        asked = Asked(number, browser, purpose, address, client_id)
        admitted = self._budget.admit_send(asked)
        if isinstance(admitted, Refused):
            return self._silent(asked, admitted) if admitted.is_of_number else admitted
        code = codes.new_code()
        waiting = self._wait(asked, code, admitted.next_at)
        text, name = self.text(code, service, locale), waiting.challenge.partition(".")[2]
        if not self._sender.submit("sms", lambda: self._sms.send(number, text, name)):
            return Refused("queue")
        return _started(waiting)

    def answer(
        self, challenge: str, text: str, browser: str, *, purpose: str = SIGN_IN
    ) -> Proved | Wrong | Slow | Dead:
        """Try a code. A right one is spent in the truth: of many at once one succeeds (SR-126, SR-146)."""
        waiting = self._find(challenge.partition(".")[0])
        if waiting is None or waiting.challenge != challenge:
            return Dead("expired")
        if not waiting.is_of(browser, purpose):
            return Dead("foreign")
        if waiting.used:
            return Dead("used")
        refused = self._parts.tries.refuses(waiting, text, self._life_ms)
        if refused is not None:
            return refused
        if not self._budget.succeed(waiting.asked, challenge):
            return Dead("used")
        self._keep(replace(waiting, used=True))
        self._budget.used(waiting.asked)
        evidence = Evidence(AMR, ACR, self._clock.now(), challenge.partition(".")[2])
        return Proved(Assertion("phone", waiting.asked.number, evidence, {}, frozenset({"phone_number"})))

    def text(self, code: str, service: str, locale: str) -> str:
        """The message, of the template that the operator approved; ends with the origin-bound line (SR-136)."""
        sms = self._parts.settings.sms
        template = sms.template_en if locale == "en" else sms.template_ru
        shown = service if len(service) <= sms.longest_service else UNNAMED
        host = urlsplit(self._parts.settings.issuer).hostname or ""
        return template.format(code=code, service=shown, host=host)

    def _silent(self, asked: Asked, refused: Refused) -> Started:
        """What a number over its limits gets: the challenge that waits already, or one that no code answers."""
        former = self._find(self._place(asked))
        waits = former if former is not None and not former.used else self._wait(asked, None, 0)
        # A limit that only another proof lifts looks like one of an hour.
        retry_at = refused.retry_at or self._clock.now() + HOUR_MS
        return _started(replace(waits, next_at=retry_at))

    def _wait(self, asked: Asked, code: str | None, next_at: int) -> Waiting:
        """Keep a new challenge in the one place of this browser and number: whatever stood there is dead."""
        challenge = f"{self._place(asked)}.{secrets.token_urlsafe(16)}"
        digest = self._parts.tries.digest(challenge, code) if code else ""
        waiting = Waiting(challenge, asked, digest, self._clock.now() + self._life_ms, next_at)
        self._parts.tries.begin(waiting)
        self._keep(waiting)
        return waiting

    def _keep(self, waiting: Waiting) -> None:
        life = waiting.expires_at - self._clock.now()
        if life > 0:
            self._kept.put(waiting.challenge.partition(".")[0], waiting.to_json(), life)

    def _find(self, place: str) -> Waiting | None:
        found = self._kept.get(place) if place.startswith("otp:") else None
        return Waiting.from_json(found) if found else None

    def _place(self, asked: Asked) -> str:
        return self._parts.place("otp", asked.purpose, asked.browser, asked.number)


def _started(waiting: Waiting) -> Started:
    return Started(waiting.challenge, waiting.expires_at, waiting.next_at)
