"""`/people.json` and `/reset`: who is here and how they behave."""

from typing import Any

import pytest

from tests.simulation import MOSTID, ROOT, Simulation


def change(simulation: Simulation, body: Any) -> tuple[int, Any]:
    answer = simulation.http.post(f"{simulation.url}/people.json", json=body)
    return answer.status_code, answer.json()


def test_the_people_of_a_fresh_simulator(simulation: Simulation) -> None:
    found = simulation.get("/people.json")
    assert found.keys() == {"people", "upstreams"}
    assert found["upstreams"].keys() == {"mailru", "vkid", "mobileid", "sms"}
    maria = found["people"]["maria"]
    assert (maria["number"], maria["email"], maria["refuse"]) == (
        "+79201234567",
        "maria.ivanova@mail.ru",
        False,
    )


def test_a_change_touches_what_it_names(simulation: Simulation) -> None:
    before = simulation.get("/people.json")
    status, after = change(simulation, {"people": {"maria": {"refuse": True}}})
    assert status == 200
    before["people"]["maria"]["refuse"] = True
    assert after == before == simulation.get("/people.json")


def test_people_come_and_go(simulation: Simulation) -> None:
    simulation.set_person("zoe", first_name="Zoe", number="8 (920) 000-00-09", mailru_id="7")
    assert simulation.person("zoe")["number"] == "+79200000009"
    simulation.remove_person("zoe")
    simulation.remove_person("zoe")
    assert "zoe" not in simulation.get("/people.json")["people"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "not an object"),
        ({"maria": {"refuse": True}}, "people and upstreams"),
        ({"people": {"maria": {"refused": True}}}, "refused"),
        ({"people": {"maria": {"refuse": "perhaps"}}}, "refuse"),
        ({"people": {"maria": True}}, "maria is not an object"),
        ({"people": {"Мария": {}}}, "no key"),
        ({"people": {"maria": {"number": "one"}}}, "number"),
        ({"people": {"maria": {"mailru_id": "01"}}}, "mailru_id"),
        ({"people": {"zoe": {"number": "+79201234567"}}}, "same number"),
        ({"people": {"zoe": {"mailru_id": "1130254817"}}}, "same mailru_id"),
        ({"upstreams": {"vk": {}}}, "mailru, vkid, mobileid, sms"),
        ({"upstreams": {"sms": {"slow_s": -1}}}, "slow_s"),
    ],
)
def test_a_bad_change_is_told_and_changes_nothing(simulation: Simulation, body: Any, told: str) -> None:
    before = simulation.get("/people.json")
    if isinstance(body, dict):
        body = {"people": {"alexey": {"refuse": True}, **body.get("people", {})}, **body} | {
            "people": {"alexey": {"refuse": True}, **body.get("people", {})}
        }
    status, answer = change(simulation, body)
    assert status == 400
    assert told in answer["error"]
    assert simulation.get("/people.json") == before


def test_reset_forgets_everything_and_may_move_mostid(simulation: Simulation) -> None:
    simulation.set_person("maria", refuse=True)
    simulation.set_upstream("sms", code=1)
    simulation.send_sms("+79201234567", "MostID", "hello")
    reset = simulation.http.post(f"{simulation.url}/reset", json={"mostid": "http://localhost:9000/"}).json()
    assert reset["upstreams"]["mailru"]["redirect_uris"] == ["http://localhost:9000/signin/mailru/callback"]
    assert reset["upstreams"]["mobileid"]["jwks_uri"] == "http://localhost:9000/upstream/mobileid/jwks.json"
    assert reset["people"]["maria"]["refuse"] is False
    assert simulation.http.post(f"{simulation.url}/reset").json() == reset
    assert simulation.http.post(f"{simulation.url}/reset", json={"mostid": "nowhere"}).status_code == 400
    assert "hello" not in simulation.http.get(f"{simulation.url}/handset?number=%2B79201234567").text
    assert MOSTID not in str(reset)


def test_the_guide_names_every_switch_and_person(simulation: Simulation) -> None:
    guide = (ROOT / "docs" / "simulators.md").read_text()
    found = simulation.get("/people.json")
    names = {*found["people"], *found["people"]["maria"]}
    names |= {name for upstream in found["upstreams"].values() for name in upstream}
    assert [name for name in sorted(names) if f"`{name}`" not in guide] == []
