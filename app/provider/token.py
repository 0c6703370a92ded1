"""The token endpoint (RFC 6749 §3.2)."""

from app.provider.client_auth import ClientAuthentication
from app.provider.errors import error_answer, invalid_request
from app.provider.granttypes.authorization_code import AuthorizationCode
from app.provider.granttypes.client_credentials import ClientCredentials
from app.provider.granttypes.device_code import DeviceCode
from app.provider.granttypes.refresh_token import RefreshToken
from app.provider.parts import Parts
from app.provider.server import Server
from app.web.request import Answer, Request

GRANT_TYPES = (AuthorizationCode, RefreshToken, ClientCredentials, DeviceCode)


class TokenEndpoint:
    """`POST /token`."""

    def __init__(self, parts: Parts, authenticate: ClientAuthentication) -> None:
        self._parts, self._server = parts, Server(parts, authenticate)
        for grant_type in GRANT_TYPES:
            self._server.register_grant(grant_type)

    def __call__(self, request: Request) -> Answer:
        """Dispatch by grant type; Authlib turns errors into answers, so whatever was written commits."""
        if "grant_type" not in request.form:
            return error_answer(invalid_request("grant_type is missing in the body"), request)
        answer: Answer = self._server.create_token_response(request)
        return self._parts.dpop.with_nonce(request, answer)
