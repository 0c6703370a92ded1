"""What an authorization request asks: by its address, by reference, by a request object, or from before in an ask."""

import logging
from dataclasses import dataclass

from app.clients.references import BadReference
from app.clients.registry import Client
from app.provider.authorize_request import HEEDED, AuthorizationRequest, validate
from app.provider.parts import Parts
from app.provider.request_object import BadRequestObject, RequestObjects
from app.provider.sections import demanded
from app.provider.target import Refused, Target, Unanswerable, find_target
from app.sessions.ask import Ask, browser_hash
from app.sessions.pushed import PREFIX
from app.web.request import Form

log = logging.getLogger("mostid.provider")


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival at the endpoint: what it asks, and the values of our cookies."""

    query: Form
    browser: str
    session_cookie: str | None
    others_cookie: str | None
    """Names those who are signed in here beside the current one."""


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


class Reader:
    """Finds out what was asked. Must not be asked within a transaction, but for requests that stand in their address."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._objects = RequestObjects(parts.client_keys, parts.clock, parts.settings.issuer)

    def read(self, visit: Visit) -> Asked:
        """The request of its address, or the one frozen in its ask. Raises as `referenced` does, and Expired."""
        if "ask" not in visit.query:
            return self.referenced(visit.query)
        opened, ask = self._parts.asks.open_request(visit.query["ask"], browser_hash(visit.browser))
        parameters = dict(opened)
        pushed = parameters.pop("request_uri", "")
        return Asked(Form(list(parameters.items())), ask, pushed, signed=True)

    def referenced(self, form: Form) -> Asked:
        """What was pushed, if the request is a reference of ours: then nothing beside it counts (RFC 9126 §4).

        Raises Unanswerable, Refused, Gone.
        """
        reference = form.get("request_uri", "")
        if not reference.startswith(PREFIX):
            fetches = reference and self._parts.settings.request_uri_fetching and not form.repeated & HEEDED
            return self._fetched(form, reference) if fetches else self._opened(form)
        if form.repeated & {"client_id", "request_uri"} or "request" in form:
            raise Unanswerable(
                "client_id or request_uri is repeated, or there is a request beside it", "RFC 9126 §4"
            )
        client = self._client(form)
        parameters = self._parts.pushed.find(reference, client.client_id)
        if parameters is None:
            raise Gone(client)
        return Asked(Form(list(parameters.items())), pushed=reference, signed=True)

    def _opened(self, form: Form) -> Asked:
        """What a request object says, where one came; what stands beside it tells at most where it is refused."""
        if "request" not in form or "request_uri" in form or form.repeated & HEEDED:
            return Asked(form)
        return self._signed(form, self._client(form), form["request"])

    def _fetched(self, form: Form, reference: str) -> Asked:
        """What lies at an address of the client (OIDC Core §6.2), unless its requests have to be pushed."""
        client = self._client(form)
        if client.metadata.require_pushed_authorization_requests:
            return Asked(form)
        if "request" in form:
            raise Refused(self._target(form), "invalid_request", "request beside request_uri", "RFC 9101 §5")
        try:
            return self._signed(form, client, self._parts.references.find(client, reference))
        except BadReference as bad:
            raise Refused(self._target(form), "invalid_request_uri", str(bad)) from None

    def _signed(self, form: Form, client: Client, text: str) -> Asked:
        try:
            return Asked(self._objects.open(client, text), signed=True)
        except BadRequestObject as bad:
            log.info("bad request object", extra={"client": client.client_id, "cause": str(bad)})
            raise Refused(self._target(form), "invalid_request_object", str(bad), bad.section) from None

    def _client(self, form: Form) -> Client:
        client = self._parts.clients.get(form.get("client_id", ""))
        if client is None:
            raise Unanswerable("unknown or disabled client")
        return client

    def _target(self, form: Form) -> Target:
        """Where a request is refused that could not be read: by what stands in its address."""
        return find_target(form, self._parts.clients, self._parts.settings.issuer)

    def validated(self, asked: Asked) -> AuthorizationRequest:
        """The request, whole, as its client must send it. Raises Unanswerable, Refused."""
        parts = self._parts
        try:
            request = validate(
                asked.form, parts.clients, parts.signing, parts.detail_types, parts.settings.issuer
            )
        except Refused as refused:  # it was good when it was pushed; its client has changed meanwhile
            refused.pushed = asked.pushed
            raise
        client, demands = request.client, request.client.metadata
        if demands.require_pushed_authorization_requests and not asked.pushed:
            section = demanded(client, "SP §5.3.2.2", "RFC 9126 §6")
            raise Refused(request.target, "invalid_request", "requests of this client come by /par", section)
        if demands.require_signed_request_object and not asked.signed:
            section = demanded(client, "MS §5.3.1", "RFC 9101 §10.5")
            raise Refused(request.target, "invalid_request", "requests of this client are signed", section)
        return request
