"""Mail.ru's `/userinfo`: the profile by query and by form, and people with something unusual."""

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation
from tests.simulators.mailru import CLIENT_ID, MailRuVisitor

MARIA = {
    "id": "1130254817",
    "client_id": CLIENT_ID,
    "email": "maria.ivanova@mail.ru",
    "name": "Мария Иванова",
    "first_name": "Мария",
    "last_name": "Иванова",
    "nickname": "Мария Иванова",
    "gender": "f",
    "birthday": "14.03.1991",
    "locale": "ru_RU",
    "image": "https://pictures.mail.example/pic?user=1130254817&width=180&height=180",
}


def test_the_profile_by_query_and_by_form(visitor: MailRuVisitor) -> None:
    token = visitor.exchange(visitor.code())["access_token"]
    assert visitor.ok(visitor.http.get("/mailru/userinfo", params={"access_token": token})) == MARIA
    assert visitor.profile(token) == MARIA


def test_never_by_header(visitor: MailRuVisitor) -> None:
    bearer = {"Authorization": f"Bearer {visitor.exchange(visitor.code())['access_token']}"}
    for answer in (
        visitor.http.get("/mailru/userinfo", headers=bearer),
        visitor.http.post("/mailru/userinfo", headers=bearer),
    ):
        assert visitor.ok(answer)["error_code"] == 2


def test_an_unknown_token(visitor: MailRuVisitor) -> None:
    assert visitor.profile("0" * 48)["error_code"] == 6


def test_a_token_ages(visitor: MailRuVisitor, clock_file: ClockFile) -> None:
    token = visitor.exchange(visitor.code())["access_token"]
    clock_file.advance(3601)
    assert visitor.profile(token) == {
        "error": "token not found", "error_code": 6, "error_description": "token not found",
    }  # fmt: skip


def test_the_token_of_somebody_who_is_gone(visitor: MailRuVisitor, simulation: Simulation) -> None:
    token = visitor.exchange(visitor.code())["access_token"]
    simulation.remove_person("maria")
    assert visitor.profile(token)["error_code"] == 6


def test_what_is_not_known_is_left_out(visitor: MailRuVisitor) -> None:
    assert {"email", "birthday"} & visitor.profile_of("timur").keys() == set()


@pytest.mark.parametrize(
    ("switches", "email"),
    [
        ({"no_email": True}, None),
        ({"foreign_domain": True}, "maria.ivanova@firma.example"),
        ({"changed_email": True}, "maria.ivanova.new@mail.ru"),
        ({"email": "masha@bk.ru"}, "masha@bk.ru"),
    ],
)
def test_addresses(
    visitor: MailRuVisitor, simulation: Simulation, switches: dict[str, object], email: str | None
) -> None:
    simulation.set_person("maria", **switches)
    assert visitor.profile_of("maria").get("email") == email


def test_a_wrong_member(visitor: MailRuVisitor, simulation: Simulation) -> None:
    simulation.set_person("maria", wrong_claim="client_id")
    assert visitor.profile_of("maria") == MARIA | {"client_id": "wrong"}


def test_a_malformed_profile(visitor: MailRuVisitor, simulation: Simulation) -> None:
    simulation.set_person("maria", malformed=True)
    token = visitor.exchange(visitor.code())["access_token"]
    answer = visitor.http.post("/mailru/userinfo", data={"access_token": token})
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()


def test_a_slow_person(visitor: MailRuVisitor, simulation: Simulation) -> None:
    token = visitor.exchange(visitor.code())["access_token"]
    simulation.set_person("maria", slow_s=0.2)
    answer = visitor.http.post("/mailru/userinfo", data={"access_token": token})
    assert answer.elapsed.total_seconds() >= 0.2
