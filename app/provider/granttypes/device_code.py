"""The device code grant type (RFC 8628 §3.4, §3.5): a device asks whether its person has decided."""

from typing import Any

from app.grants import grants
from app.grants.authorization_details import Details, stored
from app.grants.device_requests import GRANT_TYPE, Approval, DeviceRequest, key_of
from app.grants.issue import Entitlement
from app.provider.errors import ProtocolError, invalid_grant
from app.provider.granttypes.base import GrantType
from app.provider.granttypes.replay import refuse


class DeviceCode(GrantType):
    """Exchanges an approved device code for tokens, once."""

    GRANT_TYPE = GRANT_TYPE
    REQUIRED = ("device_code",)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[Any]]:
        """Look at the request and at how often it was asked for, then at the decision; make its grant, then mint.

        The session of the approval must still live: what ends it before the device comes ends the approval too
        (SR-108). Afterwards the grant stands by itself; a code that comes again ends it, as an authorization code does
        (SR-026): whoever has the tokens does not ask.
        """
        self.audience(self.parts.settings.issuer)
        approval = self._approved(self._request())
        granted = stored(approval.details)
        narrowed = self.narrowed(granted)
        admitted = grants.admit(self.http.tx, approval, self.service.sector, self.parts.moment())
        if admitted is None:
            return self._refused(approval, "person or session has ended, or consent was withdrawn")
        given = self._entitlement(approval, self.sub_of(admitted, approval.identity_id), narrowed)
        # Of no browser's session, and offline: the browser that it was allowed in may be closed.
        token = self.spend(given, session_id=None, link_id=approval.link_id, offline=True, details=granted)
        if token is None:
            return self._refused(approval, "device code came twice")
        return self.answer(self.parts.mint.answer(given, self.service, nonce="", refresh_token=token or None))

    def _request(self) -> DeviceRequest:
        """The request of this very client. Raises ProtocolError."""
        request = self.parts.devices.read(key_of(self.form["device_code"]))
        if request is None or request.client_id != self.service.client_id:
            raise invalid_grant("unknown device code, or another client's", "RFC 8628 §3.5")
        if self.parts.devices.expired(request):
            raise ProtocolError("expired_token")
        if self.parts.devices.polled_too_soon(request, self.http.reference):
            raise ProtocolError("slow_down")
        return request

    def _approved(self, request: DeviceRequest) -> Approval:
        """Its approval. Raises ProtocolError while there is none."""
        if request.denied:
            raise ProtocolError("access_denied")
        if request.approval is None:
            raise ProtocolError("authorization_pending")
        return request.approval

    def _refused(self, approval: Approval, cause: str) -> tuple[int, dict[str, Any], list[Any]]:
        return refuse(self.http, self.parts, approval, approval.grant_id, cause)

    def _entitlement(self, approval: Approval, sub: str, details: Details) -> Entitlement:
        return Entitlement(
            approval.identity_id,
            approval.grant_id,
            approval.client_id,
            sub,
            None,
            approval.scope,
            self.parts.settings.issuer,
            approval.auth_time,
            approval.acr,
            approval.amr,
            self.cnf,
            details,
        )
