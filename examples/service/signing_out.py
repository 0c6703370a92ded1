"""Leaving: this service alone, or everything; and renewing before one has to."""

import hmac
import logging
import secrets

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from examples.service.failures import Refused, Unreachable, Untrusted
from examples.service.messages import message
from examples.service.oidc import RelyingParty
from examples.service.registration import Registration
from examples.service.visits import Visits
from examples.service.words import language

log = logging.getLogger("examples")
Answer = Response | tuple[str, int]


class SigningOut:
    """`/signout`, `/signout-everywhere`, `/renew`, and where MostID leads back to."""

    def __init__(self, us: Registration, provider: RelyingParty, visits: Visits) -> None:
        self._us, self._provider, self._visits = us, provider, visits

    def blueprint(self) -> Blueprint:
        """The addresses."""
        blueprint = Blueprint("signing_out", __name__)
        blueprint.post("/signout", endpoint="here")(self.here)
        blueprint.post("/signout-everywhere", endpoint="everywhere")(self.everywhere)
        blueprint.post("/renew", endpoint="renew")(self.renew)
        blueprint.get(self._us.signed_out_path, endpoint="done")(self.done)
        return blueprint

    def here(self) -> Answer:
        """Leave this service; the person stays signed in at MostID. Their tokens are given back."""
        customer = self._visits.signed_in()
        self._visits.start(None)
        try:
            self._provider.forget(customer)
        except (Refused, Unreachable, Untrusted):
            log.warning("tokens could not be given back; they end by themselves")
        return redirect("/", 303)

    def everywhere(self) -> Answer:
        """Leave this service and lead the person to MostID's own sign-out (OIDC RP-Initiated Logout §2)."""
        customer, state = self._visits.signed_in(), secrets.token_urlsafe(32)
        try:
            address = self._provider.sign_out_url(customer, state, language())
        except (Unreachable, Untrusted):
            return message("unreachable", 503)
        self._visits.start(None).sign_out_state = state
        return redirect(address, 303)

    def done(self) -> Answer:
        """Back from MostID's sign-out: it is said only to the browser that began it."""
        session, state = self._visits.session(), request.args.get("state", "")
        expected = session.sign_out_state if session else ""
        if session is None or not expected or not hmac.compare_digest(state.encode(), expected.encode()):
            return redirect("/", 303)
        session.sign_out_state = ""
        return message("signed_out")

    def renew(self) -> Answer:
        """Renew now."""
        self._visits.signed_in()
        self._visits.renew(always=True)
        return redirect("/", 303)
