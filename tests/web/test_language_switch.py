"""The language switch links to the page itself, after a POST to the page of the form, and never anywhere else."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient


def switch(page: str) -> str:
    found = re.search(r'<a href="([^"]+)" lang="en"', page)
    assert found is not None
    return unescape(found[1])


def test_it_keeps_the_step_of_the_journey(client: FlaskClient) -> None:
    page = client.get("/sample/phone?ask=a%26b&shared=1&lang=ru").text
    assert switch(page) == "/sample/phone?ask=a%26b&shared=1&lang=en"


def test_after_a_post_it_leads_to_the_page_of_the_form_without_what_was_typed(client: FlaskClient) -> None:
    data = {"ask": "A", "challenge": "C", "code": "123456", "phone": "+79201234567", "csrf_token": "t"}
    assert switch(client.post("/signin/phone", data=data).text) == "/signin/phone?ask=A&challenge=C&lang=en"


def test_where_only_a_post_is_answered_it_leads_to_the_first_page(client: FlaskClient) -> None:
    assert switch(client.post("/posted-only", data={"ask": "A"}).text) == "/signin?ask=A&lang=en"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/sample",
        "/\\evil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/sample/../..//evil.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_never_leads_away(client: FlaskClient, path: str, method: str) -> None:
    target = switch(client.open(path, method=method).text)
    assert re.match(r"/(?![/\\])", target)
    assert "evil" not in target


@pytest.mark.parametrize("lang", ["http://evil.example", "//evil.example", "en\r\nX: y", "EN", ""])
def test_a_language_that_we_do_not_have_is_not_remembered(client: FlaskClient, lang: str) -> None:
    answer = client.get("/sample/phone", query_string={"lang": lang})
    assert answer.status_code == 200
    assert client.get_cookie("mostid_lang") is None
