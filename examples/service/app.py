"""The application of one service: its own pages, and around them what all services do alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from examples.service import words
from examples.service.messages import message
from examples.service.oidc import RelyingParty
from examples.service.registration import Registration
from examples.service.sessions import Sessions
from examples.service.showing import display_name, known
from examples.service.signing_in import Answer, SigningIn
from examples.service.signing_out import SigningOut
from examples.service.visits import Visits

MOSCOW = ZoneInfo("Europe/Moscow")
LARGEST_FORM = 16_384


@dataclass(frozen=True, slots=True)
class Service:
    """What makes one service different from the others."""

    name: str
    """Name of its package; its cookie is `<name>_session`."""
    brand: str
    """What it calls itself, in English."""
    scope: str
    """What it asks MostID for."""
    russian: Mapping[str, str]
    """Its own texts."""
    pages: Callable[[Visits], Blueprint]
    """Its own pages, among them the front page."""
    silent: bool = False
    """Try once, without any page, whether a new visitor is signed in at MostID already."""
    order: Mapping[str, Any] | None = None
    """What its customers may pay for, as MostID asks them (RFC 9396); none: nothing."""


def create_service(service: Service, us: Registration, now: Callable[[], float] = time.time) -> Flask:
    """The application. `now`: seconds since 1970."""
    app = Flask(f"examples.{service.name}")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    provider = RelyingParty(us, service.scope, now)
    visits = Visits(f"{service.name}_session", us.origin, Sessions(now), provider)
    visits.install(app)
    words.install(app, service.russian)
    app.jinja_env.globals.update(
        display_name=display_name, known=known, service=service.name, brand=service.brand
    )
    app.jinja_env.filters["clock"] = _clock
    _fill(app, service, us, provider, visits)
    app.after_request(_headers(us))
    app.register_error_handler(HTTPException, _failed)
    return app


def _fill(app: Flask, service: Service, us: Registration, provider: RelyingParty, visits: Visits) -> None:
    signing_in = SigningIn(us, provider, visits, service.order)
    pages = service.pages(visits)

    def arrive() -> Answer | None:
        """Before a page of the service: look once whether the visitor is known, and keep their access fresh."""
        if request.method != "GET":
            return None
        if service.silent and visits.session() is None and request.path == "/":
            return signing_in.look()
        visits.renew(always=False)
        return None

    pages.before_request(arrive)
    app.register_blueprint(pages)
    app.register_blueprint(signing_in.blueprint())
    app.register_blueprint(SigningOut(us, provider, visits).blueprint())
    app.register_blueprint(
        Blueprint(
            "service",
            __name__,
            template_folder="templates",
            static_folder="static",
            static_url_path="/common",
        )
    )


def _headers(us: Registration) -> Callable[[Response], Response]:
    """Nothing from elsewhere, no frames; forms may lead on to MostID, which the sign-out everywhere does."""
    issuer = urlsplit(us.issuer)
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {issuer.scheme}://{issuer.netloc}"
    )

    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = (
            "same-origin"  # no-referrer would make browsers hide a form's origin
        )
        static = request.endpoint is not None and request.endpoint.endswith("static")
        response.headers["Cache-Control"] = "no-cache" if static else "no-store"
        return response

    return add


def _failed(error: HTTPException) -> tuple[str, int]:
    g.setdefault("session", None)
    status = error.code or 500
    return message("form" if status in {400, 403, 405, 413} else "missing", status)


def _clock(at: float) -> str:
    """A time of day in Moscow, to the second."""
    return datetime.fromtimestamp(at, MOSCOW).strftime("%H:%M:%S")
