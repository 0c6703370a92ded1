"""Consent: a third party's wish list, each datum as it would be sent, each optional one with a switch of its own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from app.clients.addresses import host_of
from app.grants import consents, grants
from app.grants.claims import profile, select_claims
from app.grants.claims_parameter import parse_claims
from app.grants.grants import Standing
from app.identity.numbers import masked
from app.sessions.browser import BrowserSession
from app.signin.journey import Journey, Step
from app.signin.parts import Parts
from app.storage.database import Transaction
from app.web.pages import gettext

REQUIRED = frozenset({"openid", "profile", "offline_access"})
"""Without these a service has nobody to speak to; the rest is for the person to switch on."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the page."""

    scope: str
    label: str
    value: str
    optional: bool
    on: bool
    """Whether the person had it switched on before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for what, as it stands now."""

    session: BrowserSession
    scopes: tuple[str, ...]
    claims: Mapping[str, Any]
    standing: Standing

    @property
    def mark(self) -> str:
        """What the form says that its page showed: an answer counts for the same person and the same list alone."""
        shown = f"mostid/consent/{self.session.identity_id}/{' '.join(self.scopes)}"
        return hashlib.sha256(shown.encode()).hexdigest()[:32]


class ConsentPage:
    """`GET` and `POST /consent`."""

    def __init__(self, journey: Journey) -> None:
        self._journey, self._parts = journey, journey.parts

    def get(self) -> Response:
        """Show who asks for what."""
        step = self._journey.step()
        if isinstance(step, Response):
            return step
        asked = (
            None if step.ask.device else self._parts.storage.run(lambda tx: asked_of(tx, self._parts, step))
        )
        if asked is None:
            return self._journey.onward(step)
        return self._journey.render(
            "signin/consent.html",
            step,
            items=[item(scope, asked) for scope in asked.scopes],
            shown=asked.mark,
            policy_uri=step.client.policy_uri or None,
            tos_uri=step.client.tos_uri or None,
            site=_site(step.ask.parameters["redirect_uri"]),
        )

    def post(self) -> Response:
        """Write down what was decided, and go on."""
        step = self._journey.posted()
        if isinstance(step, Response):
            return step
        if request.form.get("decision") != "allow":
            return self._parts.pages.redirect(self._journey.refusal(step))
        chosen, shown = set(request.form.getlist("scope")), request.form.get("shown", "")
        if not self._parts.storage.run(lambda tx: self._give(tx, step, chosen, shown), write=True):
            return self._parts.pages.redirect(step.url("/consent"))
        return self._journey.onward(step)

    def _give(self, tx: Transaction, step: Step, chosen: set[str], shown: str) -> bool:
        """What may be given is decided by the ask, never by the form (SR-016). False when something else was shown."""
        asked = asked_of(tx, self._parts, step)
        if asked is None or asked.mark != shown:
            return False
        give(tx, asked, step.client.client_id, chosen, self._parts.clock.now())
        return True


def give(tx: Transaction, asked: Asked, client_id: str, chosen: set[str], now: int) -> tuple[str, ...]:
    """Write down the scopes that were switched on and those that need no switch; returns what is given of this list."""
    scopes, before = set(asked.scopes), asked.standing
    given = scopes & (REQUIRED | chosen)
    kept, off = before.consented - scopes, (before.left_out - scopes) | (scopes - given)
    consents.give(tx, asked.session.identity_id, client_id, given | kept, off, now)
    return tuple(scope for scope in asked.scopes if scope in given)


def asked_of(tx: Transaction, parts: Parts, step: Step) -> Asked | None:
    """What this step asks of whoever is signed in; None when nobody is."""
    session = parts.sessions.find(tx, parts.cookies.read("sid"))
    if session is None:
        return None
    identity, client = session.identity_id, step.client
    wanted = dict.fromkeys([*step.ask.parameters.get("scope", "").split(), *_scopes_of_claims(step)])
    return Asked(
        session,
        tuple(scope for scope in wanted if scope in client.scopes),
        profile(tx, parts.data_keys, identity),
        grants.standing(tx, identity, client.client_id),
    )


def _scopes_of_claims(step: Step) -> list[str]:
    """Whoever is asked for one claim is asked for the scope that holds it."""
    text = step.ask.parameters.get("claims")
    return sorted(parse_claims(text, step.client.scopes).scopes) if text is not None else []


def item(scope: str, asked: Asked) -> Item:
    """How one scope is shown to who is asked."""
    value = _value(scope, select_claims(asked.claims, [scope]))
    return Item(scope, _label(scope), value, scope not in REQUIRED, scope in asked.standing.consented)


def _site(redirect_uri: str) -> str:
    """Where the answer goes, as people read it: a host, or the name that an application on this device goes by."""
    return host_of(redirect_uri) or redirect_uri.partition(":")[0]


def _label(scope: str) -> str:
    labels = {
        "openid": gettext("A number that stands for you in this service alone"),
        "profile": gettext("Name, nickname, picture, gender, date of birth, language"),
        "email": gettext("E-mail address"),
        "phone": gettext("Phone number"),
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
    if scope == "profile":
        born = f"••.••.{claims['birthdate'][:4]}" if "birthdate" in claims else ""
        return ", ".join(part for part in (claims.get("name"), born) if part)
    return ""
