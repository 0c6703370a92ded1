"""Dynamic client registration (RFC 7591, OIDC Dynamic Client Registration 1.0) and its management (RFC 7592)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from app.clients import initial_tokens, self_registration
from app.clients.metadata import BadMetadata, ClientMetadata
from app.clients.policy import Policy
from app.provider.errors import BadBearer, ProtocolError, bearer_answer, error_answer
from app.provider.parts import Parts
from app.web.request import Answer, Request, json_answer

PATH = "/register"
OPEN_SCOPES = frozenset({"openid", "profile", "email", "phone", "offline_access"})
"""What anybody's client may ask people for, where registration is open."""


class RegistrationEndpoint:
    """`POST /register`, with an initial access token unless the deployment is open to everybody (SR-053)."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._policy = parts, Policy.of(parts.settings)

    def __call__(self, request: Request) -> Answer:
        """Register a client. Bad metadata leaves the token's use as it was."""
        return _answered(self._register, request)

    def _register(self, request: Request) -> Answer:
        parts, now, tx = self._parts, self._parts.clock.now(), request.tx
        given = body_of(request)
        metadata = self_registration.check(given, self._scopes(request, now), self._policy)
        registered = self_registration.create(tx, metadata, now)
        client_id, secret = registered.made.client_id, registered.made.secret
        parts.metrics.event("client_registered")
        answer: dict[str, Any] = {"client_id": client_id, "client_id_issued_at": now // 1000}
        if secret is not None:
            answer |= {"client_secret": secret, "client_secret_expires_at": 0}
        answer |= management(parts, client_id, registered.management_token)
        return json_answer(201, answer | shown(metadata))

    def _scopes(self, request: Request, now: int) -> frozenset[str]:
        """What the new client may ask for. Raises BadBearer."""
        if self._parts.settings.open_registration and "authorization" not in request.headers:
            if not self._parts.starts.admit(request.address):
                raise BadBearer("too many registrations from one address", "invalid_token", 401)
            return OPEN_SCOPES
        scopes = initial_tokens.spend(request.tx, bearer(request), now)
        if scopes is None:
            raise BadBearer(
                "no initial access token, or one that is used up or expired", section="RFC 7591 §3"
            )
        return scopes


class ManagementEndpoint:
    """`GET`, `PUT` and `DELETE /register/<client_id>`, with the client's registration access token."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._policy = parts, Policy.of(parts.settings)

    def __call__(self, request: Request) -> Answer:
        """Read, replace or remove a client's record."""
        return _answered(self._act, request)

    def _act(self, request: Request) -> Answer:
        token, client_id = bearer(request), request.path.removeprefix(f"{PATH}/")
        row = self_registration.find(request.tx, client_id, token, hold=request.method != "GET")
        if row is None:
            raise BadBearer("no such client, or another's token", section="RFC 7592 §2.1")  # one for both
        now = self._parts.clock.now()
        if request.method == "DELETE":
            self_registration.remove(request.tx, client_id, now)
            return Answer(204, headers=(("Cache-Control", "no-store"),))
        metadata = ClientMetadata.model_validate(row.metadata)
        if request.method == "PUT":
            metadata = self._replaced(request, client_id, metadata)
            self_registration.replace(request.tx, client_id, metadata, now)
        answer = {"client_id": client_id, "client_id_issued_at": row.created_at // 1000}
        return json_answer(200, answer | management(self._parts, client_id, token) | shown(metadata))

    def _replaced(self, request: Request, client_id: str, former: ClientMetadata) -> ClientMetadata:
        """The new metadata: within the scopes that the client has, and with its kind of secret. Raises BadMetadata."""
        given = dict(body_of(request))
        wrong = sorted(self_registration.OURS & given.keys())
        if given.pop("client_id", None) != client_id or wrong:
            raise BadMetadata([(name, "it is not for a client to say") for name in wrong or ["client_id"]])
        secret = given.pop("client_secret", None)
        client = self._parts.clients.get(client_id)
        if secret is not None and not (
            isinstance(secret, str)
            and client is not None
            and client.check_secret(secret, self._parts.clock.now())
        ):
            raise BadMetadata([("client_secret", "it is not the client's own")])
        metadata = self_registration.check(given, frozenset(former.allowed_scopes), self._policy)
        if metadata.token_endpoint_auth_method != former.token_endpoint_auth_method:
            raise BadMetadata([("token_endpoint_auth_method", "register anew for another one")])
        return metadata


def _answered(act: Callable[[Request], Answer], request: Request) -> Answer:
    """The answer of an act, or its refusal, which takes back what the act had written."""
    try:
        return act(request)
    except BadBearer as error:
        return bearer_answer(error, request)
    except BadMetadata as error:
        refusal = _refusal(error)
    except ProtocolError as error:
        refusal = error
    request.tx.rollback()
    return error_answer(refusal, request)


def bearer(request: Request) -> str:
    """The token of the header (RFC 6750 §2.1). Raises BadBearer."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise BadBearer("no token", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadBearer("another scheme than Bearer", "")
    return token.strip()


def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object of the body. Raises ProtocolError."""
    try:
        given = json.loads(request.form.get("body", ""))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ProtocolError("invalid_client_metadata", "the body must be one JSON object")
    if "software_statement" in given:
        raise ProtocolError("unapproved_software_statement", "nobody's software statements are trusted here")
    return given


def management(parts: Parts, client_id: str, token: str) -> dict[str, str]:
    """Where and with what a client manages its record (RFC 7592 §3)."""
    uri = f"{parts.settings.issuer}{PATH}/{client_id}"
    return {"registration_client_uri": uri, "registration_access_token": token}


def shown(metadata: ClientMetadata) -> dict[str, Any]:
    """What was registered, by its registered names (RFC 7591 §3.2.1)."""
    hidden = self_registration.OPERATORS - {"require_pkce"}
    return {name: value for name, value in metadata.document().items() if name not in hidden}


def _refusal(error: BadMetadata) -> ProtocolError:
    """The first mistake, in our own words: which member, and what is wrong with it."""
    member, problem = error.problems[0]
    text = "".join(sign for sign in f"{member}: {problem}" if sign.isascii() and sign.isprintable())
    return ProtocolError(error.code, text.translate({ord('"'): "'", ord("\\"): "/"})[:200], cause=str(error))
