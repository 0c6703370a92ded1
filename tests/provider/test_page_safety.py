"""What holds for every page and every route alike: headers, origins, cookies, hosts, forms."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client, TestResponse

from tests.deployment import HTTPS, Browser, Deploy, Deployment, Service, answered
from tests.html import foreign, read

NUMBER = "+79201234567"
HTML = "text/html; charset=utf-8"


@pytest.fixture(params=["http", "https"])
def served(request: pytest.FixtureRequest, deploy: Deploy) -> Deployment:
    """A deployment on a developer's machine, and one behind https."""
    return deploy(issuer=HTTPS) if request.param == "https" else deploy()


@pytest.fixture
def secure(deploy: Deploy) -> Deployment:
    return deploy(issuer=HTTPS)


def every_page(deployment: Deployment) -> Iterator[tuple[str, TestResponse]]:
    """Each page that a person can come to, by the path of its route or what is wrong."""
    store = deployment.register(redirect_uris=["https://shop.example/cb"])
    merchant = deployment.register(
        client_name="Лавка", first_party=False, redirect_uris=["https://merchant.example/cb"]
    )
    browser = deployment.client()
    choose = browser.follow(browser.authorize(store))
    yield "/signin", choose
    form = read(choose).form("/signin")
    phone = browser.follow(browser.post("/signin", data=form.filled(way="phone")))
    yield "/signin/phone", phone
    form = read(phone).form("/signin/phone")
    yield "bad number", browser.post("/signin/phone", data=form.filled(phone="x"))
    code = browser.follow(browser.post("/signin/phone", data=form.filled(phone=NUMBER)))
    yield "/signin/phone/code", code
    yield "no token", browser.post("/signin", data={})
    yield (
        "foreign form",
        browser.post("/signin", data=form.fields, headers={"Origin": "https://evil.example"}),
    )
    yield "/authorize", browser.authorize(store, redirect_uri="https://evil.example/")
    yield "expired", browser.get("/signin?ask=x")
    yield "too large", browser.get("/signin?" + "x" * 9000)
    yield "nowhere", browser.get("/nowhere")
    yield "method", browser.put("/consent")
    yield "callback", browser.get("/signin/mailru/callback?state=x&code=y")
    deployment.sign_in(browser)
    yield "/consent", browser.follow(browser.authorize(merchant))
    question = browser.get("/logout")
    yield "/logout", question
    form = read(question).form("/logout")
    yield "stayed", browser.post("/logout", data=form.filled(decision="deny"))
    yield "signed out", browser.post("/logout", data=form.filled(decision="allow"))


def with_cookies(deployment: Deployment, path: str, header: str) -> TestResponse:
    """A request with exactly this header, which no browser would send."""
    bare = Client(deployment.app, use_cookies=False)
    return bare.get(path, base_url=deployment.settings.issuer, environ_overrides={"HTTP_COOKIE": header})


@pytest.mark.sr("SR-081")
def test_cookies_that_came_to_nothing_are_told_of_and_not_replaced(served: Deployment) -> None:
    """One byte of a neighbour's cookie outside ASCII empties the header: a signed-in browser is no stranger for it."""
    store = served.register(redirect_uris=["https://shop.example/cb"])
    planted = (
        "__Host-mostid_sid=a; __Host-mostid_sid=b" if served.settings.secure else "mostid_sid=a; mostid_sid=b"
    )
    for header in ("", planted):
        for path in (
            f"/authorize?{urlencode(store.request(prompt='none'))}",
            "/",
            "/signin?ask=x",
            "/logout",
        ):
            answer = with_cookies(served, path, header)
            assert (answer.status_code, answer.content_type) == (400, HTML), path
            assert "Удалите в настройках браузера cookie" in answer.text, path
            assert "Set-Cookie" not in answer.headers, path
        for address in filter(lambda found: found.startswith("/static/"), read(answer).addresses):
            file = with_cookies(served, address, header)
            file.close()
            assert file.status_code == 200
    assert with_cookies(served, "/.well-known/openid-configuration", "").status_code == 200


