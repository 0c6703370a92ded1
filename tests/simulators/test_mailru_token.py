"""Mail.ru's `/token`: errors come with status 200 and a number, and a code works once."""

import re

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation
from tests.simulators.mailru import CLIENT_ID, REDIRECT, SECRET, MailRuVisitor

BODY = {"client_id": CLIENT_ID, "client_secret": SECRET}


def failed(answer: dict[str, object]) -> object:
    assert answer.keys() == {"error", "error_code", "error_description"}
    return answer["error_code"]


def test_basic_gives_both_tokens(visitor: MailRuVisitor) -> None:
    answer = visitor.exchange(visitor.code())
    assert answer.keys() == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert re.fullmatch(r"[0-9a-f]{48}", answer["access_token"])
    assert answer["expires_in"] == 3600


def test_credentials_in_the_body_work_too(visitor: MailRuVisitor) -> None:
    assert "access_token" in visitor.exchange(visitor.code(), auth=None, **BODY)


def test_unless_they_are_refused_without_a_token(visitor: MailRuVisitor, simulation: Simulation) -> None:
    simulation.set_upstream("mailru", refuse_body_auth=True)
    assert failed(visitor.exchange(visitor.code(), auth=None, **BODY)) == 1
    assert "access_token" in visitor.exchange(visitor.code())


@pytest.mark.parametrize(("auth", "code"), [(("0" * 32, SECRET), 1), ((CLIENT_ID, "wrong"), 3), (None, 1)])
def test_wrong_credentials(visitor: MailRuVisitor, auth: tuple[str, str] | None, code: int) -> None:
    assert failed(visitor.exchange(visitor.code(), auth=auth)) == code


def test_an_unknown_code(visitor: MailRuVisitor) -> None:
    answer = visitor.exchange("0" * 48)
    assert answer == {"error": "token not found", "error_code": 6, "error_description": "token not found"}


def test_a_code_works_once(visitor: MailRuVisitor) -> None:
    code = visitor.code()
    visitor.exchange(code)
    assert failed(visitor.exchange(code)) == 6


def test_a_code_ages(visitor: MailRuVisitor, clock_file: ClockFile) -> None:
    code = visitor.code()
    clock_file.advance(61)
    assert failed(visitor.exchange(code)) == 6


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": None},
        {"code_verifier": "w" * 43},
        {"code_verifier": "v" * 42},
        {"code_verifier": None},
        {"grant_type": "password"},
        {"grant_type": None},
    ],
)
def test_what_does_not_fit_the_code(visitor: MailRuVisitor, changed: dict[str, str | None]) -> None:
    assert failed(visitor.exchange(visitor.code(), **changed)) == 2


def test_refresh_takes_no_secret_and_may_give_no_new_refresh_token(visitor: MailRuVisitor) -> None:
    first = visitor.exchange(visitor.code())
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": first["refresh_token"]}
    for _ in range(2):
        renewed = visitor.ok(visitor.http.post("/mailru/token", data=form))
        assert "refresh_token" not in renewed
        assert visitor.profile(renewed["access_token"])["id"] == "1130254817"


def test_refresh_may_give_a_new_refresh_token(visitor: MailRuVisitor, simulation: Simulation) -> None:
    simulation.set_upstream("mailru", refresh_repeats_token=True)
    first = visitor.exchange(visitor.code())["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": first}
    second = visitor.ok(visitor.http.post("/mailru/token", data=form))["refresh_token"]
    assert second != first
    assert failed(visitor.ok(visitor.http.post("/mailru/token", data=form))) == 6


@pytest.mark.parametrize(("client_id", "token", "code"), [("0" * 32, None, 1), (CLIENT_ID, "0" * 48, 6)])
def test_a_refresh_that_is_none(visitor: MailRuVisitor, client_id: str, token: str | None, code: int) -> None:
    token = token or visitor.exchange(visitor.code())["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token}
    assert failed(visitor.ok(visitor.http.post("/mailru/token", data=form))) == code


def test_what_begins_at_one_host_goes_on_at_the_other(visitor: MailRuVisitor) -> None:
    code = visitor.code()
    visitor.host = "/mailru/o2"
    token = visitor.exchange(code)["access_token"]
    visitor.host = "/mailru"
    assert visitor.profile(token)["id"] == "1130254817"


def test_down_is_down(visitor: MailRuVisitor, simulation: Simulation) -> None:
    simulation.set_upstream("mailru", down=True)
    assert visitor.http.post("/mailru/token").status_code == 503
    assert visitor.http.get("/mailru/userinfo").status_code == 503
