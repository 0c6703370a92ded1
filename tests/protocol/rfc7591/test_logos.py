"""RFC 7591 §2, `logo_uri`: fetched once when a client is registered or replaced, kept and shown from here."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.deployment import REDIRECT, Browser, Deploy, Deployment, Service
from tests.protocol.rfc7591.pictures import JPEG, LOSSY, SVG, chunk, drawn, png
from tests.protocol.rfc7591.registering import post, put, token
from tests.protocol.rfc7591.test_software_statements import ATTESTED, KEY, SCHEME, statement
from tests.services import free_port
from tests.upstreams.fakes import Fake, Wire, made

LOGO = png()
MARK = re.compile(r'<img class="mark" src="([^"]+)" width="32" height="32" alt="">')
LETTER = '<svg class="mark"'
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def site() -> Iterator[Fake]:
    """The partner's web server."""
    fake = Fake()
    fake.replies["/logo"] = made(LOGO, 200, "image/png")
    yield fake
    fake.close()


@pytest.fixture
def deployment(deploy: Deploy, site: Fake) -> Deployment:
    """Trusts the partner's server."""
    return deploy(trusted_origins=(site.url,))


def document(site: Fake, path: str = "/logo", **changed: Any) -> dict[str, Any]:
    given = {"redirect_uris": [REDIRECT], "client_name": "Лавка", "scope": "openid"}
    return given | {"logo_uri": f"{site.url}{path}"} | changed


def registered(deployment: Deployment, given: Mapping[str, Any]) -> dict[str, Any]:
    """Register; every process knows a moment later."""
    answer = post(deployment.client(), given)
    assert answer.status_code == 201, answer.text
    deployment.clock_file.advance(2)
    return dict(answer.json)


def sign_in_page(deployment: Deployment, client_id: str) -> str:
    browser = deployment.client()
    page = browser.follow(browser.authorize(Service(client_id, None, REDIRECT), scope="openid"))
    assert page.status_code == 200
    return page.text


def mark(deployment: Deployment, client_id: str) -> str:
    """The address of the logo on the page where people sign in; empty where a letter stands instead."""
    page = sign_in_page(deployment, client_id)
    found = MARK.search(page)
    assert (found is None) == (LETTER in page)
    return found[1] if found else ""


def picture(deployment: Deployment, address: str, **headers: str) -> TestResponse:
    return deployment.client().get(address, headers=headers)


@pytest.mark.rule("RFC 7591", "2", "the logo of a client is shown where its people sign in")
@pytest.mark.sr("SR-013")
@pytest.mark.parametrize(
    ("content", "kind"),
    [(LOGO, "image/png"), (JPEG, "image/jpeg"), (LOSSY, "image/webp")],
    ids=["png", "jpeg", "webp"],
)
def test_a_logo_is_fetched_once_and_shown_from_here(
    deployment: Deployment, site: Fake, content: bytes, kind: str
) -> None:
    """What its server calls it counts for nothing."""
    site.replies["/logo"] = made(content, 200, "text/html")
    said = registered(deployment, document(site))
    assert said["logo_uri"] == f"{site.url}/logo"
    address = mark(deployment, said["client_id"])
    assert re.fullmatch(rf"/logo/{said['client_id']}\?v=[0-9a-f]{{16}}", address)
    answer = picture(deployment, address)
    assert (answer.status_code, answer.data) == (200, content)
    wanted = {
        "Content-Type": kind,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": FOR_EVER,
    }
    assert {name: answer.headers[name] for name in wanted} == wanted
    assert "Set-Cookie" not in answer.headers
    assert len(site.received) == 1
    assert "cookie" not in site.received[0].headers


