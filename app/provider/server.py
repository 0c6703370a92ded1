"""Authlib's framework-neutral server, wired to our request, our client authentication and our answers."""

from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from app.clients.registry import Client
from app.provider.client_auth import ClientAuthentication
from app.provider.errors import error_answer
from app.provider.parts import Parts
from app.web.request import Answer, Request, json_answer


class TokenRequest(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """Authlib's view of our request. The payload is the form alone: `/token` takes nothing from the query (SR-025)."""

    def __init__(self, request: Request, uri: str) -> None:
        super().__init__(request.method, uri, headers=request.headers)
        self.http = request
        self.payload = BasicOAuth2Payload(request.form)

    @property
    def form(self) -> Any:
        """The decoded body."""
        return self.http.form


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Dispatches token requests to grant types."""

    def __init__(self, parts: Parts, authenticate: ClientAuthentication) -> None:
        super().__init__()
        self.parts, self._authenticate = parts, authenticate

    def authenticate_client(
        self, request: TokenRequest, methods: Any = None, endpoint: str = "token"
    ) -> Client:
        """The client of a request, by whatever method it registered."""
        client = self._authenticate(request.http)
        request.client = client
        return client

    def create_oauth2_request(self, request: Request) -> TokenRequest:
        """Wrap our request. Authlib wants to see https; whether we are served so is decided by our settings."""
        return TokenRequest(request, "https://mostid.invalid/token")

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        """A successful answer; the door adds what every answer carries."""
        return json_answer(status, body)

    def handle_error_response(self, request: TokenRequest, error: OAuth2Error) -> Answer:
        """An error's answer."""
        return error_answer(error, request.http)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""
