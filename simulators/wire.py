"""Reading requests and writing answers, as all simulators do it."""

import hashlib
import hmac
import json
import threading
from base64 import urlsafe_b64encode
from typing import Any

from flask import Response, request


def json_answer(status: int, body: Any, content_type: str = "application/json") -> Response:
    """An answer in JSON, which nobody keeps."""
    return Response(json.dumps(body), status, {"Content-Type": content_type, "Cache-Control": "no-store"})


def json_object() -> dict[str, Any] | None:
    """The body, if it is a JSON object of type application/json."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else None


def parameters() -> dict[str, Any]:
    """Parameters of a body in JSON, of a form or of the query: whichever the client speaks."""
    if request.is_json:
        return json_object() or {}
    return request.form.to_dict() or request.args.to_dict()


def text(values: dict[str, Any], name: str) -> str:
    """A member if it is a text, else nothing."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def basic() -> tuple[str, str] | None:
    """User and password of HTTP Basic (RFC 7617)."""
    given = request.authorization
    if given is None or given.type != "basic":
        return None
    return given.username or "", given.password or ""


def bearer() -> str:
    """The token of an Authorization header (RFC 6750 §2.1)."""
    given = request.authorization
    return (given.token or "") if given is not None and given.type == "bearer" else ""


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal."""
    return hmac.compare_digest(one.encode(), other.encode())


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def be_slow(seconds: float) -> None:
    """Wait, by the time of the world outside."""
    if seconds > 0:
        threading.Event().wait(seconds)
