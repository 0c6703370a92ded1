"""Our cookies: one way to name, read, set and clear them (SR-080)."""

from flask import Response, request

from config.settings import Settings

DELETED = 0


class Cookies:
    """Names cookies `mostid_…`, and `__Host-mostid_…` where we are served over https."""

    def __init__(self, settings: Settings) -> None:
        self._secure = settings.secure
        self._prefix = "__Host-mostid_" if settings.secure else "mostid_"

    def name(self, kind: str) -> str:
        """The full name of a kind: `sid`, `others`, `browser`, `csrf`, `device`, `lang`, `txn_…`."""
        return self._prefix + kind

    def read(self, kind: str) -> str | None:
        """The value that this request brought."""
        return request.cookies.get(self.name(kind))

    def matching(self, start: str) -> list[str]:
        """Kinds that this request brought, by the start of their names."""
        wanted = self.name(start)
        return [name.removeprefix(self._prefix) for name in request.cookies if name.startswith(wanted)]

    def set(self, response: Response, kind: str, value: str, max_age_s: int | None) -> None:
        """Set a cookie for so long, or until the browser closes. Never for a domain, never for scripts."""
        response.set_cookie(
            self.name(kind),
            value,
            max_age=max_age_s,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )

    def replace(self, response: Response, kind: str, value: str, max_age_s: int | None) -> None:
        """Set a cookie, or have the browser forget it where there is nothing to say."""
        if value:
            self.set(response, kind, value, max_age_s)
        elif self.read(kind) is not None:
            self.clear(response, kind)

    def clear(self, response: Response, kind: str) -> None:
        """Have the browser forget a cookie."""
        self.set(response, kind, "", DELETED)
