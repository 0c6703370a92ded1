"""The application: all simulators behind one door."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from simulators import scenario_doors, words
from simulators.handset import routes as handset
from simulators.mailbox import routes as mailbox
from simulators.mailru import routes as mailru
from simulators.mailru.vault import Vault
from simulators.mobileid.routes import MobileId
from simulators.msisdn import grouped
from simulators.pages import Page, message
from simulators.sms.gateway import Gateway
from simulators.sms.hub import Hub
from simulators.sms.megalabs import MegaLabs
from simulators.vkid import routes as vkid
from simulators.vkid.vault import Vault as VkVault
from simulators.wire import json_answer, json_object, text
from simulators.world import World

LARGEST = 262_144
MOSCOW = ZoneInfo("Europe/Moscow")
MACHINES = ("/mailru/token", "/mailru/o2/token", "/vkid/oauth2/", "/mobileid/", "/sms/", "/hub/")


def create(world: World) -> Flask:
    """Everything over HTTP."""
    app = Flask("simulators")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    words.install(app)
    app.jinja_env.filters.update(grouped=grouped, time=_time)
    vault, vk_vault = Vault(world.clock), VkVault(world.clock)
    operator, gateway = MobileId(world), Gateway(world)
    app.register_blueprint(scenario_doors.blueprint(world))
    app.register_blueprint(mailru.blueprint(world, vault))
    app.register_blueprint(vkid.blueprint(world, vk_vault))
    app.register_blueprint(operator.blueprint())
    app.register_blueprint(handset.blueprint(world, gateway))
    app.register_blueprint(mailbox.blueprint(world.mails))
    app.add_url_rule("/sms/v1/sms", "megalabs", MegaLabs(world, gateway).post, methods=["POST"])
    app.add_url_rule("/hub/messaging/v1/send", "hub", Hub(world, gateway).post, methods=["POST"])
    app.add_url_rule("/reset", "reset", _reset(world, (vault, vk_vault), operator), methods=["POST"])
    _frame(app)
    return app


def _frame(app: Flask) -> None:
    """What is done around every request."""

    @app.before_request
    def read() -> None:
        # A body that is left unread tears the connection down under the answer.
        request.get_data(parse_form_data=True)

    @app.after_request
    def guard(response: Response) -> Response:
        # Browsers check where a form leads along all redirects: these lead to MostID and on to any service of it.
        forms = "" if request.path.startswith(("/mailru", "/vkid")) else "; form-action 'self'"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
            f"base-uri 'none'; frame-ancestors 'none'{forms}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Page:
        status = error.code or 500
        if request.path.startswith(MACHINES) or request.path.endswith(".json"):
            return json_answer(status, {"error": error.name.lower().replace(" ", "_")})
        if status == 404:
            return message("There is no such page", "Begin at the list of simulators.", status)
        return message("This request was not understood", "Go back and try again.", status)


def _reset(world: World, vaults: tuple[Vault, VkVault], operator: MobileId) -> Callable[[], Response]:
    def reset() -> Response:
        """Begin anew; `{"mostid": "http://localhost:8000"}` moves the MostID that is registered."""
        mostid = text(json_object() or {}, "mostid").rstrip("/")
        if mostid and not urlsplit(mostid).netloc:
            return json_answer(400, {"error": "mostid: an address is needed"})
        operator.clear()
        world.timetable.clear()
        for vault in vaults:
            vault.clear()
        world.handsets.clear()
        world.mails.clear()
        world.scenario.reset(mostid)
        return json_answer(200, world.scenario.to_json())

    return reset


def _time(ms: int) -> str:
    """A time of day in Moscow."""
    return datetime.fromtimestamp(ms / 1000, MOSCOW).strftime("%H:%M:%S")
