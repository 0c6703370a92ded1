"""A push: a request on the handset that shows a code, which is typed on our page.

It takes both: the person's yes, as the operator says it, and the code, which only the handset has shown. Where an operator
cannot show a code, a mere yes lets in a browser that proved this number before, and is good for nothing else (SR-137).
"""

import secrets
from dataclasses import replace
from typing import Any, Literal

from app.challenges import codes
from app.challenges.asked import SIGN_IN, Asked
from app.challenges.outcomes import (
    Dead,
    NotYet,
    Proved,
    PushState,
    Refused,
    Slow,
    Started,
    Unsupported,
    Wrong,
)  # fmt: skip
from app.challenges.parts import Parts
from app.challenges.pushes import Pushed, Pushes
from app.challenges.sending import Sender
from app.challenges.waiting import Waiting
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.mobile_id import Ended, MobileId, NotServed

ACR = "urn:mostid:acr:2"
MESSAGES = {
    "ru": "Код {code}: вход в {service}, адрес {address}. Если это не вы, откажитесь.",
    "en": "{code}: sign-in to {service} from {address}. Not you? Decline.",
}
"""What the handset shows: for which service and from where (SR-138). No page shows it, so it is in no catalogue."""

Noted = Literal["noted", "refused", "later"]


class Push:
    """Starts and answers challenges by push."""

    def __init__(self, parts: Parts, sender: Sender, mobile_id: MobileId) -> None:
        self._parts, self._sender, self._mobile_id = parts, sender, mobile_id
        self._budget, self._pushes = parts.budget, Pushes(parts)
        self._settings = parts.settings.mobile_id
        self._life_ms = parts.settings.lifetimes.push_s * 1000

    def public_jwks(self) -> dict[str, Any]:
        """The key that our requests to the operator are signed with."""
        return self._mobile_id.public_jwks()

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
    ) -> Started | Refused | Unsupported:
        """Prompt the handset of a number (E.164). One prompt waits for a number at a time (SR-138).

        Where the number has had its share, or a prompt of somebody else waits, it looks the same and nothing is sent
        (SR-133): the page offers another way from the start.
        """
        asked = Asked(number, browser, purpose, address, client_id)
        if not self._is_possible(asked):
            return Unsupported()
        code = codes.new_code()
        pushed = self._new(asked, code)
        if not self._pushes.reserve(pushed):
            return _started(self._pushes.beside(asked) or self._empty(asked))
        admitted = self._budget.admit_push(asked)
        if isinstance(admitted, Refused):
            self._pushes.free(pushed)
            return _started(self._empty(asked)) if admitted.is_of_number else admitted
        # Kept before it is sent: the operator's result may come before the answer to our request.
        self._pushes.keep(pushed)
        self._parts.tries.begin(pushed.waiting)
        message = self._message(code, service, address, locale)
        if not self._sender.submit("mobile_id", lambda: self._send(pushed, message)):
            self._pushes.end(pushed, Ended("failed"))
            return Unsupported()
        return _started(pushed)

    def state(self, challenge: str, browser: str, *, purpose: str = SIGN_IN) -> PushState:
        """How it stands."""
        pushed = self._pushes.find(challenge)
        if pushed is None or not pushed.waiting.is_of(browser, purpose):
            return "expired"
        result = self._result(pushed)
        if result is None:
            return "waiting"
        return result.state if isinstance(result, Ended) else "approved"

    def answer(
        self, challenge: str, text: str, browser: str, *, purpose: str = SIGN_IN
    ) -> Proved | Wrong | NotYet | Slow | Dead:
        """Try a code; without codes, see whether the operator has said yes. It is spent once (SR-126, SR-146)."""
        pushed = self._pushes.find(challenge)
        if pushed is None:
            return Dead("expired")
        if not pushed.waiting.is_of(browser, purpose):
            return Dead("foreign")
        if pushed.waiting.used:
            return Dead("used")
        result = self._result(pushed)
        if isinstance(result, Ended):
            return Dead(result.state)
        if self._settings.shows_code:
            refused = self._parts.tries.refuses(pushed.waiting, text, self._life_ms)
            if refused is not None:
                return refused
        return self._not_yet(pushed) if result is None else self._spend(pushed, result)

    def notify(self, authorization: str, body: str) -> Noted:
        """The operator's result. It counts once, with its bearer token, while it is awaited (SR-139).

        `later`: it could not be checked now, the operator may send it again.
        """
        scheme, _, token = authorization.partition(" ")
        pushed = self._pushes.find(token.partition(".")[0]) if scheme.lower() == "bearer" else None
        if pushed is None or not secrets.compare_digest(pushed.prompt.token.encode(), token.encode()):
            return "refused"
        if pushed.waiting.used or self._pushes.result(pushed) is not None:
            return "refused"
        try:
            found = self._mobile_id.read(pushed.prompt, self._pushes.transaction(pushed), body)
        except UpstreamError as error:
            self._parts.on_event(f"push_callback_{error.kind}")
            return "later" if error.kind == "unavailable" else "refused"
        return "noted" if self._pushes.end(pushed, found) else "refused"

    def _is_possible(self, asked: Asked) -> bool:
        if not self._settings.enabled or self._pushes.is_not_served(asked):
            return False
        return self._settings.shows_code or (asked.purpose == SIGN_IN and self._budget.has_proved(asked))

    def _new(self, asked: Asked, code: str | None) -> Pushed:
        challenge, now = secrets.token_urlsafe(16), self._parts.clock.now()
        digest = self._parts.tries.digest(challenge, code) if code else ""
        waiting = Waiting(challenge, asked, digest, now + self._life_ms, now)
        return Pushed(waiting, self._mobile_id.prompt(asked.number, challenge))

    def _empty(self, asked: Asked) -> Pushed:
        """What only looks like a push: nothing is sent, and no code answers it."""
        pushed = self._new(asked, None)
        self._pushes.keep(pushed)
        return pushed

    def _message(self, code: str, service: str, address: str, locale: str) -> str:
        """For the handset; empty where the operator shows none."""
        if not self._settings.shows_code:
            return ""
        return MESSAGES.get(locale, MESSAGES["ru"]).format(code=code, service=service, address=address)

    def _send(self, pushed: Pushed, message: str) -> None:
        """On a thread of the pool. What fails shows as a failed push, whose page offers an SMS."""
        try:
            self._pushes.sent(pushed, self._mobile_id.send(pushed.prompt, message))
        except UpstreamError as error:
            if isinstance(error, NotServed):
                self._pushes.note_not_served(pushed.waiting.asked)
            self._pushes.end(pushed, Ended("failed"))
            raise

    def _result(self, pushed: Pushed) -> Assertion | Ended | None:
        """What is known; where results are polled, the operator is asked first, not more often than he may be."""
        result, transaction = self._pushes.result(pushed), self._pushes.transaction(pushed)
        if result is not None or not self._settings.polling or transaction is None:
            return result
        if not self._pushes.may_poll(pushed):
            return None
        try:
            found = self._mobile_id.poll(pushed.prompt, transaction)
        except UpstreamError as error:
            self._parts.on_event(f"push_poll_{error.kind}")
            return None
        if found is not None:
            self._pushes.end(pushed, found)
        return self._pushes.result(pushed)

    def _not_yet(self, pushed: Pushed) -> NotYet:
        if self._settings.shows_code:
            self._budget.forgive(pushed.waiting.asked, pushed.id)
        return NotYet()

    def _spend(self, pushed: Pushed, said: Assertion) -> Proved | Dead:
        if not self._budget.succeed(pushed.waiting.asked, pushed.id):
            return Dead("used")
        self._pushes.spend(pushed)
        if not self._settings.shows_code:
            return Proved(said)
        typed = replace(said.evidence, method=(*said.evidence.method, "otp"), acr=ACR)
        return Proved(replace(said, evidence=typed))


def _started(pushed: Pushed) -> Started:
    return Started(pushed.id, pushed.waiting.expires_at, pushed.waiting.next_at)
