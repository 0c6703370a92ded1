"""Where Mobile ID is."""

from flask import Blueprint, Response

from simulators.mobileid.chain import Chain
from simulators.mobileid.discovery import document
from simulators.mobileid.keys import ClientKeys, OperatorKey
from simulators.mobileid.polling import Polling
from simulators.mobileid.si_authorize import SiAuthorize, enter_code
from simulators.mobileid.sim_swap import SimSwap
from simulators.wire import json_answer
from simulators.world import World

PREFIX = "/mobileid"


class MobileId:
    """The operator: one key, one chain."""

    def __init__(self, world: World) -> None:
        self._issuer = f"{world.origin}{PREFIX}"
        self._key = OperatorKey()
        self._client_keys = ClientKeys(world.outbound, world.clock)
        self._chain = Chain(world, self._issuer, self._key)
        self._si_authorize = SiAuthorize(world, self._issuer, self._client_keys, self._chain)
        self._polling, self._sim_swap = Polling(world, self._chain), SimSwap(world)

    def clear(self) -> None:
        """Forget all requests."""
        self._chain.clear()
        self._client_keys.clear()

    def blueprint(self) -> Blueprint:
        """Its addresses."""
        routes = Blueprint("mobileid", __name__, url_prefix=PREFIX)
        key, chain = self._key, self._chain

        @routes.get("/.well-known/openid-configuration")
        def discovery() -> Response:
            return json_answer(200, document(self._issuer))

        @routes.get("/jwks")
        def jwks() -> Response:
            return json_answer(200, key.jwks())

        @routes.post("/sms_otp/send/<key>")
        def sms_otp(key: str) -> Response:
            return enter_code(chain, key)

        routes.add_url_rule(
            "/si-authorize", "si_authorize", self._si_authorize.answer, methods=["GET", "POST"]
        )
        routes.add_url_rule("/mc-token", "mc_token", self._polling.post, methods=["POST"])
        routes.add_url_rule("/sim-swap/v2/check", "check", self._sim_swap.check, methods=["POST"])
        routes.add_url_rule(
            "/sim-swap/v2/retrieve-date", "retrieve_date", self._sim_swap.retrieve_date, methods=["POST"]
        )
        return routes
