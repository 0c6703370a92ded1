"""The handset's page, and the same for tools."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from simulators.msisdn import parse
from simulators.pages import Page, message
from simulators.sms.gateway import Gateway
from simulators.wire import json_answer, json_object, text
from simulators.world import World

LONGEST = 1000
NOTICES = {
    "over": "This request has been answered or is over.",
    "refused": "The message was sent, but MostID did not take it.",
    "sent": "The message was sent.",
    "empty": "Enter whom to and the text.",
}


class HandsetDoors:
    """One handset by its number."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    def page(self) -> Page:
        """What is on it."""
        number = parse(request.args.get("number", ""))
        if number is None:
            return _no_number()
        handsets, scenario = self._world.handsets, self._world.scenario
        return render_template(
            "simulators/handset.html",
            number=number,
            owner=scenario.subscriber(number),
            pushes=handsets.pushes(number),
            messages=handsets.messages(number),
            senders=scenario.sms.senders,
            notice=NOTICES.get(request.args.get("notice", ""), ""),
        )

    def act(self) -> Page:
        """Answer a request (`id`, `answer`), or write an SMS (`to`, `text`)."""
        number = parse(request.args.get("number", ""))
        if number is None:
            return _no_number()
        notice = self._answered() if "answer" in request.form else self._written(number)
        kept = {"number": number, "notice": notice or None, "lang": request.args.get("lang")}
        return redirect(url_for("handset.page", _external=False, **kept), 303)

    def read_json(self) -> Response:
        """Messages that were received and requests, latest first."""
        number = parse(request.args.get("number", ""))
        if number is None:
            return json_answer(400, {"error": "number: a telephone number is needed"})
        messages = [each.to_json() for each in self._world.handsets.messages(number) if not each.inbound]
        pushes = [push.to_json() for push in self._world.handsets.pushes(number)]
        return json_answer(200, {"sms": messages, "pushes": pushes})

    def act_json(self) -> Response:
        """`{"id", "answer"}` answers a request; `{"number", "to", "text"}` sends an SMS."""
        body = json_object() or {}
        if "id" in body:
            return self._answer_json(body)
        number, to, said = parse(text(body, "number")), text(body, "to"), text(body, "text")
        if number is None or not to or not 0 < len(said) <= LONGEST:
            return json_answer(400, {"error": "either id and answer (yes, no), or number, to and text"})
        sent, status = self._gateway.pass_on(number, to, said)
        return json_answer(200, {"id": sent.id, "status": status})

    def _answer_json(self, body: dict[str, Any]) -> Response:
        answer, push = text(body, "answer"), self._world.handsets.push(text(body, "id"))
        if answer not in {"yes", "no"}:
            return json_answer(400, {"error": "answer: yes or no"})
        if push is None:
            return json_answer(404, {"error": "there is no such request"})
        if not self._world.handsets.answer(push.id, yes=answer == "yes"):
            return json_answer(409, {"error": "this request is over"} | push.to_json())
        return json_answer(200, push.to_json())

    def _answered(self) -> str:
        yes = request.form["answer"] == "yes"
        return "" if self._world.handsets.answer(request.form.get("id", ""), yes=yes) else "over"

    def _written(self, number: str) -> str:
        to, said = request.form.get("to", "").strip(), request.form.get("text", "").strip()
        if not to or not 0 < len(said) <= LONGEST:
            return "empty"
        status = self._gateway.pass_on(number, to, said)[1]
        return "sent" if status is not None and 200 <= status < 300 else "refused"


def blueprint(world: World, gateway: Gateway) -> Blueprint:
    """Its addresses."""
    routes, doors = Blueprint("handset", __name__), HandsetDoors(world, gateway)
    routes.add_url_rule("/handset", "page", doors.page, methods=["GET"])
    routes.add_url_rule("/handset", "act", doors.act, methods=["POST"])
    routes.add_url_rule("/handset.json", "read_json", doors.read_json, methods=["GET"])
    routes.add_url_rule("/handset.json", "act_json", doors.act_json, methods=["POST"])
    return routes


def _no_number() -> Page:
    return message(
        "This is not a telephone number", "Write it with the country's code: +7 920 123-45-67.", 400
    )
