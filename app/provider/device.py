"""The device authorization endpoint (RFC 8628 §3.1): a device without a browser asks for codes."""

import re

from app.clients.registry import Client
from app.grants.authorization_details import written
from app.grants.device_requests import GRANT_TYPE, INTERVAL_S
from app.provider.asked_details import asked_details
from app.provider.client_auth import ClientAuthentication
from app.provider.device_qr import complete_uri
from app.provider.errors import ProtocolError, error_answer
from app.provider.parts import Parts
from app.web.request import Answer, Request, json_answer

AGENTS = (
    (re.compile(r"smart-?tv|tizen|web0?os|appletv|googletv|bravia|hbbtv", re.IGNORECASE), "Smart TV"),
    (re.compile(r"android", re.IGNORECASE), "Android"),
    (re.compile(r"iphone|ipad", re.IGNORECASE), "iOS"),
    (re.compile(r"windows", re.IGNORECASE), "Windows"),
    (re.compile(r"macintosh|darwin", re.IGNORECASE), "macOS"),
    (re.compile(r"linux", re.IGNORECASE), "Linux"),
)
"""Kinds of devices that we name. The header's own words are shown to nobody: whoever asks chooses them."""


class DeviceAuthorizationEndpoint:
    """`POST /device_authorization`."""

    def __init__(self, parts: Parts, authenticate: ClientAuthentication) -> None:
        self._parts, self._authenticate = parts, authenticate

    def __call__(self, request: Request) -> Answer:
        """Begin a request and answer with its codes. Touches the ephemeral store alone."""
        try:
            client = self._authenticate(request)
            scope, details = self._checked(request, client), self._details(request, client)
        except ProtocolError as error:
            return error_answer(error, request)
        agent = family(request.headers.get("user-agent", ""))
        started = self._parts.devices.start(client.client_id, scope, request.address, agent, details)
        issuer = self._parts.settings.issuer
        return json_answer(
            200,
            {
                "device_code": started.device_code,
                "user_code": started.user_code,
                "verification_uri": f"{issuer}/device",
                "verification_uri_complete": complete_uri(issuer, started.user_code),
                "expires_in": self._parts.settings.lifetimes.device_code_s,
                "interval": INTERVAL_S,
            },
        )

    def _checked(self, request: Request, client: Client) -> tuple[str, ...]:
        """The scopes that the device may have. Raises ProtocolError (SR-047, SR-050)."""
        if GRANT_TYPE not in client.grant_types:
            raise ProtocolError("unauthorized_client", "this client may not use this grant type")
        issuer = self._parts.settings.issuer
        if request.form.get("resource", issuer) != issuer or "resource" in request.form.repeated:
            raise ProtocolError("invalid_target", "tokens are for this server alone")  # RFC 8707 §2
        wanted = dict.fromkeys(request.form.get("scope", "openid").split())
        scope = tuple(name for name in wanted if name in client.scopes)
        if not scope:
            raise ProtocolError("invalid_scope", "no scope that this client may have")
        if not self._parts.starts.admit(request.address):
            raise ProtocolError("temporarily_unavailable", "too many requests", status=429)
        return scope

    def _details(self, request: Request, client: Client) -> str:
        """What the device wants to be allowed in full (RFC 9396 §4), as it is kept. Raises ProtocolError."""
        details = asked_details(request.form, client, self._parts)
        return written(details) if details else ""


def family(agent: str) -> str:
    """What kind of device a User-Agent speaks of; empty where we do not know."""
    return next((name for pattern, name in AGENTS if pattern.search(agent)), "")
