"""Faults that other providers had with clients, sessions and their own addresses, each tried here."""

import socket
from urllib.parse import urlencode

import pytest

from app.clients.metadata import BadMetadata
from tests.deployment import HTTPS, Browser, Deploy, Deployment, Service, answered
from tests.html import read
from tests.protocol.rfc7523.signer import Signer
from tests.protocol.rfc7523.signer import ask as assert_client
from tests.protocol.rfc7591.test_registration import MINE
from tests.protocol.rfc7591.test_registration import post as register
from tests.protocol.rfc7591.test_registration import token as initial_token
from tests.provider.tokens import tokens, userinfo

BAD_TARGETS = (
    "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "https:evil.example", "https://evil.example",
    "javascript:alert(1)", "/%2f/evil.example", "/%5cevil.example", "///evil.example", "/\r\nLocation: https://evil.example",
)  # fmt: skip


@pytest.mark.sr("SR-054")
def test_cve_2026_1180_keys_at_an_inner_address(deployment: Deployment, browser: Browser) -> None:
    """Keycloak: the keys of a client that had registered itself were fetched from within the network."""
    bearer = initial_token(deployment, uses=50)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        for host in (
            "10.0.0.1",
            "169.254.169.254",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0x7f000001",
            "127.1",
            "017700000001",
        ):
            document = {
                **MINE,
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks_uri": f"https://{host}:{port}/keys",
            }
            answer = register(browser, document, bearer)
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata"), host
        for name, uri in (
            ("one", f"https://localhost:{port}/keys"),
            ("two", f"http://127.0.0.1:{port}/keys"),
        ):
            robot = Signer(deployment, name).register(jwks=None, jwks_uri=uri)
            assert assert_client(browser, robot.assertion()).status_code == 401
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.sr("SR-051")
def test_innocenti_2023_names_that_answers_use(deployment: Deployment) -> None:
    """Innocenti et al.: an address whose query has a `code` of its own makes two of them in the answer."""
    for query in (
        "code=1",
        "state=1",
        "iss=1",
        "error=1",
        "error_description=1",
        "a=1&code=2",
        "%63%6F%64%65=1",
        "Code=1",
        "code",
    ):
        with pytest.raises(BadMetadata):
            deployment.register(redirect_uris=[f"https://shop.example/cb?{query}"])


@pytest.mark.sr("SR-051")
@pytest.mark.parametrize(
    "uri",
    ["javascript:alert(1)", "data:text/html,x", "https://a.example/cb#x", "http://a.example/cb", "/cb", "x"],
)
def test_authlib_1_8_addresses_that_are_registered_unseen(
    deployment: Deployment, browser: Browser, uri: str
) -> None:
    """Authlib: the addresses of a registration were not looked at."""
    answer = register(browser, {**MINE, "redirect_uris": [uri]}, initial_token(deployment))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.sr("SR-082", "SR-083")
def test_cve_2024_7341_a_session_from_before_the_sign_in(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Keycloak: the id of a session did not change at sign-in, so a planted one became the victim's."""
    attacker = deployment.client()
    deployment.sign_in(attacker, "3", claims={})
    planted = attacker.cookie("sid") or ""
    browser.put_cookie("sid", planted)
    deployment.sign_in(browser, "1")
    assert browser.cookie("sid") != planted
    hers, theirs = tokens(browser, store), tokens(attacker, store)
    assert (
        userinfo(browser, hers["access_token"]).json["sub"]
        != userinfo(attacker, theirs["access_token"]).json["sub"]
    )
    former = browser.cookie("sid") or ""
    deployment.sign_in(browser, "1")
    deployment.clock_file.advance(31)
    attacker.put_cookie("sid", former)
    assert attacker.authorize(store).location.startswith("/signin")


@pytest.mark.sr("SR-085")
def test_cve_2017_12159_a_forms_token_of_another_browser(deployment: Deployment, merchant: Service) -> None:
    """Keycloak: the token of a form was the same for everybody."""
    here, there = deployment.client(), deployment.client()
    for number, browser in enumerate((here, there)):
        deployment.sign_in(browser, str(number))
    forms = [read(browser.follow(browser.authorize(merchant))).form("/consent") for browser in (here, there)]
    stolen = forms[0].filled(decision="allow", csrf_token=forms[1].fields["csrf_token"])
    assert here.post("/consent", data=stolen).status_code in {400, 403}
    assert deployment.rows("consents") == []
    assert "code" in answered(here.follow(here.post("/consent", data=forms[0].filled(decision="allow"))))


@pytest.mark.sr("SR-087")
def test_cve_2025_29928_a_session_that_was_deleted(deploy: Deploy) -> None:
    """authentik: with sessions in the database, deleting one did not end it."""
    one = deploy()
    two, browser, store = deploy(data_dir=one.settings.data_dir), one.client(), one.register("store")
    one.sign_in(browser)
    given = tokens(browser, store)
    row = one.rows("sessions")[0]
    two.storage.run(lambda tx: two.sessions.end(tx, row.identity_id, row.id, "ended"), write=True)
    one.clock_file.advance(5)
    assert browser.authorize(store).location.startswith("/signin")
    assert userinfo(browser, given["access_token"]).status_code == 401


@pytest.mark.sr("SR-091")
def test_cve_2020_10734_a_link_that_signs_out(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Keycloak: a page of anybody's could sign a person out by a link or an image."""
    deployment.sign_in(browser)
    other = deployment.client()
    deployment.sign_in(other, "2", claims={})
    foreign = tokens(other, store)["id_token"]
    for asked in (
        {},
        {"client_id": "store"},
        {"state": "x"},
        {"id_token_hint": foreign},
        {"id_token_hint": "x"},
        {"decision": "allow"},
    ):
        assert browser.get(f"/logout?{urlencode(asked)}").status_code == 200
        assert browser.code(store)
    cross = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    browser.post("/logout", data={"decision": "allow"}, headers=cross)
    assert browser.code(store)


@pytest.mark.sr("SR-094")
def test_ghsa_2wmj_46rj_qm2w_a_forged_host(deploy: Deploy) -> None:
    """ZITADEL (and CVE-2026-33495 elsewhere): links and redirects were made of the headers that a request came with."""
    deployment = deploy(issuer=HTTPS)
    store, browser = deployment.register(redirect_uris=["https://shop.example/cb"]), deployment.client()
    for headers in (
        {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
        {"Forwarded": "host=evil.example"}, {"X-Forwarded-Prefix": "/evil.example"}, {"X-Original-Host": "evil.example"},
    ):  # fmt: skip
        for path in (
            "/.well-known/openid-configuration",
            f"/authorize?{urlencode(store.request())}",
            "/logout",
            "/nowhere",
        ):
            answer = browser.get(path, headers=headers)
            assert "evil" not in answer.text + str(answer.headers), (headers, path)


@pytest.mark.sr("SR-123")
def test_cve_2019_14857_ways_back_that_lead_away(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """mod_auth_openidc: a way back that begins with two slashes is another host."""
    deployment.sign_in(browser)
    for target in BAD_TARGETS:
        for path in ("/signin", "/logout", "/consent", "/", "/device", "/authorize"):
            for name in (
                "next",
                "return_to",
                "redirect",
                "target_link_uri",
                "post_logout_redirect_uri",
                "continue",
                "ask",
            ):
                answer = browser.get(f"{path}?{urlencode({name: target, 'client_id': store.client_id})}")
                location = answer.headers.get("Location", "/")
                assert answer.status_code < 500, (path, name, target)
                assert location.startswith("/"), (path, name, target)
                assert not location.startswith(("//", "/\\", "/\t")), (path, name, target)
