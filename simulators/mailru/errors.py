"""Errors of the token and profile addresses: status 200, a number, free text. None is a code of RFC 6749."""

from flask import Response

from simulators.wire import json_answer

CONTENT_TYPE = "application/json;charset=UTF-8"
TEXTS = {
    1: ("invalid client", "invalid client id"),
    2: ("invalid request", "invalid request"),
    3: ("invalid username or password", "username or password is incorrect"),
    6: ("token not found", "token not found"),
}


class Refused(Exception):
    """1 invalid client id, 2 invalid request, 3 invalid credentials, 6 invalid token or code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def refusal(refused: Refused) -> Response:
    """The answer."""
    error, description = TEXTS[refused.code]
    return answer({"error": error, "error_code": refused.code, "error_description": description})


def answer(body: dict[str, object]) -> Response:
    """Any answer of these addresses."""
    return json_answer(200, body, CONTENT_TYPE)
