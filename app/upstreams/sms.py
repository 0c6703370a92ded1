"""The SMS gateway (MegaLabs A2P REST). It only sends."""

from typing import Any

from app.upstreams import answers
from app.upstreams.base import UpstreamError
from app.upstreams.http import GATEWAY_S, Http
from config.upstream import SmsSettings

PROVIDER = "sms"


class Sms:
    """Hands messages over."""

    def __init__(self, settings: SmsSettings, http: Http, *, total_s: float = GATEWAY_S) -> None:
        self._settings, self._http, self._total_s = settings, http, total_s

    def send(self, number: str, text: str, message_id: str) -> None:
        """Hand one message over to a number (E.164). Raises UpstreamError, which never tells the text (SR-134)."""
        settings = self._settings
        if not settings.enabled:
            raise UpstreamError(PROVIDER, "unavailable", "switched off")
        response = self._http.post(
            PROVIDER,
            settings.url,
            json={
                "from": settings.sender,
                "to": int(number.removeprefix("+")),
                "message": text,
                "msg_id": message_id,
            },
            auth=(settings.login, settings.password.get_secret_value()),
            total_s=self._total_s,
        )
        if response.status in {401, 403}:
            raise UpstreamError(PROVIDER, "rejected", f"status {response.status}")
        if response.status != 200:
            raise UpstreamError(PROVIDER, "unavailable", f"status {response.status}")
        code = _code(answers.read_object(PROVIDER, response, result=dict)["result"])
        if code != 0:
            raise UpstreamError(PROVIDER, "rejected", f"code {code}")


def _code(result: dict[str, Any]) -> int:
    """`result.status.code`: 0 is success, the others are not documented."""
    status = result.get("status")
    code = status.get("code") if isinstance(status, dict) else None
    if type(code) is not int:
        raise UpstreamError(PROVIDER, "malformed", "no code")
    return code
