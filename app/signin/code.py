"""The code page: what came by SMS, or what the handset shows with its push, is typed here."""

from typing import Any

from flask import Response, request

from app.challenges.outcomes import Dead, NotYet, Proved, Slow, Wrong
from app.identity.numbers import masked
from app.sessions.ask import browser_hash
from app.signin.finish import Finish
from app.signin.journey import Journey, Step, is_shared
from app.signin.phone import PATHS, SOON_S, PhonePage, seconds_until, wait_text
from app.signin.waiting import PUSH, SMS, Waiting, open_waiting
from app.web.pages import gettext, ngettext

TEMPLATES = {SMS: "signin/code.html", PUSH: "signin/push.html"}


class CodePage:
    """`GET` and `POST /signin/phone/code` and `/signin/phone/push`."""

    def __init__(self, journey: Journey, phone: PhonePage, finish: Finish) -> None:
        self._journey, self._parts = journey, journey.parts
        self._phone, self._finish = phone, finish

    def get(self) -> Response:
        """Show where the code went, and for how long it works."""
        found = self._waiting(self._journey.step())
        if isinstance(found, Response):
            return found
        step, waiting = found
        if waiting.kind == PUSH:
            state = self._parts.push.state(waiting.id, browser_hash(self._parts.browser.id()))
            if state in ("refused", "failed", "expired"):
                return self._over(step, waiting, state)
        return self._show(step, waiting, self._too_early(waiting))

    def post(self) -> Response:
        """Try the code."""
        found = self._waiting(self._journey.posted())
        if isinstance(found, Response):
            return found
        step, waiting = found
        browser = browser_hash(self._parts.browser.id())
        challenge = self._parts.push if waiting.kind == PUSH else self._parts.otp
        result = challenge.answer(waiting.id, request.form.get("code", ""), browser)
        if isinstance(result, Proved):
            return self._finish(step, result.assertion, shared=is_shared())
        if isinstance(result, Wrong):
            return self._show(step, waiting, _wrong(result.tries_left))
        if isinstance(result, NotYet):
            problem = gettext("Confirm the request on your phone first, then press Continue.")
            return self._show(step, waiting, problem, typed=request.form.get("code"))
        if isinstance(result, Slow):
            return self._show(step, waiting, _slow(seconds_until(result.retry_at, self._parts.clock.now())))
        return self._dead(step, waiting, result)

    def _waiting(self, step: Step | Response) -> tuple[Step, Waiting] | Response:
        if isinstance(step, Response):
            return step
        browser = browser_hash(self._parts.browser.id())
        waiting = open_waiting(self._parts.sealer, request.values.get("challenge", ""), browser)
        if waiting is None or waiting.kind not in TEMPLATES:
            return self._phone.show(step, problem=gettext("This code has expired. Ask for a new one."))
        return step, waiting

    def _show(
        self, step: Step, waiting: Waiting, problem: str | None = None, typed: str | None = None
    ) -> Response:
        now = self._parts.clock.now()
        context: dict[str, Any] = {
            "challenge": request.values["challenge"],
            "masked": masked(waiting.number),
            "problem": problem,
            "shared": is_shared(),
            "back": step.url_shared("/signin/phone"),
        }
        left = seconds_until(waiting.expires_at, now)
        if waiting.kind == PUSH:
            context |= {"seconds_left": left, "typed": typed}
            context["bare"] = not self._parts.settings.mobile_id.shows_code
        else:
            wait = seconds_until(waiting.resend_at, now)
            context["minutes"] = self._parts.settings.lifetimes.otp_s // 60
            context["resend_in"] = wait if wait <= SOON_S else 0
            context["later"] = wait_text(wait) if wait > SOON_S else None
            context["sending"] = bool(self._parts.settings.sms.inbound_number)
        return self._journey.render(TEMPLATES[waiting.kind], step, **context)

    def _too_early(self, waiting: Waiting) -> str | None:
        """What somebody is told who asked for another code too soon."""
        left = seconds_until(waiting.resend_at, self._parts.clock.now())
        return wait_text(left) if "early" in request.args and left else None

    def _dead(self, step: Step, waiting: Waiting, dead: Dead) -> Response:
        """A used code of somebody who is in goes on; any other asks for a new one."""
        if dead.reason == "used":
            return self._journey.onward(step)
        if waiting.kind == PUSH and dead.reason != "too_many":
            return self._over(step, waiting, dead.reason)
        if dead.reason == "too_many":
            problem = gettext("Too many wrong codes. Ask for a new one later, or use another way in.")
        else:
            problem = gettext("This code has expired. Ask for a new one.")
        return self._phone.show(step, phone=waiting.number, problem=problem)

    def _over(self, step: Step, waiting: Waiting, state: str) -> Response:
        """A push that came to nothing: a code by SMS is one press away, where there are such codes."""
        problem = _push_problem(state)
        if not self._parts.settings.sms.enabled:
            return self._phone.show(step, phone=waiting.number, problem=problem)
        return self._journey.render(
            "signin/push_over.html",
            step,
            challenge=request.values["challenge"],
            masked=masked(waiting.number),
            problem=problem,
            shared=is_shared(),
            back=step.url_shared("/signin/phone"),
        )


def _wrong(left: int) -> str:
    return ngettext(
        "That code did not match. {n} try left.", "That code did not match. {n} tries left.", left
    ).format(n=left)


def _slow(seconds: int) -> str:
    return ngettext(
        "Many wrong codes are coming in just now. Try again in {n} second, or use another way in.",
        "Many wrong codes are coming in just now. Try again in {n} seconds, or use another way in.",
        seconds,
    )


def _push_problem(state: str) -> str:
    if state == "refused":
        return gettext("The request was declined on the phone. Ask for a new one, or use another way in.")
    if state in ("expired", "foreign"):
        return gettext("This code has expired. Ask for a new one.")
    return gettext("The request did not reach the phone. Ask for a code by SMS.")


PAGES = (PATHS[SMS], PATHS[PUSH])
