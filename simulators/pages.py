"""What the simulators' pages share: the person chosen in this browser, and a page with one message."""

from collections.abc import Mapping

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from simulators.person import Person

Page = ResponseReturnValue
COOKIE = "sim_session"
REMEMBERED_S = 30 * 86_400


def chosen(cookie: str = COOKIE) -> str:
    """Key of the person who signed in in this browser, if any. Nothing here is worth a secret."""
    return request.cookies.get(cookie, "")


def remember(response: Response, key: str, cookie: str = COOKIE) -> Response:
    """Sign a person in."""
    response.set_cookie(cookie, key, max_age=REMEMBERED_S, httponly=True, samesite="Lax")
    return response


def forget(response: Response) -> Response:
    """Sign out."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


def choose(accounts: Mapping[str, Person], text: str) -> str | None:
    """Whom a text means: a key, an account id or an address."""
    if text in accounts:
        return text
    for key, person in accounts.items():
        if text and text in {person.mailru_id, person.vkid_id, person.email, person.shown_email}:
            return key
    return None


def message(title: str, text: str, status: int) -> tuple[str, int]:
    """A page that says one thing."""
    return render_template("simulators/message.html", title=title, text=text), status
