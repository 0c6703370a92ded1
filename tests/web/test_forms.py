from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.services import ClockFile

Token = Callable[[str], str]
DAY = 86_400


def page_token(client: FlaskClient, token_of: Token) -> str:
    return token_of(client.get("/form").text)


def test_a_form_of_our_page_is_taken(client: FlaskClient, token_of: Token) -> None:
    answer = client.post("/form", data={"csrf_token": page_token(client, token_of)})
    assert answer.status_code == 303


@pytest.mark.sr("SR-085")
def test_without_a_token_nothing_is_taken(client: FlaskClient) -> None:
    client.get("/form")
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": "W10.aaaa.bbbb"}):
        assert client.post("/form", data=data).status_code == 400


@pytest.mark.sr("SR-085")
def test_a_token_of_another_browser_is_refused(pages: Flask, token_of: Token) -> None:
    attacker, victim = pages.test_client(), pages.test_client()
    token = page_token(attacker, token_of)
    victim.get("/form")
    assert victim.post("/form", data={"csrf_token": token}).status_code == 400


@pytest.mark.sr("SR-085")
@pytest.mark.parametrize("lost", ["mostid_browser", "mostid_csrf"])
def test_a_token_needs_both_cookies(client: FlaskClient, token_of: Token, lost: str) -> None:
    token = page_token(client, token_of)
    client.delete_cookie(lost)
    assert client.post("/form", data={"csrf_token": token}).status_code == 400


@pytest.mark.sr("SR-085")
def test_a_token_belongs_to_the_secret_of_its_day(client: FlaskClient, token_of: Token) -> None:
    token = page_token(client, token_of)
    client.set_cookie("mostid_csrf", "a" * 22)
    assert client.post("/form", data={"csrf_token": token}).status_code == 400


@pytest.mark.sr("SR-085")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8001"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://localhost:8000"},
        {"Origin": "http://localhost:8000.evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://evil.example/http://localhost:8000/"},
        {"Referer": "about:blank"},
        {"Referer": "http://["},
        {"Referer": "http://localhost:8000@[::1/"},
        {"Origin": "http://["},
        {"Origin": "http://[localhost:8000"},
    ],
)
def test_a_form_from_another_place_is_refused_in_spite_of_its_token(
    client: FlaskClient, token_of: Token, headers: dict[str, str]
) -> None:
    token = page_token(client, token_of)
    answer = client.post(
        "/form", base_url="http://localhost:8000", data={"csrf_token": token}, headers=headers
    )
    assert answer.status_code == 403
    assert token not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:8000"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://localhost:8000/form?ask=1"},
    ],
)
def test_our_own_place_is_known_in_each_way_that_browsers_say_it(
    client: FlaskClient, token_of: Token, headers: dict[str, str]
) -> None:
    token = page_token(client, token_of)
    answer = client.post(
        "/form", base_url="http://localhost:8000", data={"csrf_token": token}, headers=headers
    )
    assert answer.status_code == 303


def test_on_loopback_the_name_that_was_called_is_ours_too(client: FlaskClient) -> None:
    headers = {"Origin": "http://127.0.0.1:8000"}
    answer = client.post("/form", base_url="http://127.0.0.1:8000", headers=headers)
    assert answer.status_code == 400  # the place is right, the token is missing


@pytest.mark.sr("SR-094")
def test_a_forged_host_header_makes_no_origin_ours(secure: FlaskClient) -> None:
    for host in ("evil.example", "127.0.0.1:8000"):
        headers = {"Origin": f"http://{host}"}
        assert secure.post("/form", base_url=f"http://{host}", headers=headers).status_code == 403


@pytest.mark.sr("SR-094")
def test_a_name_that_was_pointed_at_our_loopback_address_is_not_ours(
    client: FlaskClient, token_of: Token
) -> None:
    base = "http://evil.example:8000"
    token = token_of(client.get("/form", base_url=base).text)
    assert (
        client.post("/form", base_url=base, data={"csrf_token": token}, headers={"Origin": base}).status_code
        == 403
    )


def test_a_page_of_yesterday_offers_to_continue_where_it_was(
    client: FlaskClient, token_of: Token, clock_file: ClockFile
) -> None:
    token = page_token(client, token_of)
    clock_file.advance(DAY + 1)
    answer = client.post(
        "/signin/phone", data={"csrf_token": token, "ask": "a&b=<c>", "phone": "+79201234567"}
    )
    assert answer.status_code == 400
    assert 'href="/signin/phone?ask=a%26b%3D%3Cc%3E"' in answer.text
    assert "79201234567" not in answer.text


def test_the_token_of_a_page_works_for_a_day(
    client: FlaskClient, token_of: Token, clock_file: ClockFile
) -> None:
    token = page_token(client, token_of)
    clock_file.advance(DAY - 60)
    assert client.post("/form", data={"csrf_token": token}).status_code == 303
