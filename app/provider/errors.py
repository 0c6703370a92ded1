"""OAuth errors: one value, made where the fault is found, turned into an answer in one place per audience.

Descriptions are our own fixed texts: never text from the request (RFC 6749 §4.1.2.1 limits their characters).
"""

from authlib.oauth2.rfc6749.errors import OAuth2Error

from app.web.request import Answer, json_answer


class ProtocolError(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """An error for a machine: code, description, status, and the cause for the log alone."""

    def __init__(self, code: str, description: str = "", *, status: int = 400, cause: str = "") -> None:
        super().__init__(description=description, status_code=status, error=code)
        self.code, self.text, self.status, self.cause = code, description, status, cause


def invalid_request(description: str) -> ProtocolError:
    """A parameter is missing, malformed or repeated."""
    return ProtocolError("invalid_request", description)


def invalid_grant(cause: str) -> ProtocolError:
    """A code or refresh token is not good for this client now. Never says why (SR-033)."""
    return ProtocolError("invalid_grant", cause=cause)


def invalid_client(cause: str) -> ProtocolError:
    """The client did not authenticate. One answer for unknown, disabled and wrong (SR-033)."""
    return ProtocolError("invalid_client", status=401, cause=cause)


def error_answer(error: OAuth2Error) -> Answer:
    """The JSON form (RFC 6749 §5.2)."""
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    if error.status_code == 401:
        return json_answer(401, body, ("WWW-Authenticate", 'Basic realm="MostID", charset="UTF-8"'))
    if error.status_code == 429:
        return json_answer(429, body, ("Retry-After", "60"))
    return json_answer(error.status_code, body)


def bearer_answer(status: int, code: str = "", scope: str = "") -> Answer:
    """The answer of a protected resource to a bad token (RFC 6750 §3): the challenge alone when none was sent."""
    challenge = 'Bearer realm="MostID"'
    if code:
        challenge += f', error="{code}"'
    if scope:
        challenge += f', scope="{scope}"'
    return json_answer(status, {"error": code} if code else {}, ("WWW-Authenticate", challenge))
