"""Dynamic client registration (RFC 7591, OIDC Dynamic Client Registration 1.0) and its management (RFC 7592)."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row

from app.clients import initial_tokens, logos, sectors, self_registration
from app.clients.initial_tokens import Allowed
from app.clients.logos import Logo
from app.clients.metadata import BadMetadata, ClientMetadata
from app.clients.policy import Policy
from app.clients.scopes import PERSONAL
from app.clients.sectors import check_hosts, check_unchanged
from app.clients.statements import BadStatement, Statements
from app.provider.errors import BadBearer, ProtocolError, bearer_answer, error_answer
from app.provider.parts import Parts
from app.storage import strict_json
from app.storage.database import Transaction
from app.web.request import Answer, Request, json_answer

PATH = "/register"
LEVELS = 8
"""Of JSON, in a document: keys with chains of certificates need five."""
FETCHED = frozenset({sectors.MEMBER, logos.MEMBER})
"""Members that name what is fetched from elsewhere."""
OPEN = Allowed(frozenset(PERSONAL), {})
"""What anybody's client may be, where registration is open."""


class RegistrationEndpoint:
    """`POST /register`, with an initial access token unless the deployment is open to everybody (SR-053)."""

    def __init__(self, parts: Parts, statements: Statements) -> None:
        self._parts, self._statements, self._policy = parts, statements, Policy.of(parts.settings)

    def __call__(self, request: Request) -> Answer:
        """Register a client. Bad metadata leaves the token's use as it was."""
        return _answered(self._register, request)

    def _register(self, request: Request) -> Answer:
        parts, now, tx = self._parts, self._parts.clock.now(), request.tx
        given = attested(self._statements, body_of(request))
        allowed, logo = self._admitted(request, given, now)
        metadata = self._checked(given, allowed)
        check_hosts(metadata)
        registered = self_registration.create(tx, metadata, logo, now)
        client_id, secret = registered.made.client_id, registered.made.secret
        parts.metrics.event("client_registered")
        answer: dict[str, Any] = {"client_id": client_id, "client_id_issued_at": now // 1000}
        if secret is not None:
            answer |= {"client_secret": secret, "client_secret_expires_at": 0}
        answer |= management(parts, client_id, registered.management_token)
        return json_answer(201, answer | shown(metadata))

    def _admitted(self, request: Request, given: Mapping[str, Any], now: int) -> tuple[Allowed, Logo | None]:
        """What the new client may be, and its logo; its token's use is taken. Raises BadBearer, ProtocolError.

        What it points to is fetched before, outside of any transaction, and only for whom may register.
        """
        if self._parts.settings.open_registration and "authorization" not in request.headers:
            if not self._parts.starts.admit(request.address):
                raise ProtocolError("temporarily_unavailable", "too many registrations", status=429)
            return OPEN, self._fetched(given, OPEN)
        token, logo = bearer(request, "an initial access token is needed"), None
        if not FETCHED.isdisjoint(given):
            look = self._parts.storage.run(lambda tx: initial_tokens.look(tx, token, now))
            logo = self._fetched(given, _allowed(look))
        return _allowed(initial_tokens.spend(request.tx, token, now)), logo

    def _fetched(self, given: Mapping[str, Any], allowed: Allowed) -> Logo | None:
        if FETCHED.isdisjoint(given):
            return None
        metadata = self._checked(given, allowed)
        check_hosts(metadata)
        return fetched(self._parts, metadata)

    def _checked(self, given: Mapping[str, Any], allowed: Allowed) -> ClientMetadata:
        return self_registration.check(given, allowed.scopes, self._policy, allowed.members)


class ManagementEndpoint:
    """`GET`, `PUT` and `DELETE /register/<client_id>`, with the client's registration access token."""

    def __init__(self, parts: Parts, statements: Statements) -> None:
        self._parts, self._statements, self._policy = parts, statements, Policy.of(parts.settings)

    def __call__(self, request: Request) -> Answer:
        """Read, replace or remove a client's record."""
        return _answered(self._act, request)

    def _act(self, request: Request) -> Answer:
        token = bearer(request, "the client's registration access token is needed")
        if request.method == "PUT" and not self._parts.starts.admit(request.address):
            raise ProtocolError("temporarily_unavailable", "too many replacements", status=429)
        client_id = request.path.removeprefix(f"{PATH}/")
        logo = self._fetched(request, client_id, token) if request.method == "PUT" else None
        row = _managed(request.tx, client_id, token, hold=request.method != "GET")
        now = self._parts.clock.now()
        if request.method == "DELETE":
            self_registration.remove(request.tx, client_id, now)
            return Answer(204, headers=(("Cache-Control", "no-store"),))
        former = metadata = ClientMetadata.model_validate(row.metadata)
        if request.method == "PUT":
            metadata = self._replaced(request, client_id, former)
            self_registration.replace(request.tx, client_id, former, metadata, logo, now)
        answer = {"client_id": client_id, "client_id_issued_at": row.created_at // 1000}
        return json_answer(200, answer | management(self._parts, client_id, token) | shown(metadata))

    def _fetched(self, request: Request, client_id: str, token: str) -> Logo | None:
        """Fetch what it points to, if it may, before this request's own first statement. Raises BadMetadata."""
        if (FETCHED | {"software_statement"}).isdisjoint(body_of(request)):
            return None
        row = self._parts.storage.run(lambda tx: _managed(tx, client_id, token))
        former = ClientMetadata.model_validate(row.metadata)
        return fetched(self._parts, self._replaced(request, client_id, former))

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
        given = attested(self._statements, given, former.software_statement)
        excepted = self_registration.exceptions(former)
        given = {name: value for name, value in given.items() if (name, value) not in excepted.items()}
        metadata = self_registration.check(given, frozenset(former.allowed_scopes), self._policy, excepted)
        if metadata.token_endpoint_auth_method != former.token_endpoint_auth_method:
            raise BadMetadata([("token_endpoint_auth_method", "register anew for another one")])
        check_unchanged(client_id, former, metadata)
        return metadata


def fetched(parts: Parts, metadata: ClientMetadata) -> Logo | None:
    """Its logo, once the file of its sector is found to list its addresses. Raises BadMetadata."""
    parts.sectors.check(metadata)
    return parts.logos.get(metadata)


def _managed(tx: Transaction, client_id: str, token: str, *, hold: bool = False) -> Row[Any]:
    """The record that this token manages. Raises BadBearer, the same for both."""
    row = self_registration.find(tx, client_id, token, hold=hold)
    if row is None:
        raise BadBearer("no such client, or another's token", section="RFC 7592 §2.1")
    return row


def _allowed(found: Allowed | None) -> Allowed:
    """What an initial access token allows. Raises BadBearer where it is good for nothing."""
    if found is None:
        raise BadBearer("no initial access token, or one that is used up or expired", section="RFC 7591 §3")
    return found


def attested(statements: Statements, given: Mapping[str, Any], former: str = "") -> dict[str, Any]:
    """What a client says, with what an issuer attests of it in its place (RFC 7591 §2.3). Raises ProtocolError.

    `former`: the statement that it registered with. It cannot do without one then, or it could say anything.
    """
    statement = given.get("software_statement") or ""
    if not statement:
        if former:
            raise BadMetadata([("software_statement", "it was registered with one, and goes on with one")])
        return dict(given)
    try:
        return {**given, **statements.claims(statement, former)}
    except BadStatement as error:
        raise ProtocolError(error.code, "the software statement is not believed", cause=str(error)) from None


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


def bearer(request: Request, needed: str) -> str:
    """The token of the header (RFC 6750 §2.1); who sent none is told which is needed. Raises BadBearer."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        cause = "another scheme than Bearer" if scheme else "no token"
        raise BadBearer(cause, "", description=needed)
    return token.strip()


def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object of the body (RFC 7591 §3.1). Raises ProtocolError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProtocolError("invalid_client_metadata", "the body must be application/json")
    try:
        given = strict_json.parse(request.form.get("body", ""), LEVELS)
    except strict_json.BadJson:
        given = None
    if not isinstance(given, dict):
        raise ProtocolError("invalid_client_metadata", "the body must be one strict JSON object in UTF-8")
    return given


def management(parts: Parts, client_id: str, token: str) -> dict[str, str]:
    """Where and with what a client manages its record (RFC 7592 §3)."""
    uri = f"{parts.settings.issuer}{PATH}/{client_id}"
    return {"registration_client_uri": uri, "registration_access_token": token}


def shown(metadata: ClientMetadata) -> dict[str, Any]:
    """All that is registered, by its registered names (RFC 7591 §3.2.1): what a replacement may say again."""
    hidden = self_registration.OPERATORS - self_registration.exceptions(metadata).keys()
    return {name: value for name, value in metadata.effective().items() if name not in hidden}


def _refusal(error: BadMetadata) -> ProtocolError:
    """The first mistake, in our own words: which member, and what is wrong with it."""
    text = "".join(sign for sign in error.sentences[0] if sign.isascii() and sign.isprintable())
    return ProtocolError(error.code, text.translate({ord('"'): "'", ord("\\"): "/"})[:200], cause=str(error))
