import pytest
from flask.testing import FlaskClient


def cookies(client: FlaskClient, path: str, **options: object) -> dict[str, str]:
    answer = client.get(path, **options)
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_over_http_the_names_are_plain_and_the_cookies_travel_on_loopback(client: FlaskClient) -> None:
    found = cookies(client, "/sample/phone?lang=en")
    assert set(found) == {"mostid_browser", "mostid_csrf", "mostid_lang"}
    assert not any("Secure" in line for line in found.values())


@pytest.mark.sr("SR-080")
def test_over_https_every_cookie_is_host_only_secure_and_closed_to_scripts(secure: FlaskClient) -> None:
    found = cookies(secure, "/sample/phone?lang=en", base_url="https://id.example.ru")
    assert set(found) == {"__Host-mostid_browser", "__Host-mostid_csrf", "__Host-mostid_lang"}
    for line in found.values():
        attributes = line.split("; ")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
        assert not any(attribute.startswith("Domain") for attribute in attributes)
        assert len(line) < 4096


@pytest.mark.sr("SR-080")
def test_the_browser_id_is_128_bits_of_its_own_for_each_browser(pages: object) -> None:
    ids = {pages.test_client().get("/sample/phone").headers["Set-Cookie"] for _ in range(20)}  # type: ignore[attr-defined]
    values = {line.partition("=")[2].partition(";")[0] for line in ids}
    assert len(values) == 20
    assert {len(value) for value in values} == {22}


def test_a_browser_keeps_its_id(client: FlaskClient) -> None:
    client.get("/sample/phone")
    first = client.get_cookie("mostid_browser")
    client.get("/sample/code")
    assert first is not None
    assert client.get_cookie("mostid_browser") == first


@pytest.mark.sr("SR-083")
@pytest.mark.parametrize("planted", ["", "short", "a" * 23, "*" * 22, "a" * 21 + "\u00fc"])
def test_a_browser_id_that_is_not_of_our_form_is_replaced(client: FlaskClient, planted: str) -> None:
    client.set_cookie("mostid_browser", planted)
    client.get("/sample/phone")
    found = client.get_cookie("mostid_browser")
    assert found is not None
    assert found.value != planted


def test_static_files_set_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/static/mostid.css", buffered=True).headers
