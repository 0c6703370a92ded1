"""The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2).

`step` decides; `quick` gives the answers that are redirects to the service, in front of Flask; `page` all others.
"""

import logging
from dataclasses import dataclass
from typing import Any

from app.grants import grants
from app.grants.codes import Code, redirect_hash
from app.provider.asked import Gone, Reader, Visit
from app.provider.authorization_response import Posted, Responses
from app.provider.authorize_request import AuthorizationRequest
from app.provider.next_step import Facts, Issue, Refuse, SignIn, Step, decide, named_acr, reachable_acr
from app.provider.parts import Parts
from app.provider.target import Refused, Unanswerable
from app.sessions.ask import UNBOUND, Ask, Expired, browser_hash
from app.sessions.browser import BrowserSession
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
    def stale_session(self) -> BrowserSession | None:
        """The session that gives a code, if its last use should be written down anew."""
        gives = isinstance(self.step, Issue) and self.session is not None and self.session.stale
        return self.session if gives else None


class Authorize:
    """Decides, and makes codes."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._reachable = parts, reachable_acr(parts.settings)
        self._reader = Reader(parts)
        self._responses = Responses(parts.signing, parts.clock)

    def decide(self, tx: Transaction, visit: Visit) -> Decision:
        """Validate the request or the one frozen in its ask, and decide.

        Two keyed reads at most, and a third where an `id_token_hint` is compared.

        Raises Unanswerable, Refused, Expired, Gone.
        """
        parts, asked = self._parts, self._reader.read(visit)
        ask, request = asked.ask, self._reader.validated(asked)
        session = parts.sessions.find(tx, visit.session_cookie)
        standing = grants.standing(tx, session.identity_id, request.client.client_id) if session else None
        facts = Facts(
            session=session,
            standing=standing,
            now=parts.clock.now(),
            made_at=ask.made_at if ask else None,
            declined=ask.declined if ask else False,
            reachable=self._reachable,
            knows_hint=lambda: self._is_hinted(tx, request, session),
        )
        return Decision(request, session, ask, decide(request, facts), asked.pushed)

    def spend(self, decision: Decision) -> None:
        """Take what was pushed, before it is answered: this visit alone may do so. Raises Gone."""
        if not self._parts.pushed.spend(decision.pushed):
            raise Gone(decision.request.client)

    def answer(self, decision: Decision, reference: str) -> Answer | Posted | None:
        """The answer that goes to the service, or None where a page comes first. Writes nothing."""
        step, target = decision.step, decision.request.target
        if isinstance(step, Refuse):
            return self.refusal(Refused(target, step.code), reference)
        if isinstance(step, Issue) and decision.session is not None:
            return self._responses.make(target, {"code": self._code(decision, decision.session, step)})
        return None

    def refusal(self, refused: Refused, reference: str) -> Answer | Posted:
        """The answer that refuses, and a line in the log."""
        said = {"reference": reference, "cause": str(refused), "section": refused.section}
        log.info("authorization refused", extra=said)
        return self._responses.make(refused.target, refused.parameters)

    def ask(self, decision: Decision, visit: Visit) -> str:
        """Freeze the request for the pages; the ask that it came with goes on as it is."""
        if decision.ask is not None:
            return visit.query["ask"]
        force = isinstance(decision.step, SignIn) and decision.step.force
        return self._seal(decision.request, decision.pushed, browser_hash(visit.browser), force=force)

    def unbound_ask(self, form: Form) -> str:
        """Freeze a POSTed request until its browser comes back with its cookies. Raises Unanswerable, Refused, Gone."""
        asked = self._reader.referenced(form)
        return self._seal(self._reader.validated(asked), asked.pushed, UNBOUND, force=False)

    def _seal(self, request: AuthorizationRequest, pushed: str, browser: str, *, force: bool) -> str:
        now, name = self._parts.clock.now(), request.client.name("")
        parameters = request.parameters if not pushed else {**request.parameters, "request_uri": pushed}
        return self._parts.asks.seal(Ask(parameters, browser, now, name, force))

    def _code(self, decision: Decision, session: BrowserSession, step: Issue) -> str:
        request, codes = decision.request, self._parts.codes
        return codes.seal(
            Code(
                id=codes.new_id(),
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

    def _is_hinted(
        self, tx: Transaction, request: AuthorizationRequest, session: BrowserSession | None
    ) -> bool:
        """Whether ID token hint and `claims` speak of the session's person, by any `sub` of theirs, old ones too."""
        if session is None:
            return False
        find, sector = self._parts.subjects.find_by_sub, request.client.sector
        hinted, named = request.hinted_sub, request.claims.subs
        if hinted is not None and find(tx, sector, hinted) != session.identity_id:
            return False
        return named is None or any(find(tx, sector, sub) == session.identity_id for sub in named)


def _extras(request: AuthorizationRequest, step: Issue) -> dict[str, Any]:
    """What few codes carry. Claims are names that we know, each once a place, so they always fit in a code."""
    extras: dict[str, Any] = {}
    if "dpop_jkt" in request.parameters:
        extras["jkt"] = request.parameters["dpop_jkt"]
    if claims := step.claims.kept():
        extras["claims"] = claims
    return extras


def quick(authorize: Authorize, tx: Transaction, visit: Visit, reference: str) -> Answer | None:
    """The answer, if it is a redirect to the service; None leaves the request to the page."""
    if "request_uri" in visit.query or "request" in visit.query:
        return None  # the ephemeral store and the client's keys are asked outside of this path's transaction
    try:
        decision = authorize.decide(tx, visit)
    except Refused as refused:
        return None if refused.target.mode.posts else _redirect(authorize.refusal(refused, reference))
    except (Unanswerable, Expired, Gone):
        return None
    if decision.stale_session is not None or decision.spends:
        return None  # something has to be written, which this reading path cannot
    return None if decision.request.target.mode.posts else _redirect(authorize.answer(decision, reference))


def _redirect(answer: Answer | Posted | None) -> Answer | None:
    return answer if isinstance(answer, Answer) else None
