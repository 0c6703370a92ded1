"""The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2).

`step` decides; `quick` gives the answers that are redirects to the service, in front of Flask; `page` all others.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any

from app.grants import approvals, grants
from app.grants.codes import Code, redirect_hash
from app.provider.asked import Asked, Gone, Reader, Visit
from app.provider.authorization_response import Posted, Responses
from app.provider.authorize_request import AuthorizationRequest
from app.provider.next_step import (
    AskConsent,
    ChooseAccount,
    Facts,
    Issue,
    Refuse,
    SignIn,
    Step,
    decide,
    named_acr,
    reachable_acr,
)
from app.provider.parts import Parts
from app.provider.target import Refused, Unanswerable
from app.provider.who import Who
from app.sessions.ask import UNBOUND, Ask, Expired, browser_hash
from app.sessions.browser import BrowserSession
from app.sessions.others import mark
from app.sessions.pushed import PREFIX
from app.storage.database import Transaction
from app.web.request import Answer, Form

log = logging.getLogger("mostid.provider")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was asked, by whom, and what happens next."""

    request: AuthorizationRequest
    session: BrowserSession | None
    ask: Ask | None
    step: Step
    pushed: str = ""

    @property
    def spends(self) -> str:
        """The reference that its answer spends; empty where nothing was pushed, or a page comes first."""
        return self.pushed if isinstance(self.step, Issue | Refuse) else ""

    @property
    def details(self) -> str:
        """The authorization details that its code stands for; empty where there are none, or a page comes first."""
        return self.request.details if isinstance(self.step, Issue) else ""

    @property
    def stale_session(self) -> BrowserSession | None:
        """The session that gives a code, if its last use should be written down anew."""
        gives = isinstance(self.step, Issue) and self.session is not None and self.session.stale
        return self.session if gives else None


class Authorize:
    """Decides, and makes codes."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._reachable = parts, reachable_acr(parts.settings)
        self._reader, self._who = Reader(parts), Who(parts.subjects, parts.others)
        self._responses = Responses(parts.signing, parts.clock)

    def decide(self, tx: Transaction, visit: Visit) -> Decision:
        """Validate the request or the one frozen in its ask, and decide.

        Two keyed reads at most, and a third where an `id_token_hint` is compared; more only for those who are named
        while somebody else is the current one.

        Raises Unanswerable, Refused, Expired, Gone.
        """
        asked = self._reader.read(visit)
        request = self._reader.validated(asked)
        session = self._parts.sessions.find(tx, visit.session_cookie)
        decision = self._decide_for(tx, visit, asked, request, session)
        if asked.ask is not None or isinstance(decision.step, Issue | AskConsent):
            return decision
        other = self._who.other(tx, request, visit)
        if other is None:
            return decision
        # Who is named may be answered for without becoming the current one; before any page they do.
        of_other = self._decide_for(tx, visit, asked, request, other)
        if isinstance(of_other.step, Issue | Refuse):
            return of_other
        return replace(decision, step=ChooseAccount(mark(other)))

    def _decide_for(
        self,
        tx: Transaction,
        visit: Visit,
        asked: Asked,
        request: AuthorizationRequest,
        session: BrowserSession | None,
    ) -> Decision:
        ask, client_id = asked.ask, request.client.client_id
        facts = Facts(
            session=session,
            standing=grants.standing(tx, session.identity_id, client_id) if session else None,
            now=self._parts.clock.now(),
            made_at=ask.made_at if ask else None,
            declined=ask.declined if ask else False,
            allowed=_is_allowed(request, ask, session),
            reachable=self._reachable,
            knows_hint=lambda: self._who.is_named(tx, request, session),
            chosen=bool(ask and ask.chosen and session and ask.chosen == mark(session)),
            has_others=lambda: self._who.has_others(tx, visit),
        )
        return Decision(request, session, ask, decide(request, facts), asked.pushed)

    def confirmed(self, decision: Decision) -> Decision:
        """The same; or, where its person's word for the details has given a code already, the question once more."""
        word = decision.ask.approval if decision.ask else ""
        if not decision.details or self._parts.approvals.spend(word):
            return decision
        return replace(decision, step=AskConsent())

    def spend(self, decision: Decision) -> None:
        """Take what was pushed, before it is answered: this visit alone may do so. Raises Gone."""
        if not self._parts.pushed.spend(decision.pushed):
            raise Gone(decision.request.client)

    def answer(self, decision: Decision, reference: str) -> Answer | Posted | None:
        """The answer that goes to the service, or None where a page comes first. Writes nothing into the truth."""
        step, target = decision.step, decision.request.target
        if isinstance(step, Refuse):
            return self.refusal(Refused(target, step.code), reference)
        if isinstance(step, Issue) and decision.session is not None:
            return self._responses.make(target, {"code": self._code(decision, decision.session, step)})
        return None

    def refusal(self, refused: Refused, reference: str) -> Answer | Posted:
        """The answer that refuses, and a line in the log. Spends what was pushed. Raises Gone."""
        if refused.pushed and not self._parts.pushed.spend(refused.pushed):
            raise Gone(refused.target.client)
        said = {"reference": reference, "cause": str(refused), "section": refused.section}
        log.info("authorization refused", extra=said)
        return self._responses.make(refused.target, refused.parameters)

    def ask(self, decision: Decision, visit: Visit) -> str:
        """Freeze the request for the pages; the ask that it came with goes on as it is."""
        if decision.ask is not None:
            return visit.query["ask"]
        step = decision.step
        force = step.force if isinstance(step, SignIn) else isinstance(step, ChooseAccount)
        return self._seal(decision.request, decision.pushed, browser_hash(visit.browser), force=force)

    def unbound_ask(self, form: Form) -> str:
        """Freeze a POSTed request until its browser comes back with its cookies. Raises Unanswerable, Refused, Gone."""
        asked = self._reader.referenced(form)
        return self._seal(self._reader.validated(asked), asked.pushed, UNBOUND, force=False)

    def _seal(self, request: AuthorizationRequest, pushed: str, browser: str, *, force: bool) -> str:
        now, name = self._parts.clock.now(), request.client.name("")
        parameters = request.parameters if not pushed else {**request.parameters, "request_uri": pushed}
        levels = tuple(value for value in request.acr_values if value in self._reachable)
        demanded = bool(request.claims.acr)
        return self._parts.asks.seal(
            Ask(parameters, browser, now, name, force, levels=levels, demanded=demanded)
        )

    def _code(self, decision: Decision, session: BrowserSession, step: Issue) -> str:
        request, codes = decision.request, self._parts.codes
        code_id = codes.new_id()
        if request.details:
            self._parts.approvals.keep(code_id, request.details)
        return codes.seal(
            Code(
                id=code_id,
                identity_id=session.identity_id,
                session_id=session.id,
                link_id=session.link_id,
                client_id=request.client.client_id,
                redirect_hash=redirect_hash(request.target.redirect_uri),
                challenge=request.challenge,
                scope=" ".join(step.scope),
                nonce=request.nonce,
                resource=request.parameters.get("resource", self._parts.settings.issuer),
                auth_time=session.auth_time,
                acr=named_acr(request, session.acr) if request.claims.acr else session.acr,
                amr=session.amr,
                extras=_extras(request, step),
            )
        )


