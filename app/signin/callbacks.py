"""What the operator's machines call: the result of a push, and our public keys."""

import json
from collections.abc import Callable

from app.signin.parts import Parts
from app.web.request import Answer, Request, json_answer

KEYS_CACHE = ("Cache-Control", "public, max-age=3600")


def push_result(parts: Parts) -> Callable[[Request], Answer]:
    """`POST /upstream/mobileid/notify`: authenticated by the token that we gave with the request (SR-139)."""

    def answer(request: Request) -> Answer:
        noted = parts.push.notify(request.headers.get("authorization", ""), request.form.get("body", ""))
        if noted == "noted":
            return Answer(204)
        if noted == "later":
            return json_answer(503, {"error": "temporarily_unavailable"}, ("Retry-After", "5"))
        return json_answer(401, {"error": "invalid_token"}, ("WWW-Authenticate", "Bearer"))

    return answer


def public_keys(parts: Parts) -> Callable[[Request], Answer]:
    """`GET /upstream/mobileid/jwks.json`: the key that our requests to the operator are signed with."""
    body = json.dumps(parts.push.public_jwks()).encode()
    headers = (("Content-Type", "application/json"), KEYS_CACHE)
    return lambda _request: Answer(200, body, headers)
