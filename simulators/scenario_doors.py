"""The front page, one person's switches, and the scenario for tools."""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from simulators.pages import Page, chosen, forget, message
from simulators.person import Person
from simulators.scenario import BadChange
from simulators.wire import json_answer, json_object
from simulators.world import World

IDENTITY = ("first_name", "last_name", "gender", "birthday", "mailru_id", "vkid_id", "email", "number")
NOT_BY_HAND = ("sim_changed_at",)
FIELDS = {name: field for name, field in Person.model_fields.items() if name not in NOT_BY_HAND}


class ScenarioDoors:
    """Who is here and how they behave."""

    def __init__(self, world: World) -> None:
        self._world = world

    def front(self) -> Page:
        """Everything there is, and the people."""
        people = self._world.scenario.people
        return render_template(
            "simulators/front.html",
            people={key: (person, switched_on(person)) for key, person in people.items()},
            signed_in=people.get(chosen()),
        )

    def forget(self) -> Response:
        """Sign out of Mail.ru in this browser."""
        return forget(Response(status=303, headers={"Location": url_for("scenario.front")}))

    def person(self, key: str) -> Page:
        """The form of one person."""
        person = self._world.scenario.people.get(key)
        if person is None:
            return message("There is no such page", "Begin at the list of simulators.", 404)
        return self._form(key, person)

    def change(self, key: str) -> Page:
        """Change one person by the form."""
        person = self._world.scenario.people.get(key)
        if person is None:
            return message("There is no such page", "Begin at the list of simulators.", 404)
        try:
            self._world.scenario.merge({"people": {key: _from_form(request.form)}})
        except BadChange as bad:
            return self._form(key, person, problem=str(bad)), 400
        return self._form(key, self._world.scenario.people[key], saved=True)

    def read_json(self) -> Response:
        """All people and switches."""
        return json_answer(200, self._world.scenario.to_json())

    def change_json(self) -> Response:
        """Change what is given; all people and switches as they are now."""
        try:
            self._world.scenario.merge(json_object())
        except BadChange as bad:
            return json_answer(400, {"error": str(bad)})
        return self.read_json()

    def _form(self, key: str, person: Person, *, problem: str = "", saved: bool = False) -> str:
        fields = [
            (name, getattr(person, name), (field.description or "").replace("\n", " "))
            for name, field in FIELDS.items()
        ]
        return render_template(
            "simulators/person.html", key=key, person=person, fields=fields, problem=problem, saved=saved
        )


def switched_on(person: Person) -> list[str]:
    """Names of the switches that are not as usual."""
    return [
        name for name, field in FIELDS.items()
        if name not in IDENTITY and getattr(person, name) != field.default
    ]  # fmt: skip


def blueprint(world: World) -> Blueprint:
    """Their addresses."""
    routes, doors = Blueprint("scenario", __name__), ScenarioDoors(world)
    routes.add_url_rule("/", "front", doors.front, methods=["GET"])
    routes.add_url_rule("/forget", "forget", doors.forget, methods=["POST"])
    routes.add_url_rule("/people/<key>", "person", doors.person, methods=["GET"])
    routes.add_url_rule("/people/<key>", "change", doors.change, methods=["POST"])
    routes.add_url_rule("/people.json", "read_json", doors.read_json, methods=["GET"])
    routes.add_url_rule("/people.json", "change_json", doors.change_json, methods=["POST"])
    return routes


def _from_form(form: MultiDict[str, str]) -> dict[str, object]:
    """A box that is not ticked sends nothing."""
    return {
        name: name in form if field.annotation is bool else form[name].strip()
        for name, field in FIELDS.items()
        if field.annotation is bool or name in form
    }
