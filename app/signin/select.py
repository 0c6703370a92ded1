"""Several customers in one browser: a page that lists them, and goes on as whom its reader presses (OIDC Core §3.1.2.1).

Nobody is chosen by a link: only a form of ours changes who is the current one (SR-085), and each choice gives that
session a new name (SR-082).
"""

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request

from app.events import audit
from app.grants.claims import profile
from app.identity.links import provider_of
from app.identity.numbers import BadNumber, masked, parse
from app.identity.profile import known_as, masked_email
from app.lifecycle.aside import Sessions, put_aside
from app.sessions.browser import BrowserSession
from app.sessions.others import mark
from app.signin.device import Devices
from app.signin.journey import Journey, Step
from app.signin.upstream import NAMES
from app.storage.database import Transaction
from app.web.pages import gettext

PATH = "/signin/select"
ANOTHER = "another"


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer on the page."""

    mark: str
    name: str
    detail: str
    initials: str
    way: str
    current: bool
    hinted: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is the current one now, and who is kept aside. Nobody is, where another person is to come."""

    session: BrowserSession | None
    others: Sessions


class SelectPage:
    """`GET` and `POST /signin/select`, with an ask or, from the page at `/`, without one."""

    def __init__(self, journey: Journey, devices: Devices) -> None:
        self._journey, self._parts, self._devices = journey, journey.parts, devices

    def get(self) -> Response:
        """Show who is signed in here; with nobody, go on to the sign-in."""
        step = self._journey.step() if "ask" in request.args else None
        return step if isinstance(step, Response) else self._show(step)

    def post(self) -> Response:
        """Go on as whoever was chosen, back, or to the sign-in of another person."""
        if "ask" in request.form:
            step: Step | Response | None = self._journey.posted()
        else:
            self._parts.forms.check()
            step = None
        if isinstance(step, Response):
            return step
        if step is not None and request.form.get("decision") == "deny":
            return self._parts.pages.redirect(self._journey.refusal(step))
        choice = request.form.get("choice", "")
        if step is not None and choice == ANOTHER:
            return self._to_signin(step)
        chosen = self._parts.storage.run(lambda tx: self._choose(tx, choice), write=True)
        if chosen is None:
            return self._show(step, gettext("That sign-in has ended. Choose again, or sign in."))
        return self._go_on(step, chosen)

    def _to_signin(self, step: Step) -> Response:
        """Another person: nothing changes before they have proved who they are; whom the upstream knows is not enough."""
        ask = self._parts.asks.seal(replace(step.ask, force=True))
        response = self._parts.pages.redirect(replace(step, text=ask).url("/signin"))
        self._devices.greet_nobody(response)
        return response

    def _choose(self, tx: Transaction, choice: str) -> Chosen | None:
        """Make this one the current one. None where they are not signed in here any more."""
        here, now = self._journey.present(tx), self._parts.clock.now()
        sessions = self._parts.sessions
        if choice == ANOTHER:
            gone = here.current
            return Chosen(None, put_aside(tx, sessions, gone, here.others, now) if gone else here.others)
        wanted = next((session for session in here.all if mark(session) == choice), None)
        if wanted is None:
            return None
        if wanted == here.current:
            return Chosen(wanted, here.others)
        renewed = sessions.renew(tx, wanted, overlaps=True)
        if renewed is None:
            return None
        others = here.without(wanted)
        if here.current is not None:
            others = put_aside(tx, sessions, here.current, others, now)
        detail = {"session": str(renewed.id)}
        audit.record(tx, "session.chosen", now, identity=renewed.identity_id, detail=detail)
        return Chosen(renewed, others)

    def _go_on(self, step: Step | None, chosen: Chosen) -> Response:
        parts, session = self._parts, chosen.session
        if step is None or session is None:
            response = parts.pages.redirect("/")
        else:
            ask = parts.asks.seal(replace(step.ask, chosen=mark(session)))
            response = self._journey.onward(replace(step, text=ask))
        if session is None:
            parts.cookies.clear(response, "sid")
        else:
            left = max(1, (session.expires_at - parts.clock.now()) // 1000)
            parts.cookies.set(
                response, "sid", parts.sessions.cookie(session), None if session.shared else left
            )
        self._journey.remember(response, chosen.others)
        return response

    def _show(self, step: Step | None, problem: str | None = None) -> Response:
        entries = self._parts.storage.run(lambda tx: self._entries(tx, step))
        if not entries:
            return self._parts.pages.redirect(step.url("/signin") if step is not None else "/")
        context: dict[str, Any] = {"people": entries, "names": NAMES, "problem": problem}
        if step is None:
            return self._parts.pages.render("signin/select.html", ask=None, **context)
        return self._journey.render("signin/select.html", step, **context)

    def _entries(self, tx: Transaction, step: Step | None) -> list[Entry]:
        """Whoever is signed in here, the one whom the service names first."""
        here = self._journey.present(tx)
        first = request.values.get("first", "")
        hint = step.ask.parameters.get("login_hint", "") if step is not None else ""
        entries = [
            self._entry(tx, session, first, hint, current=session == here.current) for session in here.all
        ]
        return sorted(entries, key=lambda entry: not entry.hinted)

    def _entry(
        self, tx: Transaction, session: BrowserSession, first: str, hint: str, *, current: bool
    ) -> Entry:
        claims = profile(tx, self._parts.data_keys, session.identity_id)
        email, number = claims.get("email", ""), claims.get("phone_number", "")
        way = provider_of(tx, session.identity_id, session.link_id)
        detail = masked(number) if number and (way == "phone" or not email) else masked_email(email)
        named, own = claims.get("name", ""), mark(session)
        hinted = own == first or (bool(hint) and _is_hinted(hint, email, number))
        detail = detail if named else ""
        return Entry(own, known_as(claims), detail, _initials(named), way, current, hinted)


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _is_hinted(hint: str, email: str, number: str) -> bool:
    """Whether a service means this customer: by address or number, as people write them."""
    if hint.strip().casefold() == email.casefold():
        return True
    try:
        return bool(number) and parse(hint).e164 == number
    except BadNumber:
        return False