@pytest.mark.rule("RFC 9110", "13.1.2", "a cache that has the logo is told so, without the database")
def test_caches(deployment: Deployment, site: Fake) -> None:
    address = mark(deployment, registered(deployment, document(site))["client_id"])
    tag = picture(deployment, address).headers["ETag"]
    with deployment.statements() as statements:
        answer = picture(deployment, address, **{"If-None-Match": f'"other", W/{tag}'})
    assert [one for one in statements if "FROM versions" not in one] == []
    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (304, b"", FOR_EVER)
    assert picture(deployment, address, **{"If-None-Match": '"other"'}).data == LOGO
    for other in (
        address.partition("?")[0],
        address[:-1] + "g",
        address.partition("?")[0] + "?v=",
    ):
        answer = picture(deployment, other)
        assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (200, LOGO, "no-cache")
    assert deployment.client().head(address).headers["Content-Length"] == str(len(LOGO))


def test_pages_cost_no_statement_more(deployment: Deployment, site: Fake) -> None:
    """Whether there is a logo is known from the client's record."""
    with_logo = registered(deployment, document(site))["client_id"]
    without = registered(deployment, document(site, logo_uri=""))["client_id"]
    spent = {}
    for client_id in (with_logo, without):
        sign_in_page(deployment, client_id)
        with deployment.statements() as statements:
            sign_in_page(deployment, client_id)
        spent[client_id] = [one for one in statements if "FROM versions" not in one]
    assert spent[with_logo] == spent[without]


@pytest.mark.sr("SR-054", "SR-118")
@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (made("<html><script>alert(1)</script>", 200, "image/png"), "neither PNG"),
        (made(SVG, 200, "image/svg+xml"), "neither PNG"),
        (made(LOGO, 404, "image/png"), "status 404"),
        (made(LOGO, 500, "image/png"), "status 500"),
        (made("", 302, "image/png", "Location: /other"), "status 302"),
        (made(drawn(4, 4, chunk(b"tEXt", b"x" * 66_000)), 200, "image/png"), "too large"),
        (made(drawn(2049, 1), 200, "image/png"), "a side"),
        (made(LOGO[:-1], 200, "image/png"), "cut short"),
        (made(LOGO, 200, "image/png")[:-20], "malformed"),
        (made(LOGO, 200, "image/png", "Content-Encoding: gzip"), "packed"),
        (b"nonsense\r\n\r\n", "malformed"),
    ],
    ids=[
        "html",
        "svg",
        "404",
        "500",
        "redirect",
        "too large",
        "too wide",
        "cut",
        "broken off",
        "packed",
        "nonsense",
    ],
)
def test_what_is_no_logo_leaves_the_letter(
    deployment: Deployment, site: Fake, caplog: pytest.LogCaptureFixture, reply: bytes, cause: str
) -> None:
    """The registration goes on: RFC 7591 recommends to show a logo, and refuses nobody for it."""
    site.replies |= {"/logo": shut(reply), "/other": made(LOGO, 200, "image/png")}
    said = registered(deployment, document(site))
    assert said["logo_uri"] == f"{site.url}/logo"
    assert mark(deployment, said["client_id"]) == ""
    assert picture(deployment, f"/logo/{said['client_id']}").status_code == 404
    assert deployment.rows("client_logos") == []
    (line,) = [record for record in caplog.records if "logo" in record.getMessage()]
    assert cause in line.__dict__["cause"]
    assert line.__dict__["host"] == "127.0.0.1"


def shut(reply: bytes) -> Any:
    """The answer, and no more of it is to come."""

    def act(wire: Wire) -> None:
        wire.send(reply)

    return act


