"""Forms that only our own pages can send (SR-085): a signed token, bound to two cookies, and the sender's origin."""

import hashlib
import re
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from app.keys.signed import BadSigned, Signed
from app.web.browser import Browser
from app.web.cookies import Cookies

PURPOSE = "form"
LIFE_S = 86_400
SECRET = re.compile(r"[A-Za-z0-9_-]{22}")


class ForgedForm(Exception):
    """The form was not sent by a page of ours to this browser."""


class StaleForm(ForgedForm):
    """The page is from another day, or the browser has lost its cookies since."""


class Forms:
    """Makes and checks form tokens: a signed double submit, bound to the browser's id and to a secret of the day."""

    def __init__(self, signed: Signed, cookies: Cookies, browser: Browser, issuer: str) -> None:
        self._signed, self._cookies, self._browser, self._origin = signed, cookies, browser, issuer

    def install(self, app: Flask) -> None:
        """Give templates `csrf_token()`, and have answers set the cookie that goes with it."""
        app.jinja_env.globals["csrf_token"] = self.token
        app.after_request(self._remember)

    def token(self) -> str:
        """The value of a page's `csrf_token` field; good for a day."""
        if "csrf" not in g:
            g.csrf = self._secret() or secrets.token_urlsafe(16)
        return self._signed.sign(PURPOSE, self._mark(g.csrf))

    def check(self) -> None:
        """Raises ForgedForm or StaleForm unless one of our pages sent this form from this browser."""
        self._check_sender()
        try:
            mark = self._signed.read(PURPOSE, request.form.get("csrf_token", ""), LIFE_S)
        except BadSigned:
            raise StaleForm("token") from None
        secret = self._secret()
        if (
            secret is None
            or not isinstance(mark, str)
            or not secrets.compare_digest(mark, self._mark(secret))
        ):
            raise StaleForm("another browser")

    def _check_sender(self) -> None:
        """Where the browser says that the form came from.

        Our own pages say `Origin: null`, since they forbid the referrer (Fetch §3.2, SR-012). Anybody can have a
        browser say that; `Sec-Fetch-Site` tells them apart, and where a browser has none, the token does.
        """
        origin = request.headers.get("Origin", "null")
        if origin != "null" and not self._is_ours(origin):
            raise ForgedForm("foreign origin")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            raise ForgedForm("foreign site")
        referrer = request.headers.get("Referer")
        if referrer is not None and not self._is_ours(_origin_of(referrer)):
            raise ForgedForm("foreign page")

    def _is_ours(self, origin: str) -> bool:
        """Same origin, by our settings; where we are on loopback, by the loopback name that was called."""
        if origin == self._origin:
            return True
        ours = urlsplit(self._origin)
        return (
            _loopback(ours.hostname)
            and _origin_of(origin) == origin
            and _loopback(urlsplit(origin).hostname)
            and origin == f"http://{request.host}"
        )

    def _secret(self) -> str | None:
        known = self._cookies.read("csrf")
        return known if known is not None and SECRET.fullmatch(known) else None

    def _mark(self, secret: str) -> str:
        return hashlib.sha256(f"mostid/form/{self._browser.id()}/{secret}".encode()).hexdigest()[:32]

    def _remember(self, response: Response) -> Response:
        if "csrf" in g:
            self._cookies.set(response, "csrf", g.csrf, LIFE_S)
        return response


def _origin_of(url: str) -> str:
    """The origin of an address; what is no address has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _loopback(host: str | None) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}
