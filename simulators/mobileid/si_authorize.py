"""`si-authorize`: a server asks for a person on a handset, by JSON, form or query."""

from typing import Any

from flask import Response

from simulators.mobileid import request_object
from simulators.mobileid.chain import Chain
from simulators.mobileid.errors import STATUS_OF, Refused, outer, unauthorized
from simulators.mobileid.keys import ClientKeys
from simulators.mobileid.request_object import SiRequest
from simulators.wire import be_slow, json_answer, parameters, text
from simulators.world import World

RESPONSE_TYPES = ("mc_si_async_code", "mc_si_polling")
SCOPES = (
    "openid", "mc_authn", "mc_authz", "mc_atp", "mc_identity_phonenumber", "mc_identity_basic", "mc_identity_full",
    "mc_kyc_plain", "mc_kyc_hashed", "offline_access",
)  # fmt: skip
MANDATORY = ("client_id", "response_type", "scope", "request")


class SiAuthorize:
    """Checks what was asked, in the order: outside, client, signature, inside, subscriber."""

    def __init__(self, world: World, issuer: str, keys: ClientKeys, chain: Chain) -> None:
        self._world, self._issuer, self._keys, self._chain = world, issuer, keys, chain

    def answer(self) -> Response:
        """`auth_req_id`, or an error."""
        be_slow(self._world.scenario.mobileid.slow_s)
        try:
            return self._accepted(self._read(parameters()))
        except Refused as refused:
            return refused.answer()

    def _read(self, asked: dict[str, Any]) -> SiRequest:
        client = self._world.scenario.mobileid
        if client.error:
            raise Refused(STATUS_OF[client.error], client.error, "That is what the scenario says")
        for name in MANDATORY:
            if not text(asked, name):
                raise outer(name, "invalid" if name in asked else "missing")
        if asked["response_type"] not in RESPONSE_TYPES:
            raise outer("response_type", "invalid")
        scopes = set(asked["scope"].split())
        if "openid" not in scopes or len(scopes) < 2 or not scopes <= set(SCOPES):
            raise outer("scope", "invalid")
        if asked["client_id"] != client.client_id:
            raise unauthorized("Client is unknown")
        if not client.client_enabled:
            raise Refused(403, "access_denied", "Client is switched off")
        claims = request_object.verified(asked["request"], client, self._keys, self._world.clock)
        return request_object.checked(claims, asked, client, self._issuer)

    def _accepted(self, asked: SiRequest) -> Response:
        switches = self._world.scenario.mobileid
        be_slow(self._world.scenario.subscriber(asked.number).slow_s)
        transaction = self._chain.accept(asked)
        interval = {"interval": switches.poll_interval_s} if asked.polling else {}
        body = {**transaction.named(), "expires_in": switches.expires_in, **interval}
        answer = json_answer(200, body)
        # Only when the client has its answer: no call back may overtake it.
        answer.call_on_close(lambda: self._chain.begin(transaction))
        return answer


def enter_code(chain: Chain, key: str) -> Response:
    """`POST /sms_otp/send/<key>`: `verify_code` as JSON or as a form."""
    left = chain.enter(key, text(parameters(), "verify_code"))
    if left is None:
        return json_answer(404, {"error": "invalid_request", "error_description": "sms session not found"})
    if left < 0:
        return Response(status=200)
    wrong = {"error": "invalid_request", "error_description": "invalid otp code", "retry_count": left}
    return json_answer(400, wrong)
