"""Mail.ru, direct ("OAuth Mail")."""

from app.storage.clock import Clock
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.http import Http
from config.upstream import MailRuSettings


class MailRu:
    """Sends a browser to Mail.ru and asks who came back."""

    def __init__(self, settings: MailRuSettings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock

    def begin(
        self, state: str, verifier: str, redirect_uri: str, *, force: bool, login_hint: str, locale: str
    ) -> str:
        """The address to send the browser to."""
        return self._settings.authorize_url

    def finish(self, code: str, verifier: str, redirect_uri: str) -> Assertion:
        """Who it was. Raises UpstreamError."""
        raise UpstreamError("mailru", "unavailable")
