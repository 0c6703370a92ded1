"""The refresh token grant type (RFC 6749 §6), with rotation (RFC 9700 §4.14.2)."""

from typing import Any

from app.grants import grants, refresh
from app.grants.issue import entitlement
from app.provider.errors import ProtocolError, invalid_grant
from app.provider.granttypes.base import GrantType


class RefreshToken(GrantType):
    """Renews a grant's tokens."""

    GRANT_TYPE = "refresh_token"
    REQUIRED = ("refresh_token",)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[Any]]:
        """Rotate, then mint. A replay has just ended its grant: its refusal is returned, so that the end commits."""
        try:
            token = self.parts.refresh.open(self.form["refresh_token"])
        except refresh.BadRefreshToken:
            raise invalid_grant("not a refresh token") from None
        scope = self._narrowed(token)
        result = self.parts.refresh.rotate(self.http.tx, token, self.service.client_id)
        if result is None:
            raise invalid_grant("ended, expired or of another client")
        if isinstance(result, refresh.Replayed):
            self.parts.metrics.event("refresh_replayed")
            return 400, {"error": "invalid_grant"}, []
        given = entitlement(result.grant, scope)
        body = self.parts.mint.answer(
            given, id_token_alg=self.service.id_token_alg, nonce="", refresh_token=result.token
        )
        return self.answer(body)

    def _narrowed(self, token: refresh.RefreshToken) -> str | None:
        """The scope asked for, never more than was granted (RFC 6749 §6); None where nothing was asked.

        Looked at before anything is spent. The grant itself keeps its scope, which never changes.
        """
        asked = self.form.get("scope")
        if asked is None:
            return None
        row = grants.live(self.http.tx, token.identity_id, token.grant_id)
        wanted = asked.split()
        if row is None or not wanted or not set(wanted) <= set(row.scope.split()):
            raise ProtocolError("invalid_scope", "a refresh cannot widen the scope")  # SR-038
        return " ".join(dict.fromkeys(wanted))
