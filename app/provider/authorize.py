"""The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2).

`step` decides; `quick` gives the answers that are redirects to the service, in front of Flask; `page` all others.
"""

import logging
from dataclasses import dataclass

from app.grants import grants
from app.grants.codes import Code, redirect_hash
from app.provider.authorize_request import AuthorizationRequest, Refused, Unanswerable, validate
from app.provider.next_step import Facts, Issue, Refuse, SignIn, Step, decide, reachable_acr
from app.provider.parts import Parts
from app.sessions.ask import UNBOUND, Ask, Expired, browser_hash
from app.sessions.browser import BrowserSession
from app.storage.database import Transaction
from app.web.request import Answer, Form

log = logging.getLogger("mostid.provider")


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival at the endpoint: what it asks, and the values of our cookies."""

    query: Form
    browser: str
    session_cookie: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was asked, by whom, and what happens next."""

    request: AuthorizationRequest
    session: BrowserSession | None
    ask: Ask | None
    step: Step

    @property
    def stale_session(self) -> BrowserSession | None:
        """The session that gives a code, if its last use should be written down anew."""
        gives = isinstance(self.step, Issue) and self.session is not None and self.session.stale
        return self.session if gives else None


class Authorize:
    """Reads, decides, and makes codes."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._reachable = parts, reachable_acr(parts.settings)

    def decide(self, tx: Transaction, visit: Visit) -> Decision:
        """Validate the request or the one frozen in its ask, and decide.

        Two keyed reads at most, and a third where an `id_token_hint` is compared.

        Raises Unanswerable, Refused, Expired.
        """
        parts, ask = self._parts, None
        form = visit.query
        if "ask" in form:
            parameters, ask = parts.asks.open_request(form["ask"], browser_hash(visit.browser))
            form = Form(list(parameters.items()))
        request = validate(form, parts.clients, parts.signing, parts.settings.issuer)
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
        return Decision(request, session, ask, decide(request, facts))

    def redirect(self, decision: Decision) -> Answer | None:
        """The answer that goes to the service, or None where a page comes first. Writes nothing."""
        step = decision.step
        if isinstance(step, Refuse):
            return Refused(decision.request.target, step.code).answer()
        if isinstance(step, Issue) and decision.session is not None:
            return decision.request.target.redirect({"code": self._code(decision, decision.session, step)})
        return None

    def ask(self, decision: Decision, visit: Visit) -> str:
        """Freeze the request for the pages; the ask that it came with goes on as it is."""
        if decision.ask is not None:
            return visit.query["ask"]
        force = isinstance(decision.step, SignIn) and decision.step.force
        return self._seal(decision.request, browser_hash(visit.browser), force=force)

    def unbound_ask(self, form: Form) -> str:
        """Freeze a POSTed request until its browser comes back with its cookies. Raises Unanswerable, Refused."""
        parts = self._parts
        request = validate(form, parts.clients, parts.signing, parts.settings.issuer)
        return self._seal(request, UNBOUND, force=False)

    def _seal(self, request: AuthorizationRequest, browser: str, *, force: bool) -> str:
        now, name = self._parts.clock.now(), request.client.name("")
        return self._parts.asks.seal(Ask(request.parameters, browser, now, name, force))

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
                resource=self._parts.settings.issuer,
                auth_time=session.auth_time,
                acr=session.acr,
                amr=session.amr,
            )
        )

    def _is_hinted(
        self, tx: Transaction, request: AuthorizationRequest, session: BrowserSession | None
    ) -> bool:
        """Whether the ID token hint speaks of the session's person, by any `sub` of theirs, old ones too."""
        if session is None or request.hinted_sub is None:
            return False
        found = self._parts.subjects.find_by_sub(tx, request.client.sector, request.hinted_sub)
        return found == session.identity_id


def quick(authorize: Authorize, tx: Transaction, visit: Visit, reference: str) -> Answer | None:
    """The answer, if it is a redirect to the service; None leaves the request to the page."""
    try:
        decision = authorize.decide(tx, visit)
    except Refused as refused:
        return refusal(refused, reference)
    except (Unanswerable, Expired):
        return None
    if decision.stale_session is not None:
        return None  # its last use has to be written, which this reading path cannot
    return authorize.redirect(decision)


def refusal(refused: Refused, reference: str) -> Answer:
    """The redirect that refuses, and a line in the log."""
    log.info("authorization refused", extra={"reference": reference, "cause": str(refused)})
    return refused.answer()
