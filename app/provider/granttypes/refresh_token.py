"""The refresh token grant type (RFC 6749 §6), with rotation (RFC 9700 §4.14.2) but for FAPI clients."""

import logging
from typing import Any

from sqlalchemy import Row

from app.grants import refresh
from app.grants.issue import entitlement
from app.grants.kept_details import opened
from app.provider.errors import ProtocolError, explain, invalid_grant
from app.provider.granttypes.base import GrantType

log = logging.getLogger("mostid.provider")


class RefreshToken(GrantType):
    """Renews a grant's tokens."""

    GRANT_TYPE = "refresh_token"
    REQUIRED = ("refresh_token",)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[Any]]:
        """Rotate, look at the scope, then mint.

        A replay has just ended its grant: its refusal is returned, so that the end commits. What was granted is
        known only from the row that the rotation gives back, so a scope that is too wide takes the rotation back, and
        so do another key or resource than the grant's and details that were not granted.
        """
        try:
            token = self.parts.refresh.open(self.form["refresh_token"])
        except refresh.BadRefreshToken:
            raise invalid_grant("not a refresh token", "RFC 6749 §6") from None
        keep = bool(self.service.fapi)
        result = self.parts.refresh.rotate(self.http.tx, token, self.service.client_id, keep=keep)
        if result is None:
            raise invalid_grant("ended, expired or of another client", "RFC 6749 §6")
        if isinstance(result, refresh.Replayed):
            return self._replayed(result)
        scope = self._scope(result.grant.scope.split())
        if not scope and not self._has_details_alone(result.grant):
            self.http.tx.rollback()
            raise ProtocolError(
                "invalid_scope", "a refresh cannot widen the scope", section="RFC 6749 §6"
            )  # SR-038
        try:
            self.check_key(result.grant.cnf)
            self.audience(result.grant.resource)
            details = self.narrowed(opened(self.http.tx, self.parts.data_keys, result.grant))
        except ProtocolError:
            self.http.tx.rollback()
            raise
        given = entitlement(result.grant, " ".join(scope), self.cnf, details)
        told = self.single_claims(given.identity_id, result.grant.claims)
        return self.answer(
            self.parts.mint.answer(given, self.service, nonce="", refresh_token=result.token, claims=told)
        )

    def _has_details_alone(self, grant: Row[Any]) -> bool:
        """Whether it was given for authorization details without a scope (RFC 9396 §3), and none is asked for now."""
        return bool(grant.authorization_details) and not grant.scope and self.asked_scope() is None

    def _scope(self, granted: list[str]) -> list[str]:
        """The scope of this answer: what was granted and is still allowed, or the part of it that was asked for.

        Empty where more was asked for. The grant itself keeps its scope, so the next refresh may have all of it again.
        """
        asked = self.asked_scope()
        wanted = granted if asked is None else asked
        return [name for name in wanted if name in self.service.scopes] if set(wanted) <= set(granted) else []

    def _replayed(self, result: refresh.Replayed) -> tuple[int, dict[str, Any], list[Any]]:
        """Sound the alarm (SR-036); the record stands already."""
        self.parts.metrics.event("refresh_replayed")
        reference, client_id = self.http.reference, result.grant.client_id
        log.warning("refresh token replayed", extra={"reference": reference, "client": client_id})
        explain(self.http, "invalid_grant", "a former refresh token came again", "RFC 9700 §4.14.2")
        return 400, {"error": "invalid_grant"}, []
