"""The authorization code grant type (RFC 6749 §4.1.3, RFC 7636 §4.5, OIDC Core §3.1.3)."""

from typing import Any

from app.grants import grants
from app.grants.authorization_details import Details, stored
from app.grants.codes import BadCode, Code, redirect_hash
from app.grants.issue import Entitlement
from app.provider.errors import invalid_grant
from app.provider.granttypes.base import GrantType
from app.provider.granttypes.replay import refuse
from app.provider.pkce import verifies


class AuthorizationCode(GrantType):
    """Exchanges a code for tokens, once."""

    GRANT_TYPE = "authorization_code"
    REQUIRED = ("code", "redirect_uri")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[Any]]:
        """Check the code against everything it is bound to, spend it, then mint.

        A failure of the checks changes nothing, so that a thief cannot cancel a login (SR-026). A code that passes
        them a second time ends its grant: somebody else has used it.
        """
        code = self._checked_code()
        granted = self._details(code)
        if granted is None:
            return refuse(self.http, self.parts, code, code.id, "what was allowed with it is kept no more")
        narrowed = self.narrowed(granted)
        admitted = grants.admit(self.http.tx, code, self.service.sector, self.parts.moment())
        if admitted is None:
            cause = "person or session has ended, or consent was withdrawn"
            return refuse(self.http, self.parts, code, code.id, cause)
        given = self._entitlement(code, self.sub_of(admitted, code.identity_id), narrowed)
        asked = code.extras.get("claims")
        token = self.spend(  # the grant's key is the code's id
            given,
            session_id=code.session_id,
            link_id=code.link_id,
            offline="offline_access" in code.scope.split(),
            claims=asked,
            details=granted,
        )
        if token is None:
            return refuse(self.http, self.parts, code, code.id, "code came twice")
        told = self.single_claims(code.identity_id, asked)
        return self.answer(
            self.parts.mint.answer(
                given, self.service, nonce=code.nonce, refresh_token=token or None, claims=told
            )
        )

    def _checked_code(self) -> Code:
        try:
            code = self.parts.codes.open(self.form["code"])
        except BadCode as error:
            raise invalid_grant(str(error)) from None
        if code.client_id != self.service.client_id:
            raise invalid_grant("code of another client", "RFC 6749 §4.1.3")
        if code.redirect_hash != redirect_hash(self.form["redirect_uri"]):
            raise invalid_grant("another redirect URI than at the authorization endpoint", "RFC 6749 §4.1.3")
        if not verifies(self.form.get("code_verifier", ""), code.challenge):
            raise invalid_grant("PKCE verification failed", "RFC 7636 §4.6")
        if "jkt" in code.extras and self.cnf != f"jkt:{code.extras['jkt']}":
            raise invalid_grant("another DPoP key than at the authorization endpoint", "RFC 9449 §10")
        self.audience(code.resource)
        return code

    def _details(self, code: Code) -> Details | None:
        """What was allowed with this code in full (RFC 9396); None where that is lost, and the code with it."""
        if "details" not in code.extras:
            return ()
        kept = self.parts.approvals.find(code.id)
        return None if kept is None else stored(kept)

    def _entitlement(self, code: Code, sub: str, details: Details) -> Entitlement:
        return Entitlement(
            code.identity_id,
            code.id,
            code.client_id,
            sub,
            self.parts.keyed.sid(code.session_id, self.service.sector),
            code.scope,
            code.resource,
            code.auth_time,
            code.acr,
            code.amr,
            self.cnf,
            details,
        )
