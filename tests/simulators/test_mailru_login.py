"""Mail.ru's `/login`: what it checks, whom it asks, what it remembers."""

import re

import pytest

from tests.simulation import MOSTID, Simulation
from tests.simulators.mailru import MailRuVisitor, answered


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "0" * 32},
        {"client_id": None},
        {"redirect_uri": f"{MOSTID}/signin/mailru/callback/"},
        {"redirect_uri": "https://localhost:8000/signin/mailru/callback"},
        {"redirect_uri": None},
    ],
)
def test_an_unknown_client_or_address_is_never_led_back(
    visitor: MailRuVisitor, changed: dict[str, str | None]
) -> None:
    for answer in (visitor.open(**changed), visitor.decide(**changed)):
        assert answer.status_code == 400
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "mail.imap"}, "invalid_scope"),
        ({"scope": "userinfo everything"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_leads_back_with_its_error(
    visitor: MailRuVisitor, changed: dict[str, str | None], error: str
) -> None:
    assert answered(visitor.open(**changed)) == {"error": error, "state": "the state"}


def test_the_page_asks_who_and_whether(visitor: MailRuVisitor) -> None:
    page = visitor.open().text
    for person in ("maria", "alexey", "olga", "timur"):
        assert f'name="person" id="person-{person}" value="{person}"' in page
    assert "nina" not in page  # she has no account
    assert 'name="decision" value="allow"' in page
    assert 'name="decision" value="deny"' in page


def test_yes_leads_back_with_a_code_of_48_hex_digits_and_the_state(visitor: MailRuVisitor) -> None:
    back = answered(visitor.decide())
    assert re.fullmatch(r"[0-9a-f]{48}", back.pop("code"))
    assert back == {"state": "the state"}


def test_without_state_none_comes_back(visitor: MailRuVisitor) -> None:
    assert answered(visitor.decide(state=None)).keys() == {"code"}


def test_no_leads_back_with_access_denied(visitor: MailRuVisitor) -> None:
    assert answered(visitor.decide(decision="deny")) == {"error": "access_denied", "state": "the state"}


def test_somebody_who_refuses_says_no_whatever_is_pressed(
    visitor: MailRuVisitor, simulation: Simulation
) -> None:
    simulation.set_person("maria", refuse=True)
    assert answered(visitor.decide())["error"] == "access_denied"


@pytest.mark.parametrize(
    ("person", "decision"), [("nobody", "allow"), ("nina", "allow"), ("maria", "perhaps")]
)
def test_half_an_answer_shows_the_page_again(visitor: MailRuVisitor, person: str, decision: str) -> None:
    answer = visitor.decide(person, decision)
    assert answer.status_code == 400
    assert 'name="decision"' in answer.text


def test_a_person_may_be_named_by_address_or_account(visitor: MailRuVisitor) -> None:
    for name in ("alexey.smirnov@bk.ru", "1130254825"):
        profile = visitor.profile(visitor.exchange(visitor.code(name))["access_token"])
        assert profile["id"] == "1130254825"


def test_who_agreed_goes_straight_through_until_forced(visitor: MailRuVisitor) -> None:
    answer = visitor.decide("alexey")
    assert "sim_session=alexey" in answer.headers["Set-Cookie"]
    code = answered(visitor.open())["code"]
    assert visitor.profile(visitor.exchange(code)["access_token"])["first_name"] == "Алексей"
    page = visitor.open(prompt_force="1")
    assert page.status_code == 200
    assert 'value="alexey" checked' in page.text


def test_a_hint_preselects_and_stops_somebody_else(visitor: MailRuVisitor) -> None:
    assert 'value="olga" checked' in visitor.open(login="olga@kuznetsova.example").text
    visitor.decide("maria")
    assert 'value="olga" checked' in visitor.open(login="olga@kuznetsova.example").text
    assert "code" in answered(visitor.open(login="maria.ivanova@mail.ru"))
    assert "code" in answered(visitor.open(login="nobody@mail.ru"))


def test_a_person_who_is_gone_is_not_let_through(visitor: MailRuVisitor, simulation: Simulation) -> None:
    visitor.decide("timur")
    simulation.remove_person("timur")
    assert visitor.open().status_code == 200


def test_signing_out_at_the_front_page(visitor: MailRuVisitor) -> None:
    visitor.decide("maria")
    assert 'id="forget"' in visitor.http.get("/").text
    assert visitor.http.post("/forget").status_code == 303
    assert 'id="forget"' not in visitor.http.get("/").text
    assert visitor.open().status_code == 200


def test_down_is_down(visitor: MailRuVisitor, simulation: Simulation) -> None:
    simulation.set_upstream("mailru", down=True)
    assert visitor.open().status_code == 503


def test_the_page_lets_its_form_lead_to_mostid_and_on_to_any_service(visitor: MailRuVisitor) -> None:
    assert "form-action" not in visitor.open().headers["Content-Security-Policy"]
    assert "form-action 'self'" in visitor.http.get("/").headers["Content-Security-Policy"]
