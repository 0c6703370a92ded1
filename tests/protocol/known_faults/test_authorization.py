"""Faults that other providers had at their authorization endpoint, each tried here. The names say where it was found."""

import socket
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from app.clients.metadata import BadMetadata
from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read
from tests.protocol.bad_input.watch import leads_home
from tests.protocol.rfc9126.pushing import push
from tests.provider.tokens import claims, exchange

CALLBACK = "https://shop.example/oauth/cb"
CHALLENGE = ("code_challenge", "code_challenge_method")


@pytest.fixture
def shop(deployment: Deployment) -> Service:
    return deployment.register("shop", redirect_uris=[CALLBACK], post_logout_redirect_uris=[CALLBACK])


def is_page(answer: TestResponse) -> bool:
    return answer.status_code == 400 and "Location" not in answer.headers


@pytest.mark.sr("SR-001")
def test_cve_2023_6291_a_host_before_an_at_sign(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """Keycloak: an address whose user information looked like the registered host went past its wildcards."""
    for uri in (
        "https://shop.example@evil.example/oauth/cb", "https://shop.example:x@evil.example/oauth/cb",
        "https://shop.example%40evil.example/oauth/cb", "https://shop.example.evil.example/oauth/cb",
        f"{CALLBACK}@evil.example", f"https://evil.example/?{CALLBACK}", f"https://evil.example#{CALLBACK}",
    ):  # fmt: skip
        assert is_page(signed_in.authorize(shop, redirect_uri=uri)), uri
    for uri in ("https://shop.example/*", "https://*.shop.example/cb", "*", "https://shop.example/oauth/cb*"):
        with pytest.raises(BadMetadata):
            deployment.register(redirect_uris=[uri])


@pytest.mark.sr("SR-001")
def test_cve_2024_52289_an_address_is_no_pattern(signed_in: Browser, deployment: Deployment) -> None:
    """authentik: registered addresses were regular expressions, so that each dot was any letter."""
    service = deployment.register(redirect_uris=["https://shop.example/a+b/(c)$?d=1"])
    for uri in (
        "https://shopxexample/a+b/(c)$?d=1", "https://shop.example/aab/(c)$?d=1", "https://shop.example/a+b/c",
        "https://shop.example/a+b/(c)d=1", "https://shop.example/a+b/(c)$?dd=1", "https://shop.example/aab/c$",
    ):  # fmt: skip
        assert is_page(signed_in.authorize(service, redirect_uri=uri)), uri
    assert signed_in.code(service)


@pytest.mark.sr("SR-052")
def test_cve_2024_52289_the_first_address_seen_is_not_registered(
    signed_in: Browser, deployment: Deployment
) -> None:
    """authentik: for a client without addresses the first one that came was allowed from then on."""
    robot = deployment.register(redirect_uris=[], grant_types=["client_credentials"])
    for _ in range(2):
        assert is_page(signed_in.authorize(robot, redirect_uri="https://evil.example/cb"))
    row = next(row for row in deployment.rows("clients") if row.client_id == robot.client_id)
    assert row.metadata["redirect_uris"] == []


@pytest.mark.sr("SR-001")
def test_cve_2020_15234_letters_of_another_case(signed_in: Browser, shop: Service) -> None:
    """fosite: addresses were compared without regard to case, in paths and queries too."""
    for uri in (
        CALLBACK.upper(),
        "https://SHOP.example/oauth/cb",
        "https://shop.example/OAuth/cb",
        "HTTPS://shop.example/oauth/cb",
    ):
        assert is_page(signed_in.authorize(shop, redirect_uri=uri)), uri


@pytest.mark.sr("SR-002")
def test_cve_2020_15233_a_loopback_address_beyond_its_port(
    signed_in: Browser, deployment: Deployment
) -> None:
    """fosite: of a registered loopback address more than the port could be changed."""
    app = deployment.register(
        redirect_uris=["http://127.0.0.1/cb"], application_type="native", token_endpoint_auth_method="none"
    )  # no secret at all
    for uri in (
        "http://127.0.0.1:4000/cb?x=1", "http://127.0.0.1:4000/other", "http://127.0.0.1:4000", "http://localhost:4000/cb",
        "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:4000@evil.example/cb", "http://evil.example:4000/cb",
        "https://127.0.0.1:4000/cb", "http://127.0.0.1:4000/cb#x",
    ):  # fmt: skip
        assert is_page(signed_in.authorize(app, redirect_uri=uri)), uri


@pytest.mark.sr("SR-003")
def test_cve_2022_3782_escapes_of_escapes(signed_in: Browser, shop: Service) -> None:
    """Keycloak: an address that was escaped twice was compared after one decoding, and used after two."""
    for rest in (
        "%252e%252e%252fevil",
        "%252f..%252fevil",
        "%2e%2e/evil",
        "..%2fevil",
        "%2fcb",
        "%25252e%25252e/evil",
    ):
        assert is_page(signed_in.authorize(shop, redirect_uri=f"https://shop.example/oauth/cb/{rest}")), rest
        assert is_page(signed_in.authorize(shop, redirect_uri=f"https://shop.example/oauth/{rest}/cb")), rest


@pytest.mark.sr("SR-003", "SR-091")
def test_cve_2022_23527_a_tab_after_a_slash(signed_in: Browser, shop: Service) -> None:
    """mod_auth_openidc: browsers take out a tab, and then the path is another host."""
    for uri in ("/\t/evil.example", "/\n/evil.example", "\t//evil.example", "/\\evil.example", "https:/\t/evil.example",
                f"{CALLBACK}\t", "https://shop.example\t@evil.example/"):  # fmt: skip
        assert is_page(signed_in.authorize(shop, redirect_uri=uri)), uri
        asked = {"client_id": shop.client_id, "post_logout_redirect_uri": uri}
        answer = signed_in.get(f"/logout?{urlencode(asked)}")
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), uri
        assert all(leads_home(link, ()) for link in read(answer).links.values()), uri
        assert "evil" not in answer.headers["Content-Security-Policy"], uri


