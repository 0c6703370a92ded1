"""What is measured: each scenario is one operation as a service or a browser does it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.setting import Secret, Setting
from bench.signed import assertion, proof
from bench.wire import Connection, Failed, Reply

REDIRECT = "http://localhost:9/callback"
SCOPE = "openid profile email"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
OWN_TOKEN = "grant_type=client_credentials&scope=catalogue.read"


Operation = Callable[[Connection, Setting], None]


def discovery(connection: Connection, _setting: Setting) -> None:
    """The metadata document."""
    _expect(connection.get("/.well-known/openid-configuration"), 200)


def key_set(connection: Connection, _setting: Setting) -> None:
    """The key set."""
    _expect(connection.get("/jwks.json"), 200)


def client_credentials(connection: Connection, setting: Setting) -> None:
    """A token for the service itself."""
    _expect(connection.post("/token", OWN_TOKEN, setting.service.basic), 200)


def private_key_jwt(connection: Connection, setting: Setting) -> None:
    """The same for a service that signs an assertion (RFC 7523)."""
    _expect(connection.post("/token", f"{OWN_TOKEN}&{assertion(setting)}"), 200)


def dpop(connection: Connection, setting: Setting) -> None:
    """The same with a token bound to a key by a proof (RFC 9449)."""
    bound = f"DPoP: {proof(setting, 'POST', '/token')}\r\n"
    _expect(connection.post("/token", OWN_TOKEN, setting.service.basic + bound), 200)


def code_flow(connection: Connection, setting: Setting) -> None:
    """Authorize with an established session, then exchange the code: ID, access and refresh token."""
    asked, verifier = _request(setting.service)
    setting.tokens = _tokens(connection, setting, setting.service, asked, verifier)


def opaque_code_flow(connection: Connection, setting: Setting) -> None:
    """The same for a service whose access tokens are opaque."""
    asked, verifier = _request(setting.opaque)
    setting.tokens = _tokens(connection, setting, setting.opaque, asked, verifier)


def push(connection: Connection, setting: Setting) -> None:
    """A pushed request (RFC 9126)."""
    _pushed(connection, setting, _request(setting.service)[0])


def pushed_code_flow(connection: Connection, setting: Setting) -> None:
    """Push the request, authorize with its reference, exchange the code."""
    asked, verifier = _request(setting.service)
    reference = _pushed(connection, setting, asked)
    setting.tokens = _tokens(connection, setting, setting.service, reference, verifier)


def _request(service: Secret) -> tuple[dict[str, str], str]:
    """The parameters of a good authorization request, and its verifier."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {
        "client_id": service.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": SCOPE,
        "state": "s" * 22,
        "nonce": "n" * 22,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }, verifier


def _pushed(connection: Connection, setting: Setting, asked: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a request that was pushed before."""
    answered = _json(connection.post("/par", urlencode(asked), setting.service.basic), 201)
    return {"client_id": asked["client_id"], "request_uri": answered["request_uri"]}


def _tokens(
    connection: Connection, setting: Setting, service: Secret, asked: Mapping[str, str], verifier: str
) -> dict[str, str]:
    reply = connection.get(f"/authorize?{urlencode(asked)}", f"Cookie: {setting.cookies}\r\n")
    location = _expect(reply, 303).headers["location"]
    answered = parse_qs(urlsplit(location).query)
    if "code" not in answered:
        raise Failed(location)
    form = {
        "grant_type": "authorization_code",
        "code": answered["code"][0],
        "redirect_uri": REDIRECT,
        "code_verifier": verifier,
    }
    return _json(connection.post("/token", urlencode(form), service.basic))


def refresh(connection: Connection, setting: Setting) -> None:
    """A rotation."""
    form = {"grant_type": "refresh_token", "refresh_token": setting.tokens["refresh_token"]}
    setting.tokens = _json(connection.post("/token", urlencode(form), setting.service.basic))


def userinfo(connection: Connection, setting: Setting) -> None:
    """Claims for an access token."""
    header = f"Authorization: Bearer {setting.tokens['access_token']}\r\n"
    _expect(connection.get("/userinfo", header), 200)


def introspection(connection: Connection, setting: Setting) -> None:
    """State of an access token that is a JWT."""
    _introspect(connection, setting.service, setting.tokens["access_token"])


def opaque_introspection(connection: Connection, setting: Setting) -> None:
    """State of an opaque access token."""
    _introspect(connection, setting.opaque, setting.tokens["access_token"])


def _introspect(connection: Connection, service: Secret, token: str) -> None:
    if not _json(connection.post("/introspect", urlencode({"token": token}), service.basic))["active"]:
        raise Failed("the token is not active")


def revocation(connection: Connection, setting: Setting) -> None:
    """End of a grant; the grant is made by an operation that is not counted."""
    body = urlencode({"token": setting.tokens["refresh_token"]})
    _expect(connection.post("/revoke", body, setting.service.basic), 200)


def device_start(connection: Connection, setting: Setting) -> None:
    """A device asks for its codes (RFC 8628)."""
    reply = connection.post("/device_authorization", f"scope={SCOPE}", setting.service.basic)
    setting.device_code = _json(reply)["device_code"]


def device_poll(connection: Connection, setting: Setting) -> None:
    """The device asks whether somebody has decided; nobody has."""
    form = urlencode({"grant_type": DEVICE_CODE, "device_code": setting.device_code})
    if _json(connection.post("/token", form, setting.service.basic), 400)["error"] != "authorization_pending":
        raise Failed("the request of the device is not pending")


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation, and what has to be done before each without being counted."""

    operation: Operation
    before: Operation | None = None
    """Once for each connection."""
    each: Operation | None = None
    """Before every operation; its own cost is taken off."""


SCENARIOS: Mapping[str, Scenario] = {
    "discovery": Scenario(discovery),
    "JWKS": Scenario(key_set),
    "client_credentials": Scenario(client_credentials),
    "private_key_jwt": Scenario(private_key_jwt),
    "DPoP": Scenario(dpop),
    "code flow": Scenario(code_flow),
    "PAR": Scenario(push),
    "PAR and code flow": Scenario(pushed_code_flow),
    "refresh": Scenario(refresh, before=code_flow),
    "userinfo": Scenario(userinfo, before=code_flow),
    "introspection": Scenario(introspection, before=code_flow),
    "introspection, opaque": Scenario(opaque_introspection, before=opaque_code_flow),
    "revocation": Scenario(revocation, each=code_flow),
    "device poll": Scenario(device_poll, each=device_start),
}


def _expect(reply: Reply, status: int) -> Reply:
    if reply.status != status:
        raise Failed(f"{reply.status} {reply.headers.get('location', '')} {reply.body[:300]!r}")
    return reply


def _json(reply: Reply, status: int = 200) -> dict[str, str]:
    body: dict[str, str] = json.loads(_expect(reply, status).body)
    return body
