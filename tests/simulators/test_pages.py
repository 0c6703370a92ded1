"""Pages: in two languages, without JavaScript, and saying what they are."""

import pytest

from simulators.russian import RUSSIAN
from tests.simulation import Simulation
from tests.simulators.mailru import MailRuVisitor

PATHS = ["/", "/handset?number=%2B79201234567", "/mailbox", "/people/maria", "/nowhere", "/people/nobody"]


def text(simulation: Simulation, path: str, **headers: str) -> str:
    return simulation.http.get(f"{simulation.url}{path}", headers=headers).text


@pytest.mark.parametrize("path", PATHS)
def test_every_page_says_that_it_is_a_simulator(simulation: Simulation, path: str) -> None:
    assert "This is a simulator" in text(simulation, path, **{"Accept-Language": "en"})
    russian = text(simulation, path, **{"Accept-Language": "ru"})
    assert "Это симулятор" in russian
    assert '<html lang="ru">' in russian


def test_the_switch_of_languages_keeps_what_was_asked(simulation: Simulation, visitor: MailRuVisitor) -> None:
    page = visitor.http.get("/mailru/login", params=visitor.query(lang="en")).text
    assert '<html lang="en">' in page
    assert "state=the+state" in page.partition('id="lang-ru"')[2].partition(">")[0]
    assert "lang=ru" in page.partition('id="lang-ru"')[2].partition(">")[0]


def test_all_that_is_shown_has_its_russian(simulation: Simulation) -> None:
    """Whatever a page says in English is a key of the table: it appears in Russian in its place."""
    for path in PATHS[:4]:
        english = text(simulation, f"{path}{'&' if '?' in path else '?'}lang=en")
        russian = text(simulation, f"{path}{'&' if '?' in path else '?'}lang=ru")
        shown = [key for key in RUSSIAN if len(key) > 12 and "{" not in key and f">{key}<" in english]
        assert shown
        assert [key for key in shown if f">{key}<" in russian] == []


def test_nothing_comes_from_elsewhere(simulation: Simulation) -> None:
    for path in PATHS:
        answer = simulation.http.get(f"{simulation.url}{path}")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "http://" not in answer.text.replace("http://www.w3.org", "")
    for name in ("simulators.css", "simulators.js", "simulators.svg"):
        assert simulation.http.get(f"{simulation.url}/static/{name}").status_code == 200


def test_one_person_by_form(simulation: Simulation) -> None:
    url = f"{simulation.url}/people/maria?lang=en"
    kept = {
        name: str(value) for name, value in simulation.person("maria").items() if not isinstance(value, bool)
    }
    del kept["sim_changed_at"]
    answer = simulation.http.post(url, data=kept | {"no_applet": "on", "slow_s": "0.5"})
    assert answer.status_code == 200
    assert "Saved." in answer.text
    maria = simulation.person("maria")
    assert (maria["no_applet"], maria["slow_s"], maria["refuse"]) == (True, 0.5, False)
    assert simulation.http.post(url, data=kept).status_code == 200
    assert simulation.person("maria")["no_applet"] is False
    wrong = simulation.http.post(url, data=kept | {"slow_s": "soon"})
    assert wrong.status_code == 400
    assert "slow_s" in wrong.text
    assert simulation.http.post(f"{simulation.url}/people/nobody").status_code == 404


def test_machines_get_json_for_what_is_not_there(simulation: Simulation) -> None:
    for path, status in (("/sms/v2/sms", 404), ("/mobileid/jwks", 405), ("/nothing.json", 404)):
        answer = simulation.http.put(f"{simulation.url}{path}")
        assert answer.status_code == status
        assert answer.json()["error"]


def test_a_huge_body_is_refused(simulation: Simulation) -> None:
    answer = simulation.http.post(f"{simulation.url}/people.json", content=b"x" * 300_000)
    assert answer.status_code == 413
