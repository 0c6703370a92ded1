"""The mailbox's page, and the same for tools."""

from flask import Blueprint, Response, render_template, request

from simulators.mailbox.mails import Mails
from simulators.wire import json_answer


def blueprint(mails: Mails) -> Blueprint:
    """`/mailbox` and `/mailbox.json`, each for one address (`to`) or for all."""
    routes = Blueprint("mailbox", __name__)

    @routes.get("/mailbox")
    def page() -> str:
        address = request.args.get("to", "").strip()
        return render_template("simulators/mailbox.html", address=address, mails=mails.to(address))

    @routes.get("/mailbox.json")
    def read_json() -> Response:
        address = request.args.get("to", "").strip()
        return json_answer(200, {"mails": [mail.to_json() for mail in mails.to(address)]})

    return routes
