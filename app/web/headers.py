"""Security headers of every page (SR-012). What the door adds to all answers is not here."""

import base64
import hashlib
import re

from flask import Flask, Response, g, request

from app.web.layout import version

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
OUR_SCRIPTS = "script-src 'self'"
FIXED = {
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), otp-credentials=(self), payment=(), usb=()",
}
SOURCE = re.compile(r"[a-z][a-z0-9+.-]*:(//[A-Za-z0-9.-]+(:\d+)?)?")
"""A scheme, or an origin; nothing that could end the directive (CSP 3 §2.3.1)."""


def install(app: Flask) -> None:
    """Add them to each answer that leaves Flask."""
    app.after_request(_secure)


def allow_forms_to(origins: tuple[str, ...]) -> None:
    """Let the forms of the page that is being made lead on to these origins: browsers check each redirect of a POST."""
    g.form_action = tuple(dict.fromkeys(origin for origin in origins if SOURCE.fullmatch(origin)))


def allow_script(text: str) -> None:
    """Let the page that is being made run this very script in its text (CSP 3 §2.3.1, `hash-source`)."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    g.script = f"'sha256-{digest}'"


def _secure(response: Response) -> Response:
    policy = POLICY.replace(OUR_SCRIPTS, f"{OUR_SCRIPTS} {g.script}") if "script" in g else POLICY
    response.headers["Content-Security-Policy"] = " ".join((policy, *g.get("form_action", ())))
    for name, value in FIXED.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = _static_cache() if request.endpoint == "static" else "no-store"
    return response


def _static_cache() -> str:
    """For ever under the address with the content's own version; under any other, ask again."""
    name, asked = (request.view_args or {}).get("filename", ""), request.args.get("v")
    return "public, max-age=31536000, immutable" if asked and asked == version(name) else "no-cache"
