"""The social network's pages: the feed, and writing to it."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from examples.service.app import Service
from examples.service.showing import display_name
from examples.service.visits import Visits
from examples.social.feed import LONGEST, Feed

BRAND = "Prichal"


class Social:
    """The pages."""

    def __init__(self, visits: Visits, feed: Feed) -> None:
        self._visits, self._feed = visits, feed

    def blueprint(self) -> Blueprint:
        """The addresses."""
        blueprint = Blueprint("social", __name__)
        blueprint.get("/", endpoint="home")(self.home)
        blueprint.post("/post", endpoint="post")(self.post)
        return blueprint

    def home(self) -> str:
        """The feed."""
        return render_template("social/home.html", posts=self._feed.read(), longest=LONGEST)

    def post(self) -> Response:
        """Write to the feed."""
        customer = self._visits.signed_in()
        self._feed.write(customer.sub, display_name(customer), request.form.get("text", ""))
        return redirect("/", 303)


SOCIAL = Service(
    name="social",
    brand=BRAND,
    scope="openid profile",
    silent=True,
    russian={
        BRAND: "Причал",
        "Customer": "Гость",
        "What is new": "Что нового",
        "Hello, {name}": "Здравствуйте, {name}",
        "Your post": "Ваша запись",
        "Publish": "Опубликовать",
        "Everybody on the river is here": "Вся река здесь",
        "Sign in to write": "Войти и написать",
        "Somebody": "Кто-то",
        "Vera": "Вера",
        "Timur": "Тимур",
        "Zoya": "Зоя",
        "The ice went out this morning. First boats tomorrow.": "Утром ушёл лёд. Завтра первые лодки.",
        "Looking for two people with a tent for the May weekend.": "Ищу двоих с палаткой на майские.",
        "The old bridge is open to cyclists again.": "По старому мосту снова можно на велосипеде.",
    },
    pages=lambda visits: Social(visits, Feed()).blueprint(),
)
