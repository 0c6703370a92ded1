"""Where each step is."""

from collections.abc import Mapping

from flask import Blueprint

from app.signin.callbacks import message, public_keys, push_result
from app.signin.choose import ChoosePage
from app.signin.code import PAGES, CodePage
from app.signin.consent import ConsentPage
from app.signin.device import Devices
from app.signin.device_page import PATH as DEVICE_PATH
from app.signin.device_page import DevicePage
from app.signin.finish import Finish
from app.signin.handed_over import HandedOverPage
from app.signin.journey import Journey
from app.signin.message import PATH as MESSAGE_PATH
from app.signin.message import MessagePage
from app.signin.parts import Parts
from app.signin.phone import PhonePage
from app.signin.select import PATH as SELECT_PATH
from app.signin.select import SelectPage
from app.signin.upstream import CallbackPage, UpstreamVisit, callback_of
from app.web.door import Endpoint


def endpoints(parts: Parts) -> Mapping[str, Endpoint]:
    """What operators' machines call."""
    return {
        "/upstream/mobileid/notify": Endpoint(push_result(parts), frozenset({"POST"}), raw_body=True),
        "/upstream/sms/inbound": Endpoint(message(parts), frozenset({"POST"}), raw_body=True),
        "/upstream/mobileid/jwks.json": Endpoint(public_keys(parts), frozenset({"GET", "HEAD"})),
    }


def blueprint(parts: Parts) -> Blueprint:
    """The pages of the journey."""
    routes = Blueprint("signin", __name__)
    journey, devices = Journey(parts), Devices(parts.sealer, parts.cookies)
    visit, finish = UpstreamVisit(journey), Finish(journey, devices)
    choose, phone, consent = ChoosePage(journey, devices, visit), PhonePage(journey), ConsentPage(journey)
    code, handed_over = CodePage(journey, phone, finish), HandedOverPage(journey, phone, finish)
    entries: dict[str, ChoosePage | PhonePage | ConsentPage | DevicePage | SelectPage] = {
        "/signin": choose,
        "/signin/phone": phone,
        "/consent": consent,
        DEVICE_PATH: DevicePage(journey),
        SELECT_PATH: SelectPage(journey, devices),
    }
    for path, page in entries.items():
        routes.add_url_rule(path, f"{_endpoint(path)}_get", page.get, methods=["GET"])
        routes.add_url_rule(path, f"{_endpoint(path)}_post", page.post, methods=["POST"])
    waits: dict[str, CodePage | MessagePage] = dict.fromkeys(PAGES, code)
    waits[MESSAGE_PATH] = MessagePage(journey, phone, finish)
    for path, where in waits.items():
        routes.add_url_rule(path, f"{_endpoint(path)}_get", where.get, methods=["GET"])
        routes.add_url_rule(path, f"{_endpoint(path)}_post", where.post, methods=["POST"])
    for provider in parts.accounts:
        back = CallbackPage(journey, visit, finish, provider)
        routes.add_url_rule(callback_of(provider), f"{provider}_callback", back.get, methods=["GET"])
    routes.add_url_rule("/signin/phone/handed-over", "handed_over", handed_over.post, methods=["POST"])
    return routes


def _endpoint(path: str) -> str:
    """What Flask calls the page of a path."""
    return path.strip("/").replace("/", "_")
