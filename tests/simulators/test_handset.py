"""The handset for tools and for people."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.simulation import Simulation, wait_until
from tests.simulators.mostid import MostId

NUMBER = "+79201234567"
PATH = "/handset?number=%2B79201234567"


@pytest.mark.parametrize(
    "written", ["%2B79201234567", "+79201234567", "79201234567", "8%20920%20123-45-67", "%2B7(920)1234567"]
)
def test_a_number_as_people_write_it(simulation: Simulation, mostid: MostId, written: str) -> None:
    mostid.ask(simulation)
    simulation.pushes(NUMBER, 1)
    found = simulation.http.get(f"{simulation.url}/handset.json?number={written}").json()
    assert len(found["pushes"]) == 1
    page = simulation.http.get(f"{simulation.url}/handset?number={written}")
    assert "+7 920 123-45-67" in page.text


@pytest.mark.parametrize("written", ["", "1", "number", "%2B792012345678901234", "٧٩٢٠١٢٣٤٥٦٧"])
def test_what_is_no_number(simulation: Simulation, written: str) -> None:
    assert simulation.http.get(f"{simulation.url}/handset.json?number={written}").status_code == 400
    for answer in (
        simulation.http.get(f"{simulation.url}/handset?number={written}"),
        simulation.http.post(f"{simulation.url}/handset?number={written}"),
    ):
        assert answer.status_code == 400
        assert "number" in answer.text or "номер" in answer.text


def test_a_request_is_answered_once(simulation: Simulation, mostid: MostId) -> None:
    mostid.ask(simulation)
    push = simulation.pushes(NUMBER, 1)[0]
    url = f"{simulation.url}/handset.json"
    assert simulation.http.post(url, json={"id": push["id"], "answer": "perhaps"}).status_code == 400
    assert simulation.http.post(url, json={"id": push["id"]}).status_code == 400
    answer = simulation.http.post(url, json={"id": push["id"], "answer": "yes"})
    assert (answer.status_code, answer.json()) == (200, push | {"state": "yes"})
    assert simulation.http.post(url, json={"id": push["id"], "answer": "no"}).status_code == 409
    assert simulation.http.post(url, json={"id": "another", "answer": "yes"}).status_code == 404
    assert simulation.pushes(NUMBER)[0]["state"] == "yes"


@pytest.mark.parametrize(
    ("text", "code"), [("Число 47", "47"), ("", ""), ("за 24 часа: 123456", "123456"), ("нет", "")]
)
def test_the_code_is_the_longest_row_of_digits(
    simulation: Simulation, mostid: MostId, text: str, code: str
) -> None:
    mostid.ask(simulation, binding_message=text)
    assert simulation.pushes(NUMBER, 1)[0]["code"] == code


@pytest.mark.parametrize(
    "body", [{}, [], {"number": NUMBER, "to": "MostID"}, {"number": "x", "to": "MostID", "text": "hello"}]
)
def test_half_a_message_is_refused(simulation: Simulation, body: Any) -> None:
    assert simulation.http.post(f"{simulation.url}/handset.json", json=body).status_code == 400


def test_classic_forms_do_it_too(simulation: Simulation, mostid: MostId) -> None:
    mostid.ask(simulation)
    simulation.pushes(NUMBER, 1)
    page = simulation.http.get(f"{simulation.url}{PATH}&lang=en").text
    assert "MostID: 482913" in page
    push_id = re.search(r'name="id" value="([^"]+)"', page)
    assert push_id
    form = {"id": push_id[1], "answer": "yes"}
    answer = simulation.http.post(f"{simulation.url}{PATH}&lang=en", data=form)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/handset?number=%2B79201234567")
    assert "answered: yes" in simulation.http.get(f"{simulation.url}{answer.headers['Location']}").text
    again = simulation.http.post(f"{simulation.url}{PATH}", data=form)
    assert "notice=over" in again.headers["Location"]
    sent = simulation.http.post(f"{simulation.url}{PATH}", data={"to": "MostID", "text": "482913"})
    assert "notice=sent" in sent.headers["Location"]
    empty = simulation.http.post(f"{simulation.url}{PATH}", data={"to": "MostID", "text": " "})
    assert "notice=empty" in empty.headers["Location"]
    mostid.close()
    lost = simulation.http.post(f"{simulation.url}{PATH}", data={"to": "MostID", "text": "482913"})
    assert "notice=refused" in lost.headers["Location"]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-US")
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_in_a_browser_a_request_appears_by_itself(simulation: Simulation, mostid: MostId, page: Page) -> None:
    page.goto(f"{simulation.url}{PATH}")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    mostid.ask(simulation)
    page.wait_for_selector("#yes", timeout=8000)
    assert page.inner_text(".push .code") == "482913"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.click("#yes")
    page.wait_for_selector(".push.yes")
    assert "id_token" in mostid.wait().json
    assert problems == []


@pytest.mark.browser
def test_in_a_browser_consent_leads_on(simulation: Simulation, mostid: MostId, page: Page) -> None:
    back = f"{mostid.url}/signin/mailru/callback"
    page.goto(
        f"{simulation.url}/mailru/login?client_id=5d0a6f0e2c7b4b6f9a3d1e8c7b2f4a60&response_type=code&scope=userinfo"
        f"&state=s&redirect_uri={back}&code_challenge={'c' * 43}&code_challenge_method=S256"
    )
    page.check("#person-alexey")
    with page.expect_request(f"{back}**") as led:
        page.click("#decision-allow")
    assert "code=" in led.value.url
    wait_until(lambda: page.url.startswith(back), "the browser stays")
