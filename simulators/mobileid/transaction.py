"""One request on its way: what was asked, where it stands, how it ended."""

from dataclasses import dataclass
from typing import Any

from simulators.mobileid.request_object import SiRequest
from simulators.upstream_switches import Authenticator


@dataclass(frozen=True, slots=True)
class Failure:
    """How a request can end badly: as called back, and as polled (CIBA Core 1.0 §11)."""

    error: str
    description: str
    polled: str

    def to_json(self) -> dict[str, Any]:
        """Members of the result that is called back."""
        return {"error": self.error, "error_description": self.description}


DENIED = Failure("authorization_error", "Subscriber denied the request", "access_denied")
NO_ANSWER = Failure("authorization_error", "Subscriber consent waiting time expired", "expired_token")
BUSY = Failure("authorization_error", "Previous authentication transaction is not finished", "access_denied")
NO_ATTEMPTS = Failure(
    "access_denied", "the client has run out of attempts to authorize by sms code", "access_denied"
)

Result = Failure | dict[str, Any]
"""A failure, or the tokens."""


@dataclass(slots=True)
class Otp:
    """A code that was sent by SMS and is expected at an address of its own."""

    key: str
    code: str
    attempts: int


@dataclass(slots=True)
class Transaction:
    """Times in seconds since 1970."""

    id: str
    """`auth_req_id`."""
    request: SiRequest
    remaining: list[Authenticator]
    """Authenticators that have not had their turn."""
    started_at: float
    push_id: str = ""
    otp: Otp | None = None
    result: Result | None = None
    polled_at: float = 0

    def named(self) -> dict[str, str]:
        """What every message about it begins with."""
        correlation = {"correlation_id": self.request.correlation_id} if self.request.correlation_id else {}
        return {"auth_req_id": self.id, **correlation}
