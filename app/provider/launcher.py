"""The page at `/`: our services, each one click away (OIDC Core §4)."""

from dataclasses import dataclass

from flask import Response

from app.clients.client import Client
from app.provider.parts import Parts
from app.web.cookies import Cookies
from app.web.pages import Pages


@dataclass(frozen=True, slots=True)
class Entrance:
    """One service on the page."""

    name: str
    logo_uri: str
    accent: str
    url: str

    @classmethod
    def of(cls, client: Client, language: str, issuer: str) -> "Entrance":
        """How a client is shown."""
        return cls(client.name(language), client.logo_uri, client.accent, client.login_url(issuer))


class LauncherPage:
    """`GET /`."""

    def __init__(self, parts: Parts, pages: Pages, cookies: Cookies) -> None:
        self._parts, self._pages, self._cookies = parts, pages, cookies

    def get(self) -> Response:
        """The services, for whoever is signed in; for a stranger, before them, what this place is.

        Each link begins at the service, so that the answer goes to a browser that asked for it (OIDC Core §4).
        """
        settings = self._parts.settings
        return self._pages.render(
            "provider/launcher.html",
            services=self._entrances(),
            signed_in=self._is_signed_in(),
            others=bool(self._cookies.read("others")),
            phone=settings.phone_enabled,
            account=settings.mailru.enabled or settings.vkid.enabled,
        )

    def _entrances(self) -> list[Entrance]:
        language, issuer = self._pages.language(), self._parts.settings.issuer
        return [Entrance.of(client, language, issuer) for client in self._parts.clients.entrances()]

    def _is_signed_in(self) -> bool:
        cookie = self._cookies.read("sid")
        if cookie is None:
            return False
        return self._parts.storage.run(lambda tx: self._parts.sessions.find(tx, cookie)) is not None
