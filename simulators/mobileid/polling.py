"""`POST /mc-token`: asking for the result instead of being called back.

No operator documents this exchange: the grant is the one that they advertise, all else is that of CIBA Core 1.0 §10-11.
"""

from flask import Response

from simulators.mobileid.chain import Chain
from simulators.mobileid.transaction import Failure, Transaction
from simulators.wire import basic, bearer, json_answer, parameters, same, text
from simulators.world import World

GRANTS = ("urn:openid:params:mc:grant_type:server_initiated", "urn:openid:params:grant-type:ciba")


class Polling:
    """One client polls for its own requests."""

    def __init__(self, world: World, chain: Chain) -> None:
        self._world, self._chain = world, chain

    def post(self) -> Response:
        """Tokens, or `authorization_pending`, `slow_down`, `access_denied`, `expired_token`."""
        values = parameters()
        user = basic()
        if text(values, "grant_type") not in GRANTS:
            return _error("unsupported_grant_type")
        if (user[0] if user else text(values, "client_id")) != self._world.scenario.mobileid.client_id:
            return _error("invalid_client", 401)
        transaction = self._chain.find(text(values, "auth_req_id"))
        if transaction is None or not transaction.request.polling or not _may_ask(transaction):
            return _error("invalid_grant")
        return self._state(transaction)

    def _state(self, transaction: Transaction) -> Response:
        soon = transaction.polled_at + self._world.scenario.mobileid.poll_interval_s
        too_soon = self._world.clock.now() < soon
        result = self._chain.poll(transaction)
        if result is None:
            return _error("slow_down" if too_soon else "authorization_pending")
        if isinstance(result, Failure):
            return _error(result.polled, 400, result.description)
        return json_answer(200, transaction.named() | result)


def _may_ask(transaction: Transaction) -> bool:
    """A bearer token, if one is sent, is that of the request."""
    given = bearer()
    return not given or same(given, transaction.request.notification_token)


def _error(error: str, status: int = 400, description: str = "") -> Response:
    told = {"error_description": description} if description else {}
    return json_answer(status, {"error": error} | told)