@pytest.mark.sr("SR-054")
def test_it_is_fetched_from_public_https_addresses_alone(
    deployment: Deployment, site: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    inside = Fake()
    inside.replies["/logo"] = made(LOGO, 200, "image/png")
    browser = deployment.client()
    for uri in (
        f"{inside.url}/logo",
        f"http://localhost:{site.port}/logo",
        f"https://localhost:{site.port}/logo",
        f"https://127.0.0.1:{inside.port}/logo",
        f"https://inside.localhost:{site.port}/logo",
    ):
        said = registered(deployment, document(site, logo_uri=uri))
        assert mark(deployment, said["client_id"]) == "", uri
    assert len([record for record in caplog.records if "logo" in record.getMessage()]) == 5
    for uri in ("https://10.0.0.1/logo", "https://[fd00::1]/logo", "http://shop.example/logo", "data:,x", 7):
        assert post(browser, document(site, logo_uri=uri)).status_code == 400, uri
    assert (inside.connections, site.connections) == (0, 0)
    inside.close()


@pytest.mark.sr("SR-053", "SR-201")
def test_only_for_whom_may_register_is_it_fetched(deployment: Deployment, site: Fake) -> None:
    """And outside of any transaction: nothing is held while somebody else's server takes its time."""
    browser = deployment.client()
    assert post(browser, document(site), "iat_guess").status_code == 401
    assert post(browser, document(site, scope="mostid.admin.write")).status_code == 400
    two = ["https://one.example/cb", "https://two.example/cb"]
    assert post(browser, document(site, redirect_uris=two)).status_code == 400
    said = registered(deployment, document(site, logo_uri=""))
    assert put(browser, said | {"registration_access_token": "rat_x"}, document(site)).status_code == 401
    assert site.received == []
    good, once = site.replies["/logo"], token(deployment)

    def slowly(wire: Wire) -> None:
        deployment.register("meanwhile")  # writes, as anybody else may
        wire.send(good)  # type: ignore[arg-type]

    site.replies["/logo"] = slowly
    assert post(browser, document(site), once).status_code == 201
    assert post(browser, document(site), once).status_code == 401  # its one use was taken
    assert len(site.received) == 1


@pytest.mark.rule("RFC 7592", "2.2", "a replaced record has the logo that it names, or none")
def test_a_replacement(deployment: Deployment, site: Fake) -> None:
    browser, said = deployment.client(), registered(deployment, document(site))
    first = mark(deployment, said["client_id"])
    other = png(8, 8, ink=b"\x0e\x7c\x66")
    site.replies["/other"] = made(other, 200, "image/png")

    def replaced(given: Mapping[str, Any]) -> str:
        answer = put(browser, said, given)
        assert answer.status_code == 200, answer.text
        deployment.clock_file.advance(2)
        return mark(deployment, said["client_id"])

    second = replaced(document(site, "/other"))
    assert second != first
    assert picture(deployment, second).data == other
    stale = picture(deployment, first)  # a page that somebody opened before
    assert (stale.data, stale.headers["Cache-Control"]) == (other, "no-cache")
    site.replies["/other"] = made("", 500)
    assert replaced(document(site, "/other", client_name="Лавочка")) == second  # can just not be had
    site.replies["/other"] = made(LOGO, 200, "image/png")
    assert replaced(document(site, "/other")) == first  # the same address, another picture
    assert replaced(document(site, "/nowhere")) == ""
    assert replaced(document(site)) == first
    assert replaced(document(site, logo_uri="")) == ""
    assert picture(deployment, first).status_code == 404
    assert deployment.rows("client_logos") == []


@pytest.mark.rule("RFC 7592", "2.3", "the logo goes with its client")
@pytest.mark.sr("SR-057")
def test_clients_that_are_gone_have_no_logo(deployment: Deployment, site: Fake) -> None:
    browser, said = deployment.client(), registered(deployment, document(site))
    address = mark(deployment, said["client_id"])
    bearer = {"Authorization": f"Bearer {said['registration_access_token']}"}
    assert browser.delete(f"/register/{said['client_id']}", headers=bearer).status_code == 204
    deployment.clock_file.advance(2)
    assert deployment.rows("client_logos") == []
    disabled = registered(deployment, document(site))["client_id"]
    deployment.disable(Service(disabled, None, REDIRECT))
    deployment.clock_file.advance(2)
    for gone in (
        address,
        f"/logo/{disabled}",
        "/logo/nobody",
        "/logo/",
        "/logo/a/b",
        "/logo/%00",
        "/logo/" + "x" * 900,
    ):
        answer = browser.get(gone)
        assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8"), gone
        assert answer.headers["Cache-Control"] == "no-store"
    assert browser.post(address).status_code in {404, 405}


@pytest.mark.rule(
    "RFC 7591", "2.3", "a logo that is attested is fetched too, when the record is replaced as well"
)
def test_attested_logos(deploy: Deploy, site: Fake, tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({SCHEME: {"keys": [KEY.as_dict(private=False)]}}))
    deployment = deploy(trusted_origins=(site.url,), software_statement_issuers=file)
    given = {"scope": "openid", "software_statement": statement(ATTESTED | {"logo_uri": f"{site.url}/logo"})}
    said = registered(deployment, given)
    first = mark(deployment, said["client_id"])
    site.replies["/logo"] = made(JPEG, 200, "image/jpeg")
    assert put(deployment.client(), said, given).status_code == 200
    deployment.clock_file.advance(2)
    second = mark(deployment, said["client_id"])
    assert first != second
    assert picture(deployment, second).data == JPEG


def test_on_each_database(storage_url: str, deploy: Deploy, site: Fake) -> None:
    deployment = deploy(database_url=storage_url, trusted_origins=(site.url,))
    said = registered(deployment, document(site))
    assert picture(deployment, mark(deployment, said["client_id"])).data == LOGO
    assert put(deployment.client(), said, document(site)).status_code == 200
    assert put(deployment.client(), said, document(site, logo_uri="")).status_code == 200
    deployment.clock_file.advance(2)
    assert mark(deployment, said["client_id"]) == ""


def test_operators_register_logos_too(deployment: Deployment, site: Fake, tmp_path: Path) -> None:
    runner, file = deployment.app.test_cli_runner(), tmp_path / "client.json"

    def added(path: str) -> tuple[str, str]:
        given = document(site, path, first_party=True, allowed_scopes=["openid"])
        file.write_text(json.dumps(given | {"initiate_login_uri": "https://shop.example/login"}))
        result = runner.invoke(args=["clients", "add", "--metadata", str(file), "--json"])
        assert result.exit_code == 0, result.stderr
        deployment.clock_file.advance(2)
        return mark(deployment, json.loads(result.stdout)["client_id"]), result.stderr

    address, said = added("/logo")
    assert picture(deployment, address).data == LOGO
    assert "logo" not in said
    assert f'src="{address}"' in deployment.client().get("/").text  # the launcher
    address, said = added("/nowhere")
    assert address == ""
    assert "its logo cannot be had" in said


@contextmanager
def serving(application: object, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, application, threaded=True)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.browser
@pytest.mark.sr("SR-013")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chromium_shows_it(
    chromium: Chromium, deploy: Deploy, site: Fake, tmp_path: Path, scheme: str
) -> None:
    """In its own 32 pixels whatever its sides, under the page's policy, by one request to us."""
    site.replies["/logo"] = made(png(96, 64), 200, "image/png")
    port = free_port()
    deployment = deploy(issuer=f"http://localhost:{port}", trusted_origins=(site.url,))
    service = Service(registered(deployment, document(site))["client_id"], None, REDIRECT)
    browser: Browser = deployment.client()
    target = browser.authorize(service, scope="openid").request.url
    context = chromium.new_context(viewport={"width": 360, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
    page, complaints, asked = context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    with serving(deployment.app, port):
        page.goto(target)
        shown = page.locator("img.mark")
        assert shown.evaluate("one => [one.complete, one.naturalWidth, one.naturalHeight]") == [True, 96, 64]
        box = shown.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (32, 32)
        page.screenshot(path=tmp_path / f"{scheme}.png")
    context.close()
    assert complaints == []
    assert all(url.startswith(f"{deployment.settings.issuer}/") for url in asked)
    assert len(site.received) == 1
