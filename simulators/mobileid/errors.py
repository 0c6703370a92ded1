"""How Mobile ID says no to a request."""

from flask import Response

from simulators.wire import json_answer

STATUS_OF = {
    "timeout": 408,
    "status_conflict": 409,
    "not_found_entity": 404,
    "temporarily_unavailable": 503,
    "server_error": 500,
}
NO_SUPPORT = "Subscriber SIM card does not support authentication request"


class Refused(Exception):
    """Becomes the answer: `error` and `error_description`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status, self.error, self.description = status, error, description

    def answer(self) -> Response:
        """As it is sent."""
        return json_answer(self.status, {"error": self.error, "error_description": self.description})


def outer(name: str, fault: str) -> Refused:
    """A parameter outside the signed request is `missing` or `invalid`."""
    return Refused(400, "invalid_request", f"Mandatory parameter {name} is {fault}")


def inner(name: str, fault: str) -> Refused:
    """A claim of the signed request is `missing` or `invalid`."""
    return Refused(400, "invalid_request", f"REQUIRED parameter {name} is {fault}")


def unauthorized(description: str) -> Refused:
    """The client is not who it says, or not registered for what it asks."""
    return Refused(401, "unauthorized_client", description)
