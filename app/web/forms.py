"""Forms that only our own pages can send (SR-085): a signed token bound to this browser, and the sender's origin."""

import hashlib
import secrets
from urllib.parse import urlsplit

from flask import request

from app.keys.signed import BadSigned, Signed
from app.web.browser import Browser

PURPOSE = "form"
LIFE_S = 86_400


class ForgedForm(Exception):
    """The form was not sent by a page of ours to this browser."""


class StaleForm(ForgedForm):
    """The page is from another day, or the browser has lost its cookie since."""


class Forms:
    """Makes and checks form tokens."""

    def __init__(self, signed: Signed, browser: Browser, issuer: str) -> None:
        self._signed, self._browser, self._origin = signed, browser, issuer

    def token(self) -> str:
        """The value of a page's `csrf_token` field."""
        return self._signed.sign(PURPOSE, self._mark())

    def check(self) -> None:
        """Raises ForgedForm or StaleForm unless one of our pages sent this form from this browser."""
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_ours(origin):
            raise ForgedForm("foreign origin")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            raise ForgedForm("foreign site")
        try:
            mark = self._signed.read(PURPOSE, request.form.get("csrf_token", ""), LIFE_S)
        except BadSigned:
            raise StaleForm("token") from None
        if not isinstance(mark, str) or not secrets.compare_digest(mark, self._mark()):
            raise StaleForm("another browser")

    def _is_ours(self, origin: str) -> bool:
        """Same origin, by our settings; a development server may be reached by another loopback name."""
        if origin == self._origin:
            return True
        parts = urlsplit(self._origin)
        return parts.scheme == "http" and origin == f"http://{request.host}" and _loopback(request.host)

    def _mark(self) -> str:
        return hashlib.sha256(b"mostid/form/" + self._browser.id().encode()).hexdigest()[:32]


def _loopback(host: str) -> bool:
    return host.rpartition(":")[0] in {"localhost", "127.0.0.1"}
