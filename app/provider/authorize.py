"""The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2).

`step` decides; `quick` gives the answers that are redirects to the service, in front of Flask; `page` all others.
"""

import logging
from dataclasses import dataclass
from typing import Any

from app.clients.registry import Client
from app.grants import grants
from app.grants.codes import Code, redirect_hash
from app.provider.authorization_response import Posted, Responses
from app.provider.authorize_request import HEEDED, AuthorizationRequest, validate
from app.provider.next_step import Facts, Issue, Refuse, SignIn, Step, decide, named_acr, reachable_acr
from app.provider.parts import Parts
from app.provider.request_object import BadRequestObject, RequestObjects
from app.provider.target import Refused, Unanswerable, find_target
from app.sessions.ask import UNBOUND, Ask, Expired, browser_hash
from app.sessions.browser import BrowserSession
from app.sessions.pushed import PREFIX
from app.storage.database import Transaction
from app.web.request import Answer, Form

log = logging.getLogger("mostid.provider")


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival at the endpoint: what it asks, and the values of our cookies."""

    query: Form
    browser: str
    session_cookie: str | None


class Gone(Exception):
    """A reference to a pushed request that is not this client's, not of this minute, or answered (SR-021)."""

    def __init__(self, client: Client) -> None:
        super().__init__("the pushed request is unknown, expired, spent, or another client's")
        self.client = client


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters that count, wherever they came from."""

    form: Form
    ask: Ask | None = None
    pushed: str = ""
    """The reference of a pushed request, which is spent by its answer."""
    signed: bool = False
    """Whether it came as its client may have to send it: signed, or checked before."""


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
    """Reads, decides, and makes codes."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._reachable = parts, reachable_acr(parts.settings)
        self._objects = RequestObjects(parts.client_keys, parts.clock, parts.settings.issuer)
        self._responses = Responses(parts.signing, parts.clock)

    def decide(self, tx: Transaction, visit: Visit) -> Decision:
        """Validate the request or the one frozen in its ask, and decide.

        Two keyed reads at most, and a third where an `id_token_hint` is compared.

        Raises Unanswerable, Refused, Expired, Gone.
        """
        parts, asked = self._parts, self._read(visit)
        ask, request = asked.ask, self._validated(asked)
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
        asked = self._referenced(form)
        return self._seal(self._validated(asked), asked.pushed, UNBOUND, force=False)

    def _read(self, visit: Visit) -> Asked:
        if "ask" not in visit.query:
            return self._referenced(visit.query)
        opened, ask = self._parts.asks.open_request(visit.query["ask"], browser_hash(visit.browser))
        parameters = dict(opened)
        pushed = parameters.pop("request_uri", "")
        return Asked(Form(list(parameters.items())), ask, pushed, signed=True)

    def _referenced(self, form: Form) -> Asked:
        """What was pushed, if the request is a reference of ours: then nothing beside it counts (RFC 9126 §4)."""
        reference = form.get("request_uri", "")
        if not reference.startswith(PREFIX):
            return self._opened(form)
        if form.repeated & {"client_id", "request_uri"} or "request" in form:
            raise Unanswerable(
                "client_id or request_uri is repeated, or there is a request beside it", "RFC 9126 §4"
            )
        client = self._parts.clients.get(form.get("client_id", ""))
        if client is None:
            raise Unanswerable("unknown or disabled client")
        parameters = self._parts.pushed.find(reference, client.client_id)
        if parameters is None:
            raise Gone(client)
        return Asked(Form(list(parameters.items())), pushed=reference, signed=True)

    def _opened(self, form: Form) -> Asked:
        """What a request object says, where one came; what stands beside it tells at most where it is refused."""
        if "request" not in form or "request_uri" in form or form.repeated & HEEDED:
            return Asked(form)
        parts = self._parts
        client = parts.clients.get(form.get("client_id", ""))
        if client is None:
            raise Unanswerable("unknown or disabled client")
        try:
            return Asked(self._objects.open(client, form["request"]), signed=True)
        except BadRequestObject as bad:
            log.info("bad request object", extra={"client": client.client_id, "cause": str(bad)})
            target = find_target(form, parts.clients, parts.settings.issuer)
            raise Refused(target, "invalid_request_object", str(bad)) from None

    def _validated(self, asked: Asked) -> AuthorizationRequest:
        parts = self._parts
        try:
            request = validate(asked.form, parts.clients, parts.signing, parts.settings.issuer)
        except Refused as refused:  # it was good when it was pushed; its client has changed meanwhile
            if asked.pushed and not parts.pushed.spend(asked.pushed):
                raise Gone(refused.target.client) from None
            raise
        demands = request.client.metadata
        if demands.require_pushed_authorization_requests and not asked.pushed:
            raise Refused(
                request.target, "invalid_request", "requests of this client come by /par", "RFC 9126 §6"
            )
        if demands.require_signed_request_object and not asked.signed:
            raise Refused(
                request.target, "invalid_request", "requests of this client are signed", "RFC 9101 §10.5"
            )
        return request

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
