"""An application of pages alone: what `create_app` makes of this room, with a route for each sample and each mishap."""

import secrets
from base64 import urlsafe_b64encode
from typing import Any

from flask import Flask, Response, abort, request

import app.web
from app.keys.keyring import Keyring
from app.keys.signed import Signed
from app.storage.clock import Clock
from app.storage.database import Unavailable
from app.storage.ephemeral.base import EphemeralDown
from app.web import headers
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.forms import Forms
from app.web.i18n import Languages
from app.web.pages import Pages
from app.web.request import Malformed
from config.settings import KeySettings, Settings
from tests.web.samples import SAMPLES

ROOM = app.web.__path__[0]
REFERENCE = "0123456789ab"
PURPOSES = ("wrap", "seal", "sign", "lookup", "subject", "sid", "otp", "audit")


def settings(**changed: Any) -> Settings:
    keys = {purpose: f"1:{urlsafe_b64encode(secrets.token_bytes(32)).decode()}" for purpose in PURPOSES}
    return Settings(keys=KeySettings(**keys), **changed)


def pages_app(clock: Clock, **changed: Any) -> Flask:
    """The pages of `GET /sample/<name>`, a form at `/form`, and one route for each thing that goes wrong."""
    deployment = settings(**changed)
    flask = Flask(
        "pages",
        static_folder=f"{ROOM}/static",
        static_url_path="/static",
        template_folder=f"{ROOM}/templates",
    )
    flask.config["MAX_CONTENT_LENGTH"] = 4096
    cookies = Cookies(deployment)
    browser, languages = Browser(cookies), Languages(cookies)
    forms = Forms(Signed(Keyring(deployment.keys), clock), cookies, browser, deployment.issuer)
    pages = Pages(forms, languages, deployment.support_url)
    browser.install(flask)
    languages.install(flask)
    pages.install(flask)
    headers.install(flask)
    flask.before_request(lambda: request.environ.setdefault("mostid.reference", REFERENCE) and None)
    _add_samples(flask, pages)
    _add_form(flask, pages, forms)
    _add_mishaps(flask)
    return flask


def _add_samples(flask: Flask, pages: Pages) -> None:
    def sample(name: str) -> Response:
        template, context = SAMPLES[name]
        origins = tuple(request.args.getlist("to"))
        pages.use_locales(request.args.get("ui_locales", ""))
        return pages.render(template, redirects_to=origins, **context)

    flask.add_url_rule("/sample/<name>", "sample", sample)


def _add_form(flask: Flask, pages: Pages, forms: Forms) -> None:
    def show() -> Response:
        return pages.render(*SAMPLES["phone"][:1], **SAMPLES["phone"][1])

    def sent() -> Response:
        forms.check()
        return pages.redirect("/form")

    for path in ("/form", "/signin/phone"):
        flask.add_url_rule(path, f"{path}.show", show, methods=["GET"])
        flask.add_url_rule(path, f"{path}.sent", sent, methods=["POST"])
    flask.add_url_rule("/posted-only", "posted", sent, methods=["POST"])


def _add_mishaps(flask: Flask) -> None:
    def fail(name: str) -> Response:
        raise {
            "unavailable": Unavailable("no database"),
            "ephemeral": EphemeralDown("no store"),
            "malformed": Malformed("bad"),
            "bug": KeyError("+79201234567 secret-canary /var/lib/mostid"),
        }[name]

    def stop(status: int) -> Response:
        abort(status)

    flask.add_url_rule("/fail/<name>", "fail", fail)
    flask.add_url_rule("/abort/<int:status>", "abort", stop)
