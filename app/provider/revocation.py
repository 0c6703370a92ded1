"""Token revocation (RFC 7009)."""

from app.clients.registry import Client
from app.grants import revocation
from app.grants.access_token import is_access_token
from app.grants.locator import Place, open_place
from app.grants.refresh import BadRefreshToken
from app.keys.signing import BadToken
from app.provider.client_auth import ClientAuthentication
from app.provider.errors import ProtocolError, error_answer, invalid_request
from app.provider.parts import Parts
from app.web.request import NO_STORE, Answer, Request


class RevocationEndpoint:
    """`POST /revoke`: ends the grant of a token, and with it every token born from it (SR-045)."""

    def __init__(self, parts: Parts, authenticate: ClientAuthentication) -> None:
        self._parts, self._authenticate = parts, authenticate

    def __call__(self, request: Request) -> Answer:
        """200 as well for tokens that mean nothing to us or belong to somebody else (RFC 7009 §2.2).

        One statement: the reason in the grant's row is the record. The answer is empty and has no Content-Type,
        since there are clients that refuse any but JSON's.
        """
        try:
            client = self._authenticate(request)
            token = request.form.get("token")
            if token is None:
                raise invalid_request("token is missing", "RFC 7009 §2.1")
            place = self._place(token, client)
        except ProtocolError as error:
            return error_answer(error, request)
        if place is not None:
            now = self._parts.clock.now()
            revocation.end(request.tx, place.identity_id, place.grant_id, client.client_id, "revoked", now)
        return Answer(200, b"", NO_STORE)

    def _place(self, token: str, client: Client) -> Place | None:
        """Where the grant of this token is; None for what is no token of ours."""
        if not is_access_token(token):
            try:
                opened = self._parts.refresh.open(token)
            except BadRefreshToken:
                return None
            return Place(opened.identity_id, opened.grant_id)
        try:
            claims = self._parts.access_tokens.read(token, expired_ok=True)
        except BadToken:
            return None
        if claims.get("sub") == client.client_id:
            # A service's own token has no grant to end; it is over within minutes (RFC 7009 §2.2.1).
            raise ProtocolError("unsupported_token_type")
        return open_place(self._parts.sealer, str(claims["jti"]))
