"""Token revocation (RFC 7009)."""

from app.events import audit
from app.grants import revocation
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
        """Always 200 for tokens that mean nothing to us or belong to somebody else (RFC 7009 §2.2)."""
        try:
            if request.form.repeated:
                raise invalid_request("a parameter is repeated")
            client = self._authenticate(request)
            token = request.form.get("token")
            if token is None:
                raise invalid_request("token is missing")
            place = self._place(token, client.client_id)
        except ProtocolError as error:
            return error_answer(error)
        if place is not None:
            self._end(request, place, client.client_id)
        return Answer(200, b"", NO_STORE)

    def _place(self, token: str, client_id: str) -> Place | None:
        if "." not in token:
            try:
                opened = self._parts.refresh.open(token)
            except BadRefreshToken:
                return None
            return Place(opened.identity_id, opened.grant_id)
        try:
            claims = self._parts.signing.verify(token, "at+jwt", expired_ok=True)
        except BadToken:
            return None
        place = open_place(self._parts.sealer, str(claims["jti"]))
        if place is None and claims.get("client_id") == client_id:
            # A service's own token has no grant to end; it is over within minutes (RFC 7009 §2.2.1).
            raise ProtocolError("unsupported_token_type")
        return place

    def _end(self, request: Request, place: Place, client_id: str) -> None:
        now, identity = self._parts.clock.now(), place.identity_id
        if revocation.end(request.tx, identity, place.grant_id, client_id, "revoked", now):
            detail = {"grant": str(place.grant_id)}
            audit.record(
                request.tx,
                "grant.revoked",
                now,
                identity=identity,
                actor="service",
                client_id=client_id,
                detail=detail,
            )
