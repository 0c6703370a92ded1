"""Consent: a third party's wish list, each datum as it would be sent, each optional one with a switch of its own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from app.clients.addresses import host_of
from app.clients.client import Client
from app.events import audit
from app.grants import consents, grants
from app.grants.authorization_details import Details, written
from app.grants.claims import CLAIMS_OF_SCOPE, profile, select_claims
from app.grants.claims_parameter import parse_claims
from app.grants.grants import Standing
from app.identity.numbers import masked
from app.identity.profile import known_as, masked_email
from app.sessions.browser import BrowserSession
from app.signin.details import deeds, details_of
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
    empty: bool
    """Whether it stands for data of which there are none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for what, as it stands now."""

    session: BrowserSession
    scopes: tuple[str, ...]
    claims: Mapping[str, Any]
    standing: Standing
    details: Details = ()
    """What is asked for in full, this once (RFC 9396)."""

    @property
    def mark(self) -> str:
        """What the form says that its page showed: an answer counts for the same person and the same list alone."""
        shown = f"mostid/consent/{self.session.identity_id}/{' '.join(self.scopes)}"
        if self.details:
            shown += f"/{written(self.details)}"
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
        if asked is None or not (asked.scopes or asked.details):
            return self._journey.onward(step)
        return self._journey.render(
            "signin/consent.html",
            step,
            items=[item(scope, asked) for scope in asked.scopes],
            deeds=deeds(self._parts, asked.details),
            shown=asked.mark,
            account=known_as(asked.claims),
            policy_uri=step.client.policy_uri or None,
            tos_uri=step.client.tos_uri or None,
            site=_site(step.ask.parameters["redirect_uri"]),
        )

    def post(self) -> Response:
        """Write down what was decided, and go on."""
        step = self._journey.posted()
        if isinstance(step, Response):
            return step
        if step.ask.device:  # decided on a page of its own, which asks for more (SR-048)
            return self._journey.onward(step)
        if request.form.get("decision") != "allow":
            return self._parts.pages.redirect(self._journey.refusal(step))
        chosen, shown = set(request.form.getlist("scope")), request.form.get("shown", "")
        given = self._parts.storage.run(lambda tx: self._give(tx, step, chosen, shown), write=True)
        if given is None:
            return self._parts.pages.redirect(step.url("/consent"))
        if given.details:
            approval = self._parts.approvals.give(given.session.identity_id, written(given.details))
            return self._journey.onward(self._journey.approved(step, approval))
        return self._journey.onward(step)

    def _give(self, tx: Transaction, step: Step, chosen: set[str], shown: str) -> Asked | None:
        """What may be given is decided by the ask, never by the form (SR-016). None when something else was shown."""
        asked = asked_of(tx, self._parts, step)
        if asked is None or asked.mark != shown:
            return None
        client_id, now = step.client.client_id, self._parts.clock.now()
        if asked.scopes:
            give(tx, asked, client_id, chosen, now)
        record_details(tx, asked, client_id, now)
        return asked


def give(tx: Transaction, asked: Asked, client_id: str, chosen: set[str], now: int) -> tuple[str, ...]:
    """Write down the scopes that were switched on and those that need no switch; returns what is given of this list."""
    scopes, before = set(asked.scopes), asked.standing
    given = scopes & (REQUIRED | chosen)
    kept, off = before.consented - scopes, (before.left_out - scopes) | (scopes - given)
    consents.give(tx, asked.session.identity_id, client_id, given | kept, off, now)
    return tuple(scope for scope in asked.scopes if scope in given)


def record_details(tx: Transaction, asked: Asked, client_id: str, now: int) -> None:
    """Leave word that details were allowed: their types, and a hash that proves what they were."""
    if asked.details:
        digest = hashlib.sha256(written(asked.details).encode()).hexdigest()
        detail = {"types": [one["type"] for one in asked.details], "sha256": digest}
        identity = asked.session.identity_id
        audit.record(tx, "details.allowed", now, identity=identity, client_id=client_id, detail=detail)


def asked_of(tx: Transaction, parts: Parts, step: Step) -> Asked | None:
    """What this step asks of whoever is signed in; None when nobody is, or its details may not be asked any more."""
    session, details = parts.sessions.find(tx, parts.cookies.read("sid")), details_of(parts, step)
    if session is None or details is None:
        return None
    identity, client = session.identity_id, step.client
    standing = grants.standing(tx, identity, client.client_id)
    wanted = dict.fromkeys([*step.ask.parameters.get("scope", "").split(), *_scopes_of_claims(step)])
    scopes = tuple(scope for scope in wanted if scope in client.scopes)
    if details and not _asks_anew(step):
        scopes = _open_ones(scopes, client, standing)
    return Asked(session, scopes, profile(tx, parts.data_keys, identity), standing, details)


def _open_ones(scopes: tuple[str, ...], client: Client, standing: Standing) -> tuple[str, ...]:
    """What is still to be decided beside details: what was decided is not asked again, nor for our own services."""
    decided = standing.consented | standing.left_out
    return () if client.first_party else tuple(scope for scope in scopes if scope not in decided)


def _asks_anew(step: Step) -> bool:
    """Whether everything is for its person to decide, whatever was decided before."""
    parameters, client = step.ask.parameters, step.client
    asks = step.ask.device or "consent" in parameters.get("prompt", "").split()
    return asks or client.may_be_anybody(parameters["redirect_uri"])


def _scopes_of_claims(step: Step) -> list[str]:
    """Whoever is asked for one claim is asked for the scope that holds it."""
    text = step.ask.parameters.get("claims")
    return sorted(parse_claims(text, step.client.scopes).scopes) if text is not None else []


def item(scope: str, asked: Asked) -> Item:
    """How one scope is shown to who is asked."""
    claims = select_claims(asked.claims, [scope])
    return Item(
        scope,
        _label(scope),
        _value(scope, claims),
        optional=scope not in REQUIRED,
        on=scope in asked.standing.consented,
        empty=scope in CLAIMS_OF_SCOPE and claims.keys() <= {"updated_at"},  # which is said of anybody
    )


def _site(redirect_uri: str) -> str:
    """Where the answer goes, as people read it: a host, or the name that an application on this device goes by."""
    return host_of(redirect_uri) or redirect_uri.partition(":")[0]


def _label(scope: str) -> str:
    labels = {
        "openid": gettext("An identifier by which only this service knows you"),
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
        return masked_email(claims["email"])
    if scope == "profile":
        born = f"••.••.{claims['birthdate'][:4]}" if "birthdate" in claims else ""
        return ", ".join(part for part in (claims.get("name"), born) if part)
    return ""
