"""The cookies of a request as the server hands them on: lost or doubled ones are not taken for none (SR-081)."""

from wsgiref.types import WSGIEnvironment

STATIC = "/static/"
"""Files that pages are made of: nobody reads cookies there, and the page of a refusal needs them."""


def problem(environ: WSGIEnvironment, *, read: bool) -> str:
    """Why the cookies of a request cannot be relied on; empty where they can. `read`: they are read where it goes.

    A server empties the header where one byte of it is outside ASCII, be it in a cookie that a neighbouring host set:
    whoever is signed in would be a stranger. So an empty one is refused: who has no cookies sends no such header.
    """
    header = environ.get("HTTP_COOKIE")
    if header is None or environ["PATH_INFO"].startswith(STATIC):
        return ""
    if read and not header.strip():
        return "the cookies cannot be read"
    return "a cookie is repeated" if _tossed(header) else ""


def _tossed(header: str) -> bool:
    """Whether a cookie of ours came twice: a neighbouring host may have planted one of them.

    A server that joins two headers may do it with a comma.
    """
    if header.count("mostid_") < 2:
        return False
    names = [part.partition("=")[0].strip() for part in header.replace(",", ";").split(";")]
    ours = [name for name in names if "mostid_" in name]
    return len(ours) != len(set(ours))
