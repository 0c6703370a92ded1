"""OAuth errors: one value, made where the fault is found, turned into an answer in one place per audience.

Descriptions are our own fixed texts: never text from the request (RFC 6749 §4.1.2.1 limits their characters).
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

from authlib.oauth2.rfc6749.errors import OAuth2Error

from app.provider.dpop import ALGORITHMS
from app.provider.sections import section_of
from app.web.request import Answer, Request, json_answer

log = logging.getLogger("mostid.provider")

FAULTS = frozenset({"invalid_request", "invalid_client"})
"""Errors that no service in order runs into; others are ordinary, as a grant that has ended is."""

HEADERS = {
    401: (("WWW-Authenticate", 'Basic realm="MostID", charset="UTF-8"'),),
    429: (("Retry-After", "60"),),
}
"""What goes with an error, by status."""


PROOF_ALGORITHMS = " ".join(ALGORITHMS)
NOTHING_MORE: Mapping[str, str] = {}


class ProtocolError(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """An error for a machine: code, description, status; the cause and the specification's section for the log alone."""

    def __init__(
        self, code: str, description: str = "", *, status: int = 400, cause: str = "", section: str = ""
    ) -> None:
        super().__init__(description=description, status_code=status, error=code)
        self.cause, self.section = cause, section or section_of(code)


class BadBearer(Exception):
    """A protected resource is asked for without a token that is good for it (RFC 6750 §3.1).

    The description is for people who read the body; challenges stay as short as the RFC wants them.
    """

    def __init__(
        self,
        cause: str,
        code: str = "invalid_token",
        status: int = 401,
        scope: str = "",
        scheme: str = "Bearer",
        section: str = "",
        *,
        said: Mapping[str, str] = NOTHING_MORE,
        description: str = "",
    ) -> None:
        super().__init__(cause)
        self.description = description
        self.section, self.said = section or section_of(code), said
        self.cause, self.code, self.status, self.scope, self.scheme = cause, code, status, scope, scheme


def invalid_request(description: str, section: str = "") -> ProtocolError:
    """A parameter is missing, malformed or repeated."""
    return ProtocolError("invalid_request", description, section=section)


def invalid_grant(cause: str, section: str = "") -> ProtocolError:
    """A code or refresh token is not good for this client now. Never says why (SR-033)."""
    return ProtocolError("invalid_grant", cause=cause, section=section)


def invalid_client(cause: str, section: str = "") -> ProtocolError:
    """The client did not authenticate. One answer for unknown, disabled and wrong (SR-033)."""
    return ProtocolError("invalid_client", status=401, cause=cause, section=section)


def error_answer(error: OAuth2Error, request: Request) -> Answer:
    """The JSON form (RFC 6749 §5.2); the cause goes to the log, under the answer's reference."""
    cause = getattr(error, "cause", "") or error.description or error.error
    section = getattr(error, "section", "") or section_of(error.error)
    explain(request, error.error, cause, section)
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    headers = HEADERS.get(error.status_code, ())
    return replace(json_answer(error.status_code, body, *headers), faulty=error.error in FAULTS)


def explain(request: Request, error: str, cause: str, section: str) -> None:
    """What was wrong and where the specification says so: the log alone is told (SR-033)."""
    said = {"reference": request.reference, "error": error, "cause": cause, "section": section}
    log.info("refused", extra=said)


def bearer_answer(
    error: BadBearer, request: Request, said: Mapping[str, str] = NOTHING_MORE, *, takes_dpop: bool = False
) -> Answer:
    """The answer of a protected resource (RFC 6750 §3, RFC 9449 §7.1): challenges alone when no token was sent.

    `said` are parameters that the challenge has in any case; `takes_dpop`: tokens bound to keys are taken there too.
    """
    explain(request, error.code, error.cause, error.section)
    sent = request.headers.get("authorization", "")[:5].lower()
    dpop = takes_dpop and (error.scheme == "DPoP" or sent == "dpop ")
    challenge = f'{"DPoP" if dpop else "Bearer"} realm="MostID"'
    if error.code:
        challenge += f', error="{error.code}"'
    if error.scope:
        challenge += f', scope="{error.scope}"'
    challenge += "".join(f', {name}="{text}"' for name, text in (*error.said.items(), *said.items()))
    if dpop:
        challenge += f', algs="{PROOF_ALGORITHMS}"'
    elif takes_dpop and not error.code:
        challenge += f', DPoP algs="{PROOF_ALGORITHMS}"'
    told = {"error": error.code, "error_description": error.description}
    body = {member: text for member, text in told.items() if text}
    answer = json_answer(error.status, body, ("WWW-Authenticate", challenge))
    return replace(answer, faulty=error.code in FAULTS)
