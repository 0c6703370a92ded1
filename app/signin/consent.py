"""Consent: a third party's wish list, each datum as it would be sent, each optional one with a switch of its own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, request

from app.clients.addresses import host_of
from app.grants import consents, grants
from app.grants.claims import profile, select_claims
from app.grants.grants import Standing
from app.identity.numbers import masked
from app.signin.journey import Journey, Step
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

    identity: UUID
    scopes: tuple[str, ...]
    claims: Mapping[str, Any]
    standing: Standing

    @property
    def mark(self) -> str:
        """What the form says that its page showed: an answer counts for the same person and the same list alone."""
        shown = f"mostid/consent/{self.identity}/{' '.join(self.scopes)}"
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
        asked = self._parts.storage.run(lambda tx: self._asked(tx, step))
        if asked is None:
            return self._journey.onward(step)
        return self._journey.render(
            "signin/consent.html",
            step,
            items=[_item(scope, asked) for scope in asked.scopes],
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
        asked = self._asked(tx, step)
        if asked is None or asked.mark != shown:
            return False
        scopes, before = set(asked.scopes), asked.standing
        given = scopes & (REQUIRED | chosen)
        kept, off = before.consented - scopes, (before.left_out - scopes) | (scopes - given)
        now = self._parts.clock.now()
        consents.give(tx, asked.identity, step.client.client_id, given | kept, off, now)
        return True

    def _asked(self, tx: Transaction, step: Step) -> Asked | None:
        """None when nobody is signed in."""
        session = self._parts.sessions.find(tx, self._parts.cookies.read("sid"))
        if session is None:
            return None
        identity, client = session.identity_id, step.client
        wanted = dict.fromkeys(step.ask.parameters.get("scope", "").split())
        return Asked(
            identity,
            tuple(scope for scope in wanted if scope in client.scopes),
            profile(tx, self._parts.data_keys, identity),
            grants.standing(tx, identity, client.client_id),
        )


def _item(scope: str, asked: Asked) -> Item:
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
