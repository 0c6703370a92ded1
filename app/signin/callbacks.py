"""What the operator's machines call: the result of a push, a message from a person, and our public keys."""

import json
from collections.abc import Callable

from app.signin.parts import Parts
from app.upstreams.base import UpstreamError
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


def message(parts: Parts) -> Callable[[Request], Answer]:
    """`POST /upstream/sms/inbound`: a message from a person, with the gateway's credentials (SR-147).

    Every message is taken with thanks, whether its code waits or not: the gateway has no use for the difference.
    """

    def answer(request: Request) -> Answer:
        if not parts.inbox.is_gateway(request.headers.get("authorization", "")):
            return json_answer(401, {"error": "invalid_client"}, ("WWW-Authenticate", 'Basic realm="sms"'))
        try:
            incoming = parts.inbox.read(request.form.get("body", ""))
        except UpstreamError:
            return json_answer(400, {"error": "invalid_request"})
        known = parts.inbound.received(incoming.number, incoming.text)
        parts.metrics.event("message_matched" if known else "message_unknown")
        return Answer(204)

    return answer


def public_keys(parts: Parts) -> Callable[[Request], Answer]:
    """`GET /upstream/mobileid/jwks.json`: the key that our requests to the operator are signed with."""
    body = json.dumps(parts.push.public_jwks()).encode()
    headers = (("Content-Type", "application/json"), KEYS_CACHE)
    return lambda _request: Answer(200, body, headers)