@pytest.mark.sr("SR-003")
def test_cve_2024_1132_dots_that_lead_out_of_a_path(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """Keycloak: dot segments behind a registered beginning led anywhere on the host."""
    for uri in (f"{CALLBACK}/../../evil", f"{CALLBACK}/./", "https://shop.example/oauth/x/../cb", "https://shop.example/oauth/./cb",
                f"{CALLBACK}/..;/evil", f"{CALLBACK}/%2e%2e/evil"):  # fmt: skip
        assert is_page(signed_in.authorize(shop, redirect_uri=uri)), uri
    with pytest.raises(BadMetadata):
        deployment.register(redirect_uris=["https://shop.example/oauth/../cb"])


@pytest.mark.sr("SR-004", "SR-051")
def test_cve_2026_9689_parameters_of_the_answer_within_the_address(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """Keycloak: a parameter that came twice, or stood in the address already, was read as one by us and as another there."""
    for name in ("code", "state", "iss", "error", "CODE", "%63ode"):
        uri = f"{CALLBACK}?{name}=evil"
        assert is_page(signed_in.authorize(shop, redirect_uri=uri)), uri
        with pytest.raises(BadMetadata):
            deployment.register(redirect_uris=[uri])
    asked = shop.request()
    for name in ("state", "response_type", "scope", "code_challenge", "nonce"):
        for pairs in ([*asked.items(), (name, "evil")], [(name, "evil"), *asked.items()]):
            answer = signed_in.get(f"/authorize?{urlencode(pairs)}")
            got = parse_qs(urlsplit(answer.location).query)
            assert got["error"] == ["invalid_request"], pairs
            assert "evil" not in answer.location
            assert all(len(values) == 1 for values in got.values())


@pytest.mark.sr("SR-005")
@pytest.mark.parametrize(
    "wrong", [{"response_type": "evil"}, {"response_type": "id_token"}, {"response_type": None}]
)
def test_authlib_1_6_10_an_unknown_response_type_redirects_nobody_elsewhere(
    signed_in: Browser, shop: Service, wrong: dict[str, str | None]
) -> None:
    """Authlib (CVE-2026-41479): an unsupported response type was told to whatever address the request named."""
    for base in (
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "nobody", "redirect_uri": "https://evil.example/"},
    ):
        assert is_page(signed_in.authorize(shop, **wrong, **base))


@pytest.mark.sr("SR-005", "SR-006")
def test_authlib_1_7_1_a_bad_scope_redirects_nobody_elsewhere(signed_in: Browser, shop: Service) -> None:
    """Authlib (CVE-2026-44681): without `openid` the hybrid and implicit flows told so to an address that nobody had checked."""
    for response_type in ("code", "id_token", "id_token token", "code id_token"):
        for scope in ("profile", "nothing", None):
            asked = {"response_type": response_type, "scope": scope, "redirect_uri": "https://evil.example/"}
            assert is_page(signed_in.authorize(shop, **asked)), asked


@pytest.mark.sr("SR-007", "SR-028")
def test_cve_2024_23647_a_challenge_taken_out_on_the_way(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """authentik: who took the challenge out of a victim's request had a code that needed no verifier."""
    for names in (CHALLENGE, CHALLENGE[:1], CHALLENGE[1:]):
        assert answered(signed_in.authorize(shop, **dict.fromkeys(names)))["error"] == "invalid_request"
    lax = deployment.register(require_pkce=False)
    code = signed_in.code(lax, **dict.fromkeys(CHALLENGE))
    assert (
        exchange(signed_in, lax, code).json["error"] == "invalid_grant"
    )  # it holds a verifier, so something was taken out
    assert exchange(signed_in, lax, code, code_verifier=None).status_code == 200


@pytest.mark.sr("SR-010", "SR-051")
def test_cve_2024_21637_script_by_way_of_form_post(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """authentik: a form was posted to an address of script, and what it carried stood in the page as it came."""
    for uri in ("javascript:alert(1)", "JavaScript:alert(1)//", "data:text/html,<script>alert(1)</script>"):
        assert is_page(signed_in.authorize(shop, redirect_uri=uri, response_mode="form_post"))
        for kind in ("web", "native"):
            with pytest.raises(BadMetadata):
                deployment.register(redirect_uris=[uri], application_type=kind)
    state = "\"'><script>alert(1)</script>"
    page = signed_in.authorize(shop, response_mode="form_post", state=state)
    assert "<script>alert" not in page.text
    assert read(page).form(CALLBACK).fields["state"] == state
    app = deployment.register(redirect_uris=["com.example.shop:/cb"], application_type="native")
    assert answered(signed_in.authorize(app, response_mode="form_post"))["error"] == "invalid_request"


@pytest.mark.sr("SR-015")
def test_cve_2022_39222_an_approval_seen_by_somebody_else(deployment: Deployment, merchant: Service) -> None:
    """Dex: who knew the id of a request that a victim approved could take its code."""
    attacker, victim = deployment.client(), deployment.client()
    ask = parse_qs(urlsplit(attacker.authorize(merchant).location).query)["ask"][0]
    deployment.sign_in(victim)
    asked = urlencode({"ask": ask})
    for path in ("/consent", "/authorize", "/signin"):
        assert is_page(victim.get(f"{path}?{asked}"))
    form = read(victim.follow(victim.authorize(merchant))).form("/consent")
    assert "code" in answered(victim.follow(victim.post("/consent", data=form.filled(decision="allow"))))
    for path in ("/consent", "/authorize"):
        answer = attacker.get(f"{path}?{asked}")
        assert "code=" not in answer.headers.get("Location", "")


@pytest.mark.sr("SR-006", "SR-016")
def test_cve_2026_7571_a_request_changed_while_it_waits(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """Keycloak: when a session was begun anew, the flow could be changed to one that the client did not have."""
    waiting = signed_in.authorize(shop, prompt="login")
    ask = parse_qs(urlsplit(waiting.location).query)["ask"][0]
    deployment.clock_file.advance(1)
    deployment.sign_in(signed_in)
    beside = {"response_type": "token", "response_mode": "fragment", "scope": "openid email phone", "client_id": "evil",
              "redirect_uri": "https://evil.example/", "prompt": "none", "state": "evil"}  # fmt: skip
    answer = signed_in.get(f"/authorize?{urlencode(beside | {'ask': ask})}")
    assert answer.location.startswith(f"{CALLBACK}?")
    got = answered(answer)
    assert (set(got), got["state"]) == ({"code", "state", "iss"}, "the state")
    assert exchange(signed_in, shop, got["code"]).json["scope"] == "openid profile"


@pytest.mark.sr("SR-019")
def test_cve_2023_6787_a_new_sign_in_that_is_broken_off(
    deployment: Deployment, browser: Browser, shop: Service
) -> None:
    """Keycloak: who broke off the sign-in that `prompt=login` asks for was taken for the person of the old session."""
    deployment.sign_in(browser, "1")
    former = claims(exchange(browser, shop, browser.code(shop)).json["id_token"])
    waiting = browser.authorize(shop, prompt="login")
    onward = f"/authorize?{urlsplit(waiting.location).query}"
    assert browser.get(onward).location.startswith("/signin")  # nothing was proved meanwhile
    deployment.clock_file.advance(2)
    deployment.sign_in(browser, "2", claims={})
    code = answered(browser.get(onward))["code"]
    assert claims(exchange(browser, shop, code).json["id_token"])["sub"] != former["sub"]


@pytest.mark.sr("SR-022")
def test_cve_2020_10770_a_reference_to_an_inner_address(signed_in: Browser, shop: Service) -> None:
    """Keycloak: `request_uri` was fetched from wherever it pointed to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        place = f"http://127.0.0.1:{listener.getsockname()[1]}/r"
        for uri in (
            place,
            place.replace("127.0.0.1", "localhost"),
            place.replace("127.0.0.1", "2130706433"),
            f"{place}#x",
        ):
            assert "code" not in answered(signed_in.authorize(shop, request_uri=uri))
            assert signed_in.post("/authorize", data=shop.request(request_uri=uri)).status_code in {303, 400}
            assert push(signed_in, shop, request_uri=uri).status_code == 400
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.sr("SR-001", "SR-005")
def test_cve_2025_4143_a_known_client_with_an_unknown_address(
    signed_in: Browser, deployment: Deployment, shop: Service
) -> None:
    """Cloudflare's workers-oauth-provider: the address was not compared with the client's list at all."""
    deployment.register("other", redirect_uris=["https://other.example/cb"])
    for uri in ("https://evil.example/cb", "https://other.example/cb"):
        for way in (
            signed_in.authorize(shop, redirect_uri=uri),
            signed_in.post("/authorize", data=shop.request(redirect_uri=uri)),
        ):
            assert is_page(way)
        assert push(signed_in, shop, redirect_uri=uri).status_code == 400
