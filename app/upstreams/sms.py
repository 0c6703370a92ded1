"""The SMS gateway (MegaLabs A2P REST). It only sends."""

from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from config.upstream import SmsSettings


class Sms:
    """Hands messages over."""

    def __init__(self, settings: SmsSettings, http: Http) -> None:
        self._settings, self._http = settings, http

    def send(self, number: str, text: str, message_id: str) -> None:
        """Hand one message over. Raises UpstreamError."""
        raise UpstreamError("sms", "unavailable")
