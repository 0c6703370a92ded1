"""Token introspection (RFC 7662), for the client that a token was given to, and the resource server that it is for."""

from typing import Any

from app.clients.registry import Client
from app.grants import grants
from app.grants.access_token import is_access_token
from app.grants.issue import detailed, token_type
from app.grants.kept_details import opened
from app.grants.locator import open_place
from app.grants.refresh import BadRefreshToken
from app.keys.signing import BadToken
from app.provider.client_auth import ClientAuthentication
from app.provider.errors import ProtocolError, error_answer, invalid_request
from app.provider.parts import Parts
from app.web.request import Answer, Request, json_answer, jwt_answer

INACTIVE = {"active": False}
MEDIA_TYPE = "application/token-introspection+jwt"


class IntrospectionEndpoint:
    """`POST /introspect`. Whatever is not a live token of the caller is inactive, and nothing more is said (SR-046)."""

    def __init__(self, parts: Parts, authenticate: ClientAuthentication) -> None:
        self._parts, self._authenticate = parts, authenticate

    def __call__(self, request: Request) -> Answer:
        """State of a token, in at most one statement."""
        try:
            client = self._authenticate.confidential(request)
            token = request.form.get("token")
            if token is None:
                raise invalid_request("token is missing", "RFC 7662 §2.1")
        except ProtocolError as error:
            return error_answer(error, request)
        read = self._access if is_access_token(token) else self._refresh
        state = read(request, token, client) or INACTIVE
        algorithm = client.metadata.introspection_signed_response_alg
        if algorithm or _wants_jwt(request):
            return jwt_answer(
                MEDIA_TYPE, self._parts.mint.introspection(state, client, algorithm or _usual(client))
            )
        return json_answer(200, state)

    def _access(self, request: Request, token: str, client: Client) -> dict[str, Any] | None:
        try:
            claims = self._parts.access_tokens.read(token)
        except BadToken:
            return None
        holder = str(claims["client_id"])
        if holder != client.client_id and not (
            self._is_for(claims, client) and self._parts.clients.get(holder)
        ):
            return None
        if claims.get("sub") != claims.get("client_id"):  # a person's, so it stands and falls with its grant
            place = open_place(self._parts.sealer, str(claims["jti"]))
            if place is None:
                return None
            row = grants.live(request.tx, place.identity_id, place.grant_id, self._parts.moment())
            if row is None:
                return None
        return {"active": True, "token_type": token_type(claims)} | claims

    def _is_for(self, claims: dict[str, Any], client: Client) -> bool:
        """Whether the caller is the resource server that a token is for. Nobody else is ourselves."""
        audience = claims.get("aud")
        return audience != self._parts.settings.issuer and audience in client.metadata.resource_server

    def _refresh(self, request: Request, text: str, client: Client) -> dict[str, Any] | None:
        try:
            token = self._parts.refresh.open(text)
        except BadRefreshToken:
            return None
        row = grants.live(request.tx, token.identity_id, token.grant_id, self._parts.moment())
        if row is None or row.client_id != client.client_id or not self._parts.refresh.is_current(row, token):
            return None
        details = opened(request.tx, self._parts.data_keys, row)
        return {
            "active": True,
            **({"scope": row.scope} if row.scope else {}),
            "client_id": row.client_id,
            "sub": row.sub,
            "iss": self._parts.settings.issuer,
            "iat": row.rotated_at // 1000,
            "exp": self._parts.refresh.usable_until(row) // 1000,
        } | detailed(details, row.resource)


def _usual(client: Client) -> str:
    """The algorithm for a client that named none (RFC 9701 §6, FAPI 2.0 SP §5.4.1)."""
    return "ES256" if client.fapi else "RS256"


def _wants_jwt(request: Request) -> bool:
    """Whether it asks for a signed answer (RFC 9701 §4)."""
    accepted = request.headers.get("accept", "").split(",")
    return any(part.partition(";")[0].strip().lower() == MEDIA_TYPE for part in accepted)
