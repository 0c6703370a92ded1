"""What is measured: each scenario is one operation as a service or a browser does it."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from bench.wire import Connection, Failed, Reply

REDIRECT = "http://localhost:9/callback"
SCOPE = "openid profile email"


@dataclass(slots=True)
class Setting:
    """What the server was prepared with, and what one connection has in hand."""

    client_id: str
    secret: str
    cookies: str
    signer: str
    key: ECKey
    """A second service, which signs instead of sending a secret, and its key."""
    issuer: str
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def basic(self) -> str:
        """The header of client_secret_basic."""
        pair = f"{quote(self.client_id)}:{quote(self.secret)}"
        return f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


Operation = Callable[[Connection, Setting], None]


def discovery(connection: Connection, _setting: Setting) -> None:
    """The metadata document."""
    _expect(connection.get("/.well-known/openid-configuration"), 200)


def key_set(connection: Connection, _setting: Setting) -> None:
    """The key set."""
    _expect(connection.get("/jwks.json"), 200)


def client_credentials(connection: Connection, setting: Setting) -> None:
    """A token for the service itself."""
    _expect(
        connection.post("/token", "grant_type=client_credentials&scope=catalogue.read", setting.basic), 200
    )


def private_key_jwt(connection: Connection, setting: Setting) -> None:
    """The same for a service that signs an assertion (RFC 7523)."""
    _expect(connection.post("/token", _signed(setting)), 200)


def _signed(setting: Setting) -> str:
    now = int(time.time())
    claims = {
        "iss": setting.signer,
        "sub": setting.signer,
        "aud": setting.issuer,
        "jti": secrets.token_hex(16),
    }
    assertion = jwt.encode({"alg": "ES256"}, claims | {"iat": now, "exp": now + 60}, setting.key)
    return (
        "grant_type=client_credentials&scope=catalogue.read&client_assertion_type="
        f"urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion={assertion}"
    )


def code_flow(connection: Connection, setting: Setting) -> None:
    """Authorize with an established session, then exchange the code: ID, access and refresh token."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": setting.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": SCOPE,
        "state": "s" * 22,
        "nonce": "n" * 22,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
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
    setting.tokens = _json(connection.post("/token", urlencode(form), setting.basic))


def refresh(connection: Connection, setting: Setting) -> None:
    """A rotation."""
    form = {"grant_type": "refresh_token", "refresh_token": setting.tokens["refresh_token"]}
    setting.tokens = _json(connection.post("/token", urlencode(form), setting.basic))


def userinfo(connection: Connection, setting: Setting) -> None:
    """Claims for an access token."""
    header = f"Authorization: Bearer {setting.tokens['access_token']}\r\n"
    _expect(connection.get("/userinfo", header), 200)


def introspection(connection: Connection, setting: Setting) -> None:
    """State of an access token."""
    body = urlencode({"token": setting.tokens["access_token"]})
    if not _json(connection.post("/introspect", body, setting.basic))["active"]:
        raise Failed("the token is not active")


def revocation(connection: Connection, setting: Setting) -> None:
    """End of a grant; the grant is made by an operation that is not counted."""
    body = urlencode({"token": setting.tokens["refresh_token"]})
    _expect(connection.post("/revoke", body, setting.basic), 200)


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
    "code flow": Scenario(code_flow),
    "refresh": Scenario(refresh, before=code_flow),
    "userinfo": Scenario(userinfo, before=code_flow),
    "introspection": Scenario(introspection, before=code_flow),
    "revocation": Scenario(revocation, each=code_flow),
}


def _expect(reply: Reply, status: int) -> Reply:
    if reply.status != status:
        raise Failed(f"{reply.status} {reply.headers.get('location', '')} {reply.body[:300]!r}")
    return reply


def _json(reply: Reply) -> dict[str, str]:
    body: dict[str, str] = json.loads(_expect(reply, 200).body)
    return body
