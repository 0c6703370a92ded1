import logging

import pytest
from flask.testing import FlaskClient

from tests.web.samples import SAMPLES
from tests.web.world import REFERENCE


@pytest.mark.sr("SR-157")
@pytest.mark.parametrize(
    "path", ["/missing", "/fail/bug", "/fail/unavailable", "/fail/malformed", "/abort/413"]
)
def test_an_error_page_shows_a_reference_and_nothing_of_our_inside(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}?secret=query-canary")
    shown = answer.text.replace("?secret=query-canary&amp;lang=en", "")
    assert f'<code id="reference">{REFERENCE}</code>' in shown
    for inside in ("Traceback", "KeyError", "canary", "Werkzeug", "Flask", ".py", "/var/lib", "79201234567"):
        assert inside not in shown


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/missing", 404),
        ("/fail/bug", 500),
        ("/fail/unavailable", 503),
        ("/fail/ephemeral", 503),
        ("/fail/malformed", 400),
        ("/abort/413", 413),
        ("/abort/415", 415),
    ],
)
def test_each_mishap_has_its_status_and_a_page_in_both_languages(
    client: FlaskClient, path: str, status: int
) -> None:
    russian, english = client.get(f"{path}?lang=ru"), client.get(f"{path}?lang=en")
    assert russian.status_code == english.status_code == status
    assert '<html lang="ru">' in russian.text
    assert '<html lang="en">' in english.text
    assert russian.text != english.text


@pytest.mark.parametrize("path", ["/fail/unavailable", "/fail/ephemeral"])
def test_a_busy_server_says_when_to_come_back(client: FlaskClient, path: str) -> None:
    assert int(client.get(path).headers["Retry-After"]) > 0


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.delete("/form")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_form_that_is_too_large_is_refused_with_a_page(client: FlaskClient) -> None:
    answer = client.post("/form", data={"csrf_token": "x" * 5000})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


@pytest.mark.sr("SR-157")
def test_what_failed_is_in_the_log_with_the_same_reference(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("mostid"), "propagate", True)
    client.get("/fail/bug")
    (record,) = {id(one): one for one in caplog.records if one.name == "mostid.web"}.values()
    assert record.exc_info is not None
    assert record.reference == REFERENCE  # type: ignore[attr-defined]


@pytest.mark.sr("SR-010")
def test_what_a_service_calls_itself_is_text_and_never_markup(client: FlaskClient) -> None:
    template, context = SAMPLES["choose"]
    evil = "<script>alert(1)</script>\"'"
    service = type("Service", (), {"name": evil, "logo_uri": None, "accent": '#fff" onload="x'})
    SAMPLES["evil"] = (template, context | {"service": service})
    try:
        page = client.get("/sample/evil").text
    finally:
        del SAMPLES["evil"]
    assert "<script>alert" not in page
    assert "onload" not in page
    assert "&lt;script&gt;alert(1)" in page
