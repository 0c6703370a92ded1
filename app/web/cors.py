"""Reading of machines' endpoints across origins, by scripts of registered browser clients alone (SR-014)."""

import logging
from collections.abc import Callable
from wsgiref.types import WSGIEnvironment

from app.storage.database import Unavailable
from app.web.request import Answer

log = logging.getLogger("mostid.door")

Origins = Callable[[], frozenset[str]]
Headers = tuple[tuple[str, str], ...]

KEPT_S = 600
"""How long a browser keeps the answer to a preflight: so long a client that was taken away may still ask, in vain."""
EXPOSED = "WWW-Authenticate, DPoP-Nonce, Retry-After, X-Reference"
"""What scripts need to tell an expired token from a lack of scope, to prove their key, to wait, and to tell us what happened."""


def headers(environ: WSGIEnvironment, origins: Origins) -> Headers:
    """What the answer to a request says to the browser (Fetch §3.3). Never with credentials: ours are no cookies."""
    vary = ("Vary", "Origin")
    origin = environ.get("HTTP_ORIGIN")
    if origin is None or origin not in _known(origins):
        return (vary,)
    return (vary, ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", EXPOSED))


def preflight(environ: WSGIEnvironment, methods: frozenset[str], origins: Origins) -> Answer | None:
    """The answer to a browser that asks before it sends; None where this is no such question."""
    if environ["REQUEST_METHOD"] != "OPTIONS" or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
        return None
    if environ.get("HTTP_ORIGIN") not in _known(origins):
        return Answer(403)
    return Answer(
        204,
        headers=(
            ("Access-Control-Allow-Methods", ", ".join(sorted(methods))),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP"),
            ("Access-Control-Max-Age", str(KEPT_S)),
        ),
    )


def _known(origins: Origins) -> frozenset[str]:
    """Nobody, while the registry cannot be read: the request itself is answered as ever."""
    try:
        return origins()
    except Unavailable as error:
        log.warning("origins unknown", extra={"cause": str(error)})
        return frozenset()
