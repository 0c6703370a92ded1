"""The simulator of VK ID speaks as VK ID does."""

from collections.abc import Iterator

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation
from tests.simulators.vkid import CLIENT_ID, SECRET, VERIFIER, VkVisitor, back, exchange_form

MARIA = {
    "user_id": "530117204",
    "first_name": "Мария",
    "last_name": "Иванова",
    "avatar": "https://pictures.vk.example/530117204?size=200x200",
    "sex": 1,
    "verified": False,
    "birthday": "14.03.1991",
    "email": "maria.ivanova@mail.ru",
}


@pytest.fixture
def vk(simulation: Simulation) -> Iterator[VkVisitor]:
    with VkVisitor(simulation) as visitor:
        yield visitor


def test_a_person_agrees_and_comes_back_with_a_device(vk: VkVisitor) -> None:
    assert vk.arrive().status_code == 200
    answer = vk.decide()
    assert answer.keys() == {"code", "device_id", "type", "expires_in", "ext_id", "state"}
    assert (answer["state"], answer["type"], answer["expires_in"]) == ("the state", "code_v2", "300")
    again = back(vk.arrive())  # agreed once: straight through, from the same device
    assert again["device_id"] == answer["device_id"]
    assert again["code"] != answer["code"]
    assert vk.arrive(prompt="login").status_code == 200
    assert vk.arrive(prompt="select_account consent").status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"provider": "mailru"}, "invalid_request"),
        ({"prompt": "again"}, "invalid_request"),
        ({"scope": "vkid.personal_info friends"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_what_is_wrong_is_told_at_the_return(
    vk: VkVisitor, changed: dict[str, str | None], error: str
) -> None:
    assert back(vk.arrive(**changed)) == {"error": error, "state": "the state"}


def test_a_no_and_strangers(vk: VkVisitor, simulation: Simulation) -> None:
    assert vk.decide(decision="deny")["error"] == "access_denied"
    simulation.set_person("maria", refuse=True)
    assert vk.decide()["error"] == "access_denied"
    assert vk.arrive(client_id="1").status_code == 400
    assert vk.arrive(redirect_uri="http://localhost:9/").status_code == 400
    simulation.set_upstream("vkid", down=True)
    assert vk.arrive().status_code == 503


@pytest.mark.parametrize("method", ["s256", "S256"])
@pytest.mark.parametrize("place", ["body", "query"])
@pytest.mark.parametrize("provider", ["vkid", "mail_ru", "ok_ru"])
def test_a_code_becomes_tokens_and_a_profile(vk: VkVisitor, method: str, place: str, provider: str) -> None:
    form = exchange_form(vk.decide(code_challenge_method=method, provider=provider))
    query = {}
    if place == "query":  # as the web SDK does it: the code alone in the body
        query = {name: form.pop(name) for name in list(form) if name != "code"}
    tokens = vk.call("auth", form, query).json()
    assert tokens.keys() == {
        "access_token", "refresh_token", "id_token", "token_type", "expires_in", "user_id", "state", "scope",
    }  # fmt: skip
    assert (tokens["user_id"], tokens["state"]) == (530117204, "another state")
    person = {"client_id": CLIENT_ID, "access_token": tokens["access_token"]}
    assert vk.call("user_info", person).json() == {"user": MARIA}
    masked = vk.call("public_info", {"client_id": CLIENT_ID, "id_token": tokens["id_token"]}).json()["user"]
    assert (masked["last_name"], masked["email"]) == ("И.", "ma***@mail.ru")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"device_id": None}, 400, "invalid_request"),
        ({"device_id": "another"}, 400, "invalid_request"),
        ({"state": None}, 400, "invalid_request"),
        ({"code_verifier": "w" * 43}, 400, "invalid_request"),
        ({"redirect_uri": "http://localhost:9/"}, 400, "invalid_request"),
        ({"code": "vk2.a.no"}, 400, "invalid_grant"),
        ({"client_id": "1"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "invalid_request"),
    ],
)
def test_bad_exchanges(vk: VkVisitor, changed: dict[str, str | None], status: int, error: str) -> None:
    answer = vk.exchange(vk.decide(), **changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_codes_and_tokens_end(vk: VkVisitor, simulation: Simulation, clock_file: ClockFile) -> None:
    answer = vk.decide()
    assert vk.exchange(answer, client_secret=SECRET).status_code == 200
    assert vk.exchange(answer).json()["error"] == "invalid_grant"
    simulation.set_upstream("vkid", error_status=200)
    assert vk.exchange(answer).status_code == 200
    late, tokens = vk.decide(), vk.tokens()
    clock_file.advance(3_700)
    assert vk.exchange(late).json()["error"] == "invalid_grant"
    held = {"client_id": CLIENT_ID, "access_token": tokens["access_token"]}
    assert vk.call("user_info", held).json()["error"] == "invalid_token"


def test_refresh_and_logout(vk: VkVisitor) -> None:
    answer = vk.decide()
    tokens = vk.exchange(answer).json()
    form = {
        "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": CLIENT_ID,
        "device_id": answer["device_id"], "state": "s",
    }  # fmt: skip
    renewed = vk.call("auth", form).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert vk.call("auth", form).json()["error"] == "invalid_grant"
    held = {"client_id": CLIENT_ID, "access_token": renewed["access_token"]}
    assert (
        vk.call("user_info", {"client_id": CLIENT_ID}, {"access_token": "in the address"}).status_code == 400
    )
    assert vk.call("revoke", held).json() == {"response": 1}
    assert vk.call("logout", held).json()["error"] == "invalid_token"


def test_people_without_an_account_are_not_offered(vk: VkVisitor) -> None:
    page = vk.arrive().text
    assert "person-timur" in page
    assert "person-alexey" not in page
    assert VERIFIER not in page
