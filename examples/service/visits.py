"""Who is asking: the session behind a request, its cookie, and the proof that a form is ours."""

import hmac

from flask import Flask, Response, abort, g, request

from examples.service.customer import Customer
from examples.service.failures import Refused, Unreachable, Untrusted
from examples.service.oidc import RelyingParty
from examples.service.sessions import LIFE_S, Session, Sessions


class Visits:
    """Finds, keeps and changes the session of the current request."""

    def __init__(self, cookie: str, origin: str, sessions: Sessions, provider: RelyingParty) -> None:
        self._cookie, self._origin = cookie, origin
        self._sessions, self._provider = sessions, provider

    def install(self, app: Flask) -> None:
        """Find the session before each request, set its cookie after one that changed it."""
        app.before_request(self._find)
        app.after_request(self._set_cookie)
        app.jinja_env.globals.update(customer=self.customer, form_token=self._form_token, notice=self.notice)

    def session(self) -> Session | None:
        """The session of this browser."""
        found: Session | None = g.session
        return found

    def ensure(self) -> Session:
        """The session of this browser, begun now if there is none."""
        return self.session() or self.start(None)

    def start(self, customer: Customer | None) -> Session:
        """Put a new session in the place of this one: its id never outlives a sign-in or sign-out."""
        if (old := self.session()) is not None:
            self._sessions.end(old)
        g.session = g.changed = self._sessions.open(customer)
        session: Session = g.session
        return session

    def customer(self) -> Customer | None:
        """Who is signed in here."""
        session = self.session()
        return session.customer if session else None

    def check_form(self) -> None:
        """Refuse a POST that does not come from a form that we gave to this very session."""
        session = self.session()
        foreign = request.headers.get("Origin", self._origin) != self._origin
        foreign |= request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
        given = request.form.get("csrf_token", "").encode()
        if session is None or foreign or not hmac.compare_digest(given, session.form_token.encode()):
            abort(403)

    def signed_in(self) -> Customer:
        """The customer who posted a form of ours."""
        self.check_form()
        return self.customer() or abort(403)

    def renew(self, *, always: bool) -> None:
        """Renew the customer's access: when it ends, or `always`. A sign-in that ended at MostID ends here too."""
        session = self.session()
        if session is None or (asked_with := session.customer) is None:
            return
        with session.renewal:
            due = always or self._provider.needs_renewal(session.customer or asked_with)
            if not due or session.customer is not asked_with:  # another request was faster
                return
            try:
                session.customer = self._provider.renew(asked_with)
            except (Refused, Unreachable, Untrusted) as failure:
                if not isinstance(failure, Refused) or failure.code != "invalid_grant":
                    session.notice = "MostID is not answering; you are still signed in here."
                    return
        if session.customer is asked_with:
            self.start(None).notice = "You signed out elsewhere. Sign in to go on."

    def notice(self) -> str:
        """What to tell this browser once."""
        session = self.session()
        if session is None:
            return ""
        text, session.notice = session.notice, ""
        return text

    def _find(self) -> None:
        g.session, g.changed = self._sessions.find(request.cookies.get(self._cookie, "")), None

    def _set_cookie(self, response: Response) -> Response:
        if (session := g.get("changed")) is not None:
            response.set_cookie(
                self._cookie, session.id, max_age=LIFE_S, path="/", httponly=True, samesite="Lax",
                secure=self._origin.startswith("https://"),
            )  # fmt: skip
        return response

    def _form_token(self) -> str:
        session = self.session()
        return session.form_token if session else ""