def _extras(request: AuthorizationRequest, step: Issue) -> dict[str, Any]:
    """What few codes carry. Claims are names that we know, each once a place: they are few, whatever was asked for."""
    extras: dict[str, Any] = {}
    if "dpop_jkt" in request.parameters:
        extras["jkt"] = request.parameters["dpop_jkt"]
    if claims := step.claims.kept():
        extras["claims"] = claims
    if request.details:
        extras["details"] = 1  # they wait under the code's id
    return extras


def _is_allowed(request: AuthorizationRequest, ask: Ask | None, session: BrowserSession | None) -> bool:
    """Whether whoever is signed in said yes to the details of this very ask. Never remembered beyond it."""
    if not request.details or ask is None or session is None:
        return False
    return approvals.speaks_of(ask.approval, session.identity_id, request.details)


def quick(authorize: Authorize, tx: Transaction, visit: Visit, reference: str) -> Answer | None:
    """The answer, if it is a redirect to the service; None leaves the request to the page."""
    if "request" in visit.query or not visit.query.get("request_uri", PREFIX).startswith(PREFIX):
        return None  # its client's keys or addresses are asked, which may take long
    try:
        decision = authorize.decide(tx, visit)
        if decision.request.target.mode.posts or decision.stale_session is not None or decision.details:
            return None  # a page, or something has to be written, which this reading path cannot
        # Nobody waits for the ephemeral store with a transaction in hand: there a pushed request is spent, and what is
        # too long for a code waits. Nothing was written, so this is no more than to end it now.
        tx.rollback()
        if decision.spends:
            authorize.spend(decision)
        return _redirect(authorize.answer(decision, reference))
    except Refused as refused:
        return None if refused.target.mode.posts else _refused(authorize, refused, reference)
    except (Unanswerable, Expired, Gone):
        return None


def _refused(authorize: Authorize, refused: Refused, reference: str) -> Answer | None:
    try:
        return _redirect(authorize.refusal(refused, reference))
    except Gone:
        return None


def _redirect(answer: Answer | Posted | None) -> Answer | None:
    return answer if isinstance(answer, Answer) else None
