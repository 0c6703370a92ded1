"""The picture of a device's address (RFC 8628 §3.3.1), for devices that can show a picture but not draw one.

It is drawn from the code that the caller names, without looking that up: it says of no code whether it is good.
"""

from io import BytesIO

import segno

from app.grants.device_requests import shown, typed
from app.provider.parts import Parts
from app.web.request import NO_STORE, Answer, Request
from app.web.windows import AddressWindows

TYPES = {"svg": "image/svg+xml", "png": "image/png"}
SCALE = 8
"""Pixels of a module: some 330 for the whole picture, which a television shows larger or smaller."""
QUIET = 4
"""Modules of light ground around it, whatever stands beside (ISO/IEC 18004 §9.1)."""
HEADERS = (
    # Devices' own pages of any origin may show it; opened by itself it is a picture and nothing else.
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    *NO_STORE,
)


class DeviceQrEndpoint:
    """`GET /device/qr.svg` and `/device/qr.png`, with `user_code`."""

    def __init__(self, parts: Parts, kind: str) -> None:
        self._parts, self._kind = parts, kind
        settings = parts.settings
        self._windows = AddressWindows(
            parts.clock, settings.limits.signin_starts_per_address_minute, settings.profile != "production"
        )

    def __call__(self, request: Request) -> Answer:
        """Draw it. Touches no store."""
        code = typed(request.query.get("user_code", ""))
        if not code or "user_code" in request.query.repeated:
            return Answer(400, b"", NO_STORE)
        if not self._windows.admit(request.address):
            return Answer(429, b"", (("Retry-After", "60"), *NO_STORE))
        picture = draw(complete_uri(self._parts.settings.issuer, code), self._kind)
        return Answer(200, picture, (("Content-Type", TYPES[self._kind]), *HEADERS))


def complete_uri(issuer: str, user_code: str) -> str:
    """`verification_uri_complete`: the page with the code in it (RFC 8628 §3.2)."""
    return f"{issuer}/device?user_code={shown(typed(user_code))}"


def draw(text: str, kind: str) -> bytes:
    """A QR code that stays readable with a seventh of it covered; black on white in every theme."""
    picture = BytesIO()
    options = {"xmldecl": False, "svgclass": None, "lineclass": None, "nl": False, "unit": "px"}
    segno.make_qr(text, error="m").save(
        picture,
        kind=kind,
        scale=SCALE,
        border=QUIET,
        dark="#000",
        light="#fff",
        **(options if kind == "svg" else {}),
    )
    return picture.getvalue()
