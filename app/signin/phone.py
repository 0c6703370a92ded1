"""Signing in by a phone number: where to, and how the code travels."""

from flask import Response, request

from app.challenges.inbound import Shown
from app.challenges.outcomes import Refused, Started, Unsupported
from app.identity.numbers import BadNumber, Reason, parse
from app.sessions.ask import browser_hash
from app.signin.journey import Journey, Step, is_shared
from app.signin.waiting import MESSAGE, PUSH, SMS, Waiting, open_waiting, seal
from app.web.pages import gettext, ngettext

PATHS = {SMS: "/signin/phone/code", PUSH: "/signin/phone/push", MESSAGE: "/signin/phone/message"}
LONGEST_HINT = 20
EXAMPLE = "+7\u00a0920\u00a0123\u201145\u201167"
"""A number as it is typed, in one piece: no line ends inside it."""
NOT_MOBILE = frozenset({Reason.LANDLINE, Reason.PREMIUM, Reason.SERVICE, Reason.VOIP, Reason.SATELLITE})
SOON_S = 300
"""A wait that a person may sit out; a longer one is told in minutes and hours."""


class PhonePage:
    """`GET` and `POST /signin/phone`."""

    def __init__(self, journey: Journey) -> None:
        self._journey, self._parts = journey, journey.parts

    def get(self) -> Response:
        """Ask for the number."""
        step = self._journey.step()
        if isinstance(step, Response):
            return step
        hint = step.ask.parameters.get("login_hint", "")
        digits = hint.lstrip("+")
        return self.show(step, phone=hint if digits.isdigit() and len(hint) < LONGEST_HINT else "")

    def post(self) -> Response:
        """Send a code to the number that was typed, or to the one that the last code went to."""
        step = self._journey.posted()
        if isinstance(step, Response):
            return step
        browser = browser_hash(self._parts.browser.id())
        former = open_waiting(self._parts.sealer, request.form.get("challenge", ""), browser)
        if former is not None and ("again" in request.form or "instead" in request.form):
            if request.form.get("instead") == MESSAGE:
                return self._ask_to_send(step, former.number, browser)
            kind = SMS if "instead" in request.form else former.kind
            if kind == former.kind and former.resend_at > self._parts.clock.now():
                return self._to_code(step, request.form["challenge"], kind, early="1")
            return self.send(step, former.number, kind)
        typed = request.form.get("phone", "")
        settings = self._parts.settings
        try:
            number = parse(typed, settings.default_region, settings.number_countries).e164
        except BadNumber as bad:
            return self.show(step, phone=typed[:LONGEST_HINT], problem=number_problem(bad))
        return self.send(step, number, self._first_kind(number))

    def send(self, step: Step, number: str, kind: str) -> Response:
        """Begin a challenge and show its page; a push that cannot be has an SMS for its second."""
        browser = browser_hash(self._parts.browser.id())
        begun = self._begin(step, number, kind, browser)
        if isinstance(begun, Unsupported):
            kind = SMS
            begun = self._begin(step, number, kind, browser)
        if not isinstance(begun, Started):
            return self._refuse(step, number)
        waiting = Waiting(begun.challenge, kind, number, begun.expires_at, begun.resend_at)
        return self._to_code(step, seal(self._parts.sealer, waiting, browser), kind)

    def _ask_to_send(self, step: Step, number: str, browser: str) -> Response:
        """Show a code that the person sends from their phone."""
        shown = self._parts.inbound.start(
            number,
            browser=browser,
            address=request.environ["mostid.address"],
            client_id=step.client.client_id,
        )
        if not isinstance(shown, Shown):
            return self._refuse(step, number)
        waiting = Waiting(shown.challenge, MESSAGE, number, shown.expires_at, 0, shown.code)
        return self._to_code(step, seal(self._parts.sealer, waiting, browser), MESSAGE)

    def _refuse(self, step: Step, number: str) -> Response:
        text = gettext("A code cannot be sent to this number now. Use another way in or try later.")
        return self.show(step, phone=number, problem=text, status=429)

    def _to_code(self, step: Step, challenge: str, kind: str, **more: str) -> Response:
        return self._parts.pages.redirect(step.url_shared(PATHS[kind], challenge=challenge, **more))

    def show(self, step: Step, *, phone: str = "", problem: str | None = None, status: int = 200) -> Response:
        """The page that asks for the number."""
        return self._journey.render(
            "signin/phone.html",
            step,
            status=status,
            phone=phone,
            problem=problem,
            shared=is_shared(),
            back=step.url_shared("/signin"),
        )

    def _begin(self, step: Step, number: str, kind: str, browser: str) -> Started | Refused | Unsupported:
        challenge = self._parts.push if kind == PUSH else self._parts.otp
        return challenge.start(
            number,
            browser=browser,
            address=request.environ["mostid.address"],
            client_id=step.client.client_id,
            service=step.client.short_name or step.service.name,
            locale=self._parts.pages.language(),
        )

    def _first_kind(self, number: str) -> str:
        """A push where the range once was MegaFon's; the operator itself says if it is no longer."""
        settings = self._parts.settings
        ours = number.removeprefix("+").startswith(settings.mobile_id.prefixes)
        if settings.mobile_id.enabled and (ours or not settings.sms.enabled):
            return PUSH
        return SMS


def number_problem(bad: BadNumber) -> str:
    """What to change about a number."""
    if bad.reason is Reason.COUNTRY:
        return gettext("Numbers of this country are not supported. Type a Russian mobile number.")
    if bad.reason in NOT_MOBILE:
        return gettext("Codes can only be sent to a mobile number.")
    return gettext("This does not look like a mobile number. Type it like {number}.", number=EXAMPLE)


def wait_text(seconds: int) -> str:
    """How long until the next code, as exactly as anybody wants to know it."""
    if seconds <= SOON_S:
        return ngettext(
            "The next code can be sent in {n} second.", "The next code can be sent in {n} seconds.", seconds
        )
    minutes = -(-seconds // 60)
    if minutes <= 120:
        return ngettext(
            "The next code can be sent in {n} minute. Use another way in meanwhile.",
            "The next code can be sent in {n} minutes. Use another way in meanwhile.",
            minutes,
        )
    return ngettext(
        "The next code can be sent in {n} hour. Use another way in meanwhile.",
        "The next code can be sent in {n} hours. Use another way in meanwhile.",
        -(-minutes // 60),
    )


def seconds_until(at: int, now: int) -> int:
    """Whole seconds from now (ms) until then, never negative."""
    return max(0, (at - now + 999) // 1000)