@pytest.mark.sr("SR-012", "SR-095", "SR-093")
def test_the_headers_of_every_page(served: Deployment) -> None:
    for name, page in every_page(served):
        assert page.content_type == HTML, name
        policy = dict(
            part.strip().partition(" ")[::2] for part in page.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'", name
        assert policy["script-src"] == policy["style-src"] == "'self'", name
        assert "unsafe" not in str(policy), name
        assert page.headers["X-Frame-Options"] == "DENY", name
        assert page.headers["Referrer-Policy"] == "no-referrer", name
        assert page.headers["Cache-Control"] == "no-store", name
        assert page.headers["X-Content-Type-Options"] == "nosniff", name
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert page.headers["X-Reference"], name
        strict = page.headers.get("Strict-Transport-Security")
        assert strict == ("max-age=63072000; includeSubDomains" if served.settings.secure else None), name


@pytest.mark.sr("SR-012", "SR-011")
def test_a_form_may_lead_to_its_own_service_alone(deployment: Deployment) -> None:
    for name, page in every_page(deployment):
        allowed = set(page.headers["Content-Security-Policy"].partition("form-action ")[2].split())
        own = {"'self'", "http://localhost:8100"}  # Mail.ru's simulator, which the first page may lead to
        third = {"/consent": "https://merchant.example"}.get(name, "https://shop.example")
        assert allowed <= own | {third}, name
        assert "https://evil.example" not in allowed


@pytest.mark.sr("SR-013")
def test_no_page_loads_anything_foreign(deployment: Deployment) -> None:
    for name, page in every_page(deployment):
        assert list(foreign(read(page))) == [], name
        for address in read(page).addresses:
            assert deployment.client().get(address).status_code == 200
        assert "<style" not in page.text
        assert "style=" not in page.text
        assert "<script>" not in page.text


@pytest.mark.sr("SR-094")
def test_no_header_changes_an_address(served: Deployment) -> None:
    poison = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Port": "666",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/evil",
        "X-Rewrite-URL": "/evil",
        "Forwarded": "host=evil.example;proto=gopher",
        "X-Host": "evil.example",
    }
    store = served.register(redirect_uris=["https://shop.example/cb"])
    paths = [
        f"/authorize?{urlencode(store.request())}",
        f"/authorize?{urlencode(store.request(prompt='none'))}",
        "/authorize",
        "/logout",
        "/logout/",
        "//logout",
        "//evil.example/%2e%2e",
        "/signin//phone",
        "/static",
        "/.well-known/openid-configuration",
        "/nowhere",
    ]
    for base in (served.settings.issuer, "http://evil.example"):
        for path in paths:
            answer = served.client().get(path, base_url=base, headers=poison)
            told = answer.text + str(answer.headers)
            assert "evil" not in told.replace("/evil.example/%2e%2e", "").replace(
                "%2Fevil.example%2F..", ""
            ).replace("evil.example/..", ""), (base, path)
            location = answer.headers.get("Location", "/")
            assert location.startswith(("/signin?", "https://shop.example/cb?")) or location == "/", path
    browser = served.client()
    served.sign_in(browser)
    got = answered(browser.get(paths[0], headers=poison))
    assert got["iss"] == served.settings.issuer


@pytest.mark.sr("SR-094")
@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/x",
        "/\\evil.example",
        "/%5cevil.example",
        "///evil.example",
        "/signin/",
    ],
)
def test_no_address_of_ours_redirects_elsewhere(deployment: Deployment, browser: Browser, path: str) -> None:
    answer = browser.open(
        method="GET", base_url=browser.issuer, path="/x", environ_overrides={"PATH_INFO": path}
    )
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@pytest.mark.sr("SR-014")
def test_no_page_can_be_read_from_another_origin(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    paths = (
        "/authorize",
        "/signin",
        "/signin/phone",
        "/signin/phone/code",
        "/consent",
        "/logout",
        "/signin/mailru/callback",
    )
    for path in paths:
        for origin in ("https://evil.example", "http://localhost:8200", "null"):
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "x",
            }
            for answer in (
                browser.options(path, headers=asked),
                browser.get(path, headers=asked),
                browser.get(f"{path}?{urlencode(store.request())}", headers=asked),
            ):
                assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], path


@pytest.mark.sr("SR-085")
def test_every_form_is_refused_without_its_token(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """The authorization endpoint alone takes foreign POSTs: it changes nothing (OIDC Core §3.1.2.1)."""
    routes = {
        rule.rule
        for rule in deployment.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule != "/authorize"
    }
    assert len(routes) >= 7
    deployment.sign_in(browser)
    other = deployment.client()
    page = read(browser.follow(browser.authorize(store, prompt="login"))).form("/signin").fields
    theirs = read(other.follow(other.authorize(store))).form("/signin").fields
    more = {
        "decision": "allow",
        "way": "phone",
        "phone": NUMBER,
        "code": "123456",
        "proof": "x",
        "forget": "1",
    }
    tables = ("sessions", "consents", "grants", "audit", "outbox", "number_counters", "identities")
    before = [deployment.rows(table) for table in tables]
    for path in routes:
        for token in (None, "", "x", theirs["csrf_token"], page["csrf_token"][:-1]):
            sent = {
                name: value
                for name, value in (page | more | {"csrf_token": token}).items()
                if value is not None
            }
            assert browser.post(path, data=sent).status_code == 400, path
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "http://localhost:8001"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Referer": "https://evil.example/x"},
        ):
            assert browser.post(path, data=page | more, headers=headers).status_code == 403, path
    assert [deployment.rows(table) for table in tables] == before
    assert "Max-Age=0" not in str(browser.get("/signin").headers)


