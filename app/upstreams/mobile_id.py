"""MegaFon Mobile ID, server-initiated (Mobile Connect profile)."""

from typing import Any

from app.storage.clock import Clock
from app.upstreams.http import Http
from config.upstream import MobileIdSettings


class MobileId:
    """Starts requests on handsets and reads their results."""

    def __init__(self, settings: MobileIdSettings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock

    def public_jwks(self) -> dict[str, Any]:
        """The key set with the key that our requests are signed with."""
        return {"keys": []}
