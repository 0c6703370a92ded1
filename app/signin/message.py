"""The page of a code that the person sends from their phone."""

from flask import Response, request

from app.challenges.outcomes import Dead, NotYet
from app.identity.numbers import masked
from app.sessions.ask import browser_hash
from app.signin.finish import Finish
from app.signin.journey import Journey, Step, is_shared
from app.signin.phone import PATHS, PhonePage, seconds_until
from app.signin.waiting import MESSAGE, Waiting, open_waiting
from app.web.pages import gettext

PATH = PATHS[MESSAGE]


class MessagePage:
    """`GET` and `POST /signin/phone/message`."""

    def __init__(self, journey: Journey, phone: PhonePage, finish: Finish) -> None:
        self._journey, self._parts = journey, journey.parts
        self._phone, self._finish = phone, finish

    def get(self) -> Response:
        """Show the code, and whether it has come."""
        found = self._waiting(self._journey.step())
        if isinstance(found, Response):
            return found
        step, waiting = found
        state = self._parts.inbound.state(waiting.id, browser_hash(self._parts.browser.id()))
        if state == "expired":
            return self._expired(step, waiting)
        return self._show(step, waiting, arrived=state == "arrived")

    def post(self) -> Response:
        """Go on, if the message has come."""
        found = self._waiting(self._journey.posted())
        if isinstance(found, Response):
            return found
        step, waiting = found
        result = self._parts.inbound.answer(waiting.id, browser_hash(self._parts.browser.id()))
        if isinstance(result, NotYet):
            problem = gettext("The message has not come yet. Send it, wait a little, then press Continue.")
            return self._show(step, waiting, problem=problem)
        if isinstance(result, Dead):
            return self._journey.onward(step) if result.reason == "used" else self._expired(step, waiting)
        return self._finish(step, result.assertion, shared=is_shared())

    def _waiting(self, step: Step | Response) -> tuple[Step, Waiting] | Response:
        if isinstance(step, Response):
            return step
        browser = browser_hash(self._parts.browser.id())
        waiting = open_waiting(self._parts.sealer, request.values.get("challenge", ""), browser)
        if waiting is None or waiting.kind != MESSAGE:
            return self._phone.show(step, problem=gettext("This code has expired. Ask for a new one."))
        return step, waiting

    def _expired(self, step: Step, waiting: Waiting) -> Response:
        problem = gettext("This code has expired. Ask for a new one.")
        return self._phone.show(step, phone=waiting.number, problem=problem)

    def _show(
        self, step: Step, waiting: Waiting, *, problem: str | None = None, arrived: bool = False
    ) -> Response:
        return self._journey.render(
            "signin/message.html",
            step,
            challenge=request.values["challenge"],
            masked=masked(waiting.number),
            code=waiting.code,
            to=self._parts.settings.sms.inbound_number,
            minutes=-(-seconds_until(waiting.expires_at, self._parts.clock.now()) // 60),
            arrived=arrived,
            problem=problem,
            shared=is_shared(),
            back=step.url_shared("/signin/phone"),
        )
