"""One id for each browser: it binds asks, states and challenges, and signs nobody in."""

import re
import secrets

from flask import Flask, Response, g

from app.web.cookies import Cookies

FORM = re.compile(r"[A-Za-z0-9_-]{22}")
LIFE_S = 365 * 86_400


class Browser:
    """Reads the browser's id, or gives it one."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def id(self) -> str:
        """128 bits in base64url: the cookie's, or new ones that the answer will set."""
        known = self._cookies.read("browser")
        if known is not None and FORM.fullmatch(known):
            return known
        if "new_browser" not in g:
            g.new_browser = secrets.token_urlsafe(16)
        fresh: str = g.new_browser
        return fresh

    def install(self, app: Flask) -> None:
        """Have answers set the cookie of a new browser."""
        app.after_request(self._remember)

    def _remember(self, response: Response) -> Response:
        if "new_browser" in g:
            self._cookies.set(response, "browser", g.new_browser, LIFE_S)
        return response
