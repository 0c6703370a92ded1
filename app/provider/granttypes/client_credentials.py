"""The client credentials grant type (RFC 6749 §4.4): a service acts for itself, never for a person (SR-049)."""

from typing import Any

from app.clients.scopes import PERSONAL
from app.grants.authorization_details import NAME as DETAILS
from app.grants.authorization_details import Details
from app.provider.asked_details import BAD_DETAILS
from app.provider.errors import ProtocolError
from app.provider.granttypes.base import GrantType


class ClientCredentials(GrantType):
    """Gives a service a token of its own. Touches no storage."""

    GRANT_TYPE = "client_credentials"

    def create_token_response(self) -> tuple[int, dict[str, Any], list[Any]]:
        """Mint a token with the scopes asked for, or all that the service may have without a person."""
        if self.service.public:
            raise ProtocolError("unauthorized_client", "this client may not use this grant type")
        allowed = self.service.scopes.difference(PERSONAL)
        asked = self.asked_scope()
        wanted = sorted(allowed) if asked is None else asked
        details = self._details()
        if not (wanted or (details and asked is None)) or not set(wanted) <= allowed:
            raise ProtocolError("invalid_scope", "this client may not have this scope")
        resource = self.audience(self.form.get("resource", self.parts.settings.issuer))
        scope = " ".join(wanted)
        return self.answer(self.parts.mint.client_answer(self.service, scope, resource, self.cnf, details))

    def _details(self) -> Details:
        """Authorization details that it asks for itself: of types that need nobody's word. Raises ProtocolError."""
        details, types = self.asked_details() or (), self.parts.detail_types
        for number, detail in enumerate(details):
            if not types[detail["type"]].document.client_credentials:
                text = f"{DETAILS}[{number}].type is for people to allow"
                raise ProtocolError(BAD_DETAILS, text)
        return details
