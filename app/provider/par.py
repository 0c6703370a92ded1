"""The pushed authorization request endpoint (RFC 9126): a service says by itself what its browser would carry."""

from collections.abc import Mapping

from app.clients.registry import Client
from app.provider.authorize_request import AuthorizationRequest, validate
from app.provider.client_auth import ClientAuthentication
from app.provider.dpop import BadProof
from app.provider.errors import ProtocolError, error_answer, invalid_request
from app.provider.parts import Parts
from app.provider.request_object import BadRequestObject, RequestObjects
from app.provider.sections import demanded
from app.provider.target import Refused, Unanswerable
from app.web.request import Answer, Form, Request, json_answer


class ParEndpoint:
    """`POST /par`."""

    def __init__(self, parts: Parts, authenticate: ClientAuthentication) -> None:
        self._parts, self._authenticate = parts, authenticate
        self._objects = RequestObjects(parts.client_keys, parts.clock, parts.settings.issuer)

    def __call__(self, request: Request) -> Answer:
        """Check the request as the authorization endpoint would, and keep it. Touches the ephemeral store alone."""
        try:
            client = self._authenticate(request)
            parameters = self._bound(request, client, self._checked(request, client).parameters)
        except ProtocolError as error:
            return self._parts.dpop.with_nonce(request, error_answer(error, request))
        request_uri = self._parts.pushed.push(client.client_id, parameters)
        life = self._parts.settings.lifetimes.pushed_request_s
        answer = json_answer(201, {"request_uri": request_uri, "expires_in": life})
        return self._parts.dpop.with_nonce(request, answer)

    def _checked(self, request: Request, client: Client) -> AuthorizationRequest:
        """The request, whole. Raises ProtocolError (RFC 9126 §2.3): nobody is redirected from here."""
        if "request_uri" in request.form:
            raise invalid_request("request_uri has no place in a pushed request", "RFC 9126 §2.1")
        if client.public and not self._parts.starts.admit(request.address):
            raise ProtocolError("temporarily_unavailable", "too many requests", status=429)
        parts = self._parts
        form = Form(list(({**request.form} | {"client_id": client.client_id}).items()))
        form.repeated = request.form.repeated
        if "request" in form:
            form = self._opened(client, form["request"])
        elif client.metadata.require_signed_request_object:
            section = demanded(client, "MS §5.3.1", "RFC 9101 §10.5")
            raise invalid_request("requests of this client are signed", section)
        try:
            return validate(form, parts.clients, parts.signing, parts.detail_types, parts.settings.issuer)
        except Unanswerable as problem:
            raise invalid_request(str(problem), problem.section) from None
        except Refused as refused:
            raise ProtocolError(refused.code, refused.description, section=refused.section) from None

    def _bound(self, request: Request, client: Client, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The request with the key whose proof came along: its code is for that key (RFC 9449 §10.1)."""
        if "dpop" not in request.headers:
            return parameters
        nonce = client.metadata.dpop_require_nonce
        try:
            jkt = self._parts.dpop.jkt_of_request(request, require_nonce=nonce)
        except BadProof as error:
            raise ProtocolError(error.code, str(error)) from None
        if parameters.get("dpop_jkt", jkt) != jkt:
            raise ProtocolError("invalid_dpop_proof", "dpop_jkt is another key", section="RFC 9449 §10.1")
        return {**parameters, "dpop_jkt": jkt}

    def _opened(self, client: Client, text: str) -> Form:
        """What a request object says (RFC 9126 §3). Raises ProtocolError."""
        try:
            return self._objects.open(client, text)
        except BadRequestObject as bad:
            raise ProtocolError("invalid_request_object", str(bad), section=bad.section) from None
