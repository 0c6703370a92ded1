"""Tokens that others made of ours."""

import base64
import json

from joserfc import jwt
from joserfc.jwk import RSAKey


def unsigned(token: str) -> str:
    """The same claims by nobody (`alg` none)."""
    return f"{_encoded({'alg': 'none', 'typ': 'JWT', 'kid': _header(token)['kid']})}.{token.split('.')[1]}."


def tampered(token: str) -> str:
    """Other claims under the same signature."""
    head, body, mark = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"{head}.{_encoded(claims | {'sub': 'somebody else'})}.{mark}"


def foreign_signed(token: str) -> str:
    """The same claims by a key of somebody else's under our key's id."""
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return jwt.encode(_header(token), claims, RSAKey.generate_key(2048), algorithms=["RS256"])


def _header(token: str) -> dict[str, str]:
    head = token.partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
