"""Consent: a third party's wish list, each datum as it would be sent, each optional one with a switch of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from app.grants import consents, grants
from app.grants.claims import profile, select_claims
from app.identity.numbers import masked
from app.sessions.browser import BrowserSession
from app.signin.journey import Journey, Step
from app.web.pages import gettext

REQUIRED = frozenset({"openid", "profile", "offline_access"})
"""Without these a service has nobody to speak to; the rest is for the person to switch on."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the page."""

    name: str
    scope: str
    label: str
    value: str
    optional: bool


class ConsentPage:
    """`GET` and `POST /consent`."""

    def __init__(self, journey: Journey) -> None:
        self._journey, self._parts = journey, journey.parts

    def get(self) -> Response:
        """Show who asks for what."""
        step = self._journey.step()
        if isinstance(step, Response):
            return step
        known = self._parts.storage.run(self._read)
        if known is None:
            return self._journey.onward(step)
        _session, claims = known
        return self._journey.render(
            "signin/consent.html",
            step,
            items=[self._item(scope, claims) for scope in self._scopes(step)],
            policy_uri=step.client.policy_uri or None,
            tos_uri=step.client.tos_uri or None,
            site=step.client.client_id,
        )

    def post(self) -> Response:
        """Write down what was decided, and go on."""
        self._parts.forms.check()
        step = self._journey.step()
        if isinstance(step, Response):
            return step
        if request.form.get("decision") != "allow":
            return self._parts.pages.redirect(self._journey.refusal(step))
        chosen = set(request.form.getlist("scope"))
        self._parts.storage.run(lambda tx: self._give(tx, step, chosen), write=True)
        return self._journey.onward(step)

    def _give(self, tx: Session, step: Step, chosen: set[str]) -> None:
        """What was shown is decided by the ask, never by the form (SR-016)."""
        session = self._session(tx)
        if session is None:
            return
        shown = set(self._scopes(step))
        given = (shown & REQUIRED) | (shown & chosen)
        before = grants.standing(tx, session.identity_id, step.client.client_id)
        kept, off = before.consented - shown, (before.left_out - shown) | (shown - given)
        now = self._parts.clock.now()
        consents.give(tx, session.identity_id, step.client.client_id, given | kept, off, now)

    def _read(self, tx: Session) -> tuple[BrowserSession, dict[str, Any]] | None:
        session = self._session(tx)
        if session is None:
            return None
        return session, profile(tx, self._parts.data_keys, session.identity_id)

    def _session(self, tx: Session) -> BrowserSession | None:
        return self._parts.sessions.find(tx, self._parts.cookies.read("sid"))

    def _scopes(self, step: Step) -> list[str]:
        asked = step.ask.parameters.get("scope", "").split()
        return [scope for scope in dict.fromkeys(asked) if scope in step.client.scopes]

    def _item(self, scope: str, claims: Mapping[str, Any]) -> Item:
        return Item(
            scope, scope, _label(scope), _value(scope, select_claims(claims, [scope])), scope not in REQUIRED
        )


def _label(scope: str) -> str:
    labels = {
        "openid": gettext("A number that stands for you in this service alone"),
        "profile": gettext("Name and picture"),
        "email": gettext("E-mail address"),
        "phone": gettext("Phone number"),
        "address": gettext("Address"),
        "offline_access": gettext("Access while you are away"),
    }
    return labels.get(scope, scope)


def _value(scope: str, claims: Mapping[str, Any]) -> str:
    """What would be sent, masked where strangers may look over a shoulder."""
    if scope == "phone" and "phone_number" in claims:
        return masked(claims["phone_number"])
    if scope == "email" and "email" in claims:
        name, _, host = str(claims["email"]).partition("@")
        return f"{name[:1]}•••@{host}"
    return str(claims.get("name", "")) if scope == "profile" else ""
