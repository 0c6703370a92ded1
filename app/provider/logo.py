"""The logo of a service, as pages show it beside its name."""

from app.clients import logos
from app.clients.client import LOGO_PATH, logo_version
from app.provider.parts import Parts
from app.web.request import Answer, Request

HEADERS = (
    # Opened by itself it is a picture and nothing else; other sites' pages have no use for it.
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


class LogoEndpoint:
    """`GET /logo/<client_id>`. With the digest of the content in `v`, as pages write it, it may be kept for ever."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __call__(self, request: Request) -> Answer | None:
        """The picture; None, for the page that says that there is nothing, where no such client has one."""
        client = self._parts.clients.get(request.path.removeprefix(LOGO_PATH))
        if client is None or not client.logo_hash:
            return None
        if request.has(_tag(client.logo_hash)):
            return Answer(304, b"", self._caching(request, client.logo_hash))
        logo = logos.find(request.tx, client.client_id)
        if logo is None:
            return None
        headers = (("Content-Type", logo.media_type), *HEADERS, *self._caching(request, logo.hash))
        return Answer(200, logo.content, headers)

    @staticmethod
    def _caching(request: Request, digest: str) -> tuple[tuple[str, str], ...]:
        """For ever under the address of this very content; under any other, ask again."""
        own = request.query.get("v") == logo_version(digest)
        return (("Cache-Control", FOR_EVER if own else ASK_AGAIN), ("ETag", _tag(digest)))


def _tag(digest: str) -> str:
    return f'"{digest[:32]}"'