@pytest.mark.sr("SR-085")
def test_no_get_changes_anything(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    ask = browser.authorize(store, prompt="login").location.partition("?")[2]
    tables = (
        "sessions",
        "consents",
        "grants",
        "audit",
        "outbox",
        "number_counters",
        "identities",
        "subjects",
    )
    before = [deployment.rows(table) for table in tables]
    more = urlencode({"decision": "allow", "way": "phone", "phone": NUMBER, "forget": "1", "scope": "openid"})
    for rule in deployment.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            browser.get(f"{rule.rule}?{ask}&{more}")
    assert [deployment.rows(table) for table in tables] == before


@pytest.mark.sr("SR-080", "SR-012")
def test_the_form_of_our_cookies(secure: Deployment) -> None:
    names = set()
    for _, page in every_page(secure):
        for cookie in page.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            attributes = {
                part.strip().partition("=")[0].lower(): part.strip().partition("=")[2]
                for part in rest.split(";")[1:]
            }
            names.add(name)
            assert name.startswith("__Host-mostid_")
            assert {"secure", "httponly"} <= attributes.keys()
            assert (attributes["path"], attributes["samesite"]) == ("/", "Lax")
            assert "domain" not in attributes
            assert len(cookie) < 4096
    assert names >= {"__Host-mostid_csrf", "__Host-mostid_sid"}


@pytest.mark.sr("SR-080")
def test_the_session_cookie_is_opaque_and_never_the_same(deployment: Deployment) -> None:
    values = []
    for number in range(8):
        browser = deployment.client()
        person = deployment.sign_in(browser, str(number))
        value = browser.cookie("sid") or ""
        assert str(person.identity) not in value
        assert len(value) >= 22 * 2
        values.append(value)
    assert len(set(values)) == len({value[:24] for value in values}) == 8


@pytest.mark.sr("SR-081")
@pytest.mark.parametrize("kind", ["sid", "browser", "csrf", "device", "txn_abc"])
def test_a_cookie_of_ours_that_comes_twice_is_refused(secure: Deployment, kind: str) -> None:
    browser = secure.client()
    secure.sign_in(browser)
    store = secure.register(redirect_uris=["https://shop.example/cb"])
    name, path = secure.cookie_name(kind), f"/authorize?{urlencode(store.request())}"
    own = "; ".join(f"{secure.cookie_name(part)}={browser.cookie(part)}" for part in ("sid", "browser"))
    good = with_cookies(secure, path, f"other=1; {own}; other=2")
    assert "code" in answered(good)
    for cookies in (
        f"{name}=a; {own}; {name}=b",
        f"{own}; {name}=a; x=y; {name}=a",
        f"{name}=; {own};{name}=b",
        f"{name} =a; {own}; {name}=b",
        f"{name}=a,{own.replace(';', ',')},{name}=b",
    ):
        for target in (path, "/signin", "/consent", "/logout", "/signin/mailru/callback"):
            answer = with_cookies(secure, target, cookies)
            assert (answer.status_code, answer.content_type) == (400, HTML), cookies


@pytest.mark.sr("SR-081", "SR-080")
def test_the_cookie_of_plain_http_counts_for_nothing_behind_https(secure: Deployment) -> None:
    """What a neighbouring host can plant has not our prefix, and so not our name."""
    browser = secure.client()
    secure.sign_in(browser)
    store = secure.register(redirect_uris=["https://shop.example/cb"])
    cookies = f"mostid_sid={browser.cookie('sid')}; mostid_browser={browser.cookie('browser')}"
    answer = with_cookies(secure, f"/authorize?{urlencode(store.request())}", cookies)
    assert answer.location.startswith("/signin")


@pytest.mark.sr("SR-157")
def test_a_page_of_trouble_shows_a_reference_and_nothing_else(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    file = deployment.settings.data_dir / "mostid.db"
    deployment.storage.close()
    file.unlink()
    file.mkdir()
    for path in (f"/authorize?{urlencode(store.request())}", "/logout?state=x"):
        answer = browser.get(path)
        assert (answer.status_code, answer.content_type) == (503, HTML)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["X-Reference"] in answer.text
        for word in ("sqlite", "Traceback", "mostid.db", "sqlalchemy", "Error", "unavailable"):
            assert word not in answer.text
        switch = next(link for link in read(answer).links.values() if "lang=en" in link)
        assert switch == f"{path.replace('+', '%20')}&lang=en".replace(
            "%20", "+"
        )  # asked again with all it had
