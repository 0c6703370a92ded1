from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.web.pages import origin_of
from tests.web.samples import SAMPLES


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


@pytest.mark.sr("SR-012", "SR-093")
@pytest.mark.parametrize(
    "path", [*(f"/sample/{name}" for name in SAMPLES), "/missing", "/fail/bug", "/abort/413"]
)
def test_every_page_refuses_frames_referrers_and_caches(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = directives(headers["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "data:" not in headers["Content-Security-Policy"]


@pytest.mark.sr("SR-011", "SR-012")
def test_a_redirect_is_a_303_that_nobody_keeps(client: FlaskClient, token_of: object) -> None:
    token = token_of(client.get("/form").text)  # type: ignore[operator]
    answer = client.post("/form", data={"csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.sr("SR-014")
def test_no_page_is_readable_for_other_origins(client: FlaskClient) -> None:
    answer = client.get("/sample/consent", headers={"Origin": "https://evil.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_page_names_where_its_own_forms_may_lead_and_nothing_else(client: FlaskClient) -> None:
    path = "/sample/choose?to=https://store.example:8443&to=app.store:&to=https://store.example:8443"
    policy = directives(client.get(path).headers["Content-Security-Policy"])
    assert policy["form-action"] == ["'self'", "https://store.example:8443", "app.store:"]


@pytest.mark.parametrize(
    "poison",
    [
        "https://a.example; script-src *",
        "https://a.example *",
        "*",
        "'unsafe-inline'",
        "",
        ":",
        "//a.example",
    ],
)
def test_no_origin_ends_its_directive(client: FlaskClient, poison: str) -> None:
    answer = client.get("/sample/choose", query_string={"to": poison})
    policy = directives(answer.headers["Content-Security-Policy"])
    assert policy["form-action"] == ["'self'"]
    assert policy["script-src"] == ["'self'"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://store.example/callback?x=1", "https://store.example"),
        ("http://localhost:8200/callback", "http://localhost:8200"),
        ("app.store:/callback", "app.store:"),
        ("http://[::1]:5000/callback", "http:"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_origin_of_an_address_as_policies_write_it(url: str | None, origin: str) -> None:
    assert origin_of(url) == origin


def test_a_static_file_is_kept_for_ever_under_its_versioned_address_only(client: FlaskClient) -> None:
    page = client.get("/sample/phone").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert (
        client.get(address, buffered=True).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    )
    assert client.get("/static/mostid.css", buffered=True).headers["Cache-Control"] == "no-cache"
    assert client.get("/static/mostid.css?v=old", buffered=True).headers["Cache-Control"] == "no-cache"


def test_nothing_outside_the_folder_of_static_files_is_served(client: FlaskClient) -> None:
    room = Path("app/web")
    for path in ("../pages.py", "..%2fpages.py", "%2e%2e/pages.py", "../templates/error.html"):
        assert client.get(f"/static/{path}", buffered=True).status_code == 404
    assert (room / "pages.py").exists()
