"""Security headers of every page (SR-012). What the door adds to all answers is not here."""

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
FIXED = {
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def install(app: Flask) -> None:
    """Add them to each answer that leaves Flask."""
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    allowed = " ".join(origin for origin in g.get("form_action", ()) if origin)
    response.headers["Content-Security-Policy"] = f"{POLICY} {allowed}".rstrip()
    for name, value in FIXED.items():
        response.headers[name] = value
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response
