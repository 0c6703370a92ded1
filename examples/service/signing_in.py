"""The sign-in: going to MostID, and coming back."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from examples.service.customer import Journey
from examples.service.failures import Refused, Unreachable, Untrusted
from examples.service.messages import message
from examples.service.oidc import RelyingParty
from examples.service.registration import Registration
from examples.service.visits import Visits
from examples.service.words import language

OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*)?")
"""Where a sign-in may lead back to: a plain path of this service, never another host."""
Answer = Response | tuple[str, int]


class SigningIn:
    """`/signin`, `/pay` where there is something to pay for, and the redirect address."""

    def __init__(
        self, us: Registration, provider: RelyingParty, visits: Visits, order: Mapping[str, Any] | None = None
    ) -> None:
        self._us, self._provider, self._visits, self._order = us, provider, visits, order

    def blueprint(self) -> Blueprint:
        """The addresses."""
        blueprint = Blueprint("signing_in", __name__)
        blueprint.get("/signin", endpoint="begin")(self.begin)
        if self._order is not None:
            blueprint.get("/pay", endpoint="pay")(self.pay)
        blueprint.get(self._us.callback_path, endpoint="finish")(self.finish)
        return blueprint

    def begin(self) -> Answer:
        """Go to MostID. MostID itself may send people here to begin with, naming itself (OIDC Core §4)."""
        if request.args.get("iss", self._us.issuer) != self._us.issuer:
            return message("untrusted", 400)
        wanted = request.args.get("next", "/")
        try:
            return self._depart(silent=False, back_to=wanted if OWN_PATH.fullmatch(wanted) else "/")
        except (Unreachable, Untrusted):
            return message("unreachable", 503)

    def pay(self) -> Answer:
        """Have MostID ask the customer whether we may take the money for our order, under a number of its own."""
        order = {**(self._order or {}), "orderId": secrets.token_hex(4).upper()}
        try:
            return self._depart(silent=False, back_to="/", order=json.dumps([order]))
        except (Unreachable, Untrusted):
            return message("unreachable", 503)

    def look(self) -> Answer | None:
        """Ask MostID without any page whether the visitor is signed in there.

        Once for each browser: from now on it has a session, and whoever has one is not looked for.
        """
        self._visits.ensure()
        try:
            return self._depart(silent=True, back_to="/")
        except (Unreachable, Untrusted):
            return None

    def finish(self) -> Answer:
        """Back from MostID: only with the state that this very browser was sent off with."""
        session = self._visits.session()
        journey = session.journeys.pop(request.args.get("state", ""), None) if session else None
        if journey is None:
            return redirect("/", 303) if self._visits.customer() else message("expired", 400)
        try:
            customer = self._provider.finish(journey, request.args)
        except (Refused, Unreachable, Untrusted) as failure:
            return self._not_signed_in(journey, failure)
        session = self._visits.start(customer)
        if journey.silent:
            session.notice = "You are signed in already: MostID knows you in this browser."
        return redirect(journey.back_to, 303)

    def _not_signed_in(self, journey: Journey, failure: Exception) -> Answer:
        if journey.silent:  # nobody asked to sign in, so nobody is told that it did not work
            return redirect(journey.back_to, 303)
        if isinstance(failure, Refused):
            return (
                message("denied")
                if failure.code == "access_denied"
                else message("refused", 400, code=failure.code)
            )
        return message("unreachable", 503) if isinstance(failure, Unreachable) else message("untrusted", 400)

    def _depart(self, *, silent: bool, back_to: str, order: str = "") -> Answer:
        """Remember the journey in this browser's session and send the browser off."""
        journey = self._provider.begin(silent=silent, back_to=back_to, language=language(), order=order)
        self._visits.ensure().expect(journey)
        return redirect(journey.url, 303)
