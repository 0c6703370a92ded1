"""RFC 8628 §3.3, §5: the page where a person lets a device in, and what it does not let happen."""

import re

import pytest

from tests.deployment import FED, PHONE, Browser, Deploy, Deployment, Service
from tests.html import read
from tests.protocol.rfc8628.conftest import DEVICE_CODE, approval, decide, poll, started, type_code
from tests.provider.tokens import userinfo

ELSEWHERE = "203.0.113.7"
NUMBER = "+79201234567"


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser in which somebody has just signed in."""
    deployment.sign_in(browser)
    return browser


def state(device: Browser, service: Service, code: str) -> str:
    """What the device is told."""
    return str(poll(device, service, code).json.get("error", "tokens"))


@pytest.mark.rule("RFC 8628", "3.3.1", "an address with the code fills the form and does nothing more")
@pytest.mark.sr("SR-048")
def test_a_link_with_the_code_only_fills_the_form(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    link = codes["verification_uri_complete"].removeprefix(device.issuer)
    with deployment.statements() as seen:
        page = maria.get(link)
    assert page.status_code == 200
    assert read(page).form("/device").fields["user_code"] == codes["user_code"]
    assert seen == []
    assert state(device, tv, codes["device_code"]) == "authorization_pending"


@pytest.mark.sr("SR-048")
def test_the_page_names_service_place_time_code_and_data(
    device: Browser, foreign_tv: Service, maria: Browser
) -> None:
    answer = device.post(
        "/device_authorization",
        data={"scope": "openid profile email"},
        headers={"Authorization": foreign_tv.basic, "User-Agent": "Your bank (Tizen 7)"},
        environ_overrides={"REMOTE_ADDR": ELSEWHERE},
    )
    page = type_code(maria, answer.json["user_code"].lower().replace("-", " "))
    for text in ("Чужое кино", ELSEWHERE, "Smart TV", "<time", answer.json["user_code"], "m•••@mail.ru"):
        assert text in page.text, text
    for text in ("Your bank", answer.json["device_code"], "maria@mail.ru"):
        assert text not in page.text, text
    form = read(page).form("/device")
    assert form.buttons == [("decision", "allow"), ("decision", "deny")]
    assert form.switches == [("scope", "email")]


@pytest.mark.rule("RFC 8628", "5.4", "whoever comes by a link signs in before anything can be allowed")
@pytest.mark.sr("SR-048")
def test_a_stranger_signs_in_first(
    deployment: Deployment, device: Browser, tv: Service, browser: Browser
) -> None:
    form = read(browser.get("/device")).form("/device")
    codes = started(device, tv)
    asked = browser.post("/device", data=form.filled(user_code=codes["user_code"])).location
    at_signin = browser.get(asked)
    assert at_signin.location.startswith("/signin?")
    assert "Кино" in browser.get(at_signin.location).text
    sent = {"csrf_token": form.fields["csrf_token"], "ask": asked.partition("ask=")[2], "decision": "allow"}
    assert browser.post("/device", data=sent).location.startswith("/signin?")
    assert state(device, tv, codes["device_code"]) == "authorization_pending"


@pytest.mark.sr("SR-048")
def test_a_session_of_six_minutes_ago_is_not_enough(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    form = approval(maria, started(device, tv)["user_code"])
    deployment.clock_file.advance(301)
    codes = started(device, tv)
    assert read(type_code(maria, codes["user_code"])).form("/signin")
    assert maria.post("/device", data=form.filled(decision="allow")).location.startswith("/signin?")
    deployment.sign_in(maria)
    assert decide(maria, codes["user_code"]).status_code == 200
    assert state(device, tv, codes["device_code"]) == "tokens"


@pytest.mark.sr("SR-048")
def test_no_other_page_of_ours_takes_its_form(
    deployment: Deployment, device: Browser, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, foreign_tv)
    form = approval(maria, codes["user_code"])
    deployment.clock_file.advance(301)
    for decision in ("allow", "deny"):
        answer = maria.post("/consent", data=form.filled(decision=decision))
        assert (answer.location.partition("=")[0], deployment.rows("consents")) == ("/device?ask", [])
    assert state(device, foreign_tv, codes["device_code"]) == "authorization_pending"


@pytest.mark.rule("RFC 9470", "4", "a device cannot name a level: its service's own is looked for, once")
@pytest.mark.parametrize("wish", [{"userinfo_acr": PHONE}, {"default_acr_values": [PHONE]}])
def test_a_device_of_a_service_that_wants_the_phone(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser, wish: dict[str, object]
) -> None:
    deployment.change(tv, **wish)
    codes = started(device, tv)
    deployment.sign_in(maria, NUMBER, provider="phone", claims={}, acr=FED)
    deployment.clock_file.advance(1)
    page = type_code(maria, codes["user_code"])
    assert re.findall(r'name="way" value="(\w+)"', page.text)[0] == "phone"
    ask = read(page).form("/signin").fields["ask"]
    deployment.sign_in(maria, NUMBER, provider="phone", claims={}, acr=FED)  # all there is
    assert read(maria.get("/device", query_string={"ask": ask})).form("/device")
    deployment.sign_in(maria, NUMBER, provider="phone", claims={}, acr=PHONE)
    deployment.clock_file.advance(1)
    assert decide(maria, codes["user_code"]).status_code == 200  # whoever proved it is not asked again
    given = poll(device, tv, codes["device_code"]).json
    assert userinfo(device, given["access_token"]).status_code == 200


@pytest.mark.sr("SR-085", "SR-048")
def test_forms_of_others_decide_nothing(device: Browser, tv: Service, maria: Browser) -> None:
    codes = started(device, tv)
    form = approval(maria, codes["user_code"])
    for changed in ({"csrf_token": ""}, {"csrf_token": "x"}):
        assert maria.post("/device", data=form.filled(decision="allow", **changed)).status_code == 400
    foreign = maria.post(
        "/device", data=form.filled(decision="allow"), headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    assert state(device, tv, codes["device_code"]) == "authorization_pending"


@pytest.mark.sr("SR-085")
def test_a_code_is_typed_into_our_own_form_alone(device: Browser, tv: Service, maria: Browser) -> None:
    user_code, form = started(device, tv)["user_code"], read(maria.get("/device")).form("/device")
    assert maria.post("/device", data={"user_code": user_code}).status_code == 400
    sent = form.filled(user_code=user_code)
    assert maria.post("/device", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert maria.post("/device", data=sent).location.startswith("/device?ask=")


@pytest.mark.sr("SR-102")
@pytest.mark.parametrize("decision", ["", "yes", "ALLOW", "allow "])
def test_only_a_plain_yes_is_a_yes(device: Browser, tv: Service, maria: Browser, decision: str) -> None:
    codes = started(device, tv)
    assert decide(maria, codes["user_code"], decision).status_code == 200
    assert state(device, tv, codes["device_code"]) == "access_denied"


@pytest.mark.sr("SR-048")
def test_a_yes_to_another_page_or_of_another_person_is_no_yes(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    form = approval(maria, codes["user_code"])
    deployment.sign_in(maria, "2")
    answer = maria.post("/device", data=form.filled(decision="allow"))
    assert answer.location.startswith("/device?ask=")
    assert state(device, tv, codes["device_code"]) == "authorization_pending"


@pytest.mark.sr("SR-048")
def test_another_browser_cannot_use_the_page_of_this_one(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    form = approval(maria, started(device, tv)["user_code"])
    other = deployment.client()
    deployment.sign_in(other, "2")
    own = read(other.get("/device")).form("/device").fields["csrf_token"]
    answer = other.post("/device", data=form.filled(decision="allow", csrf_token=own))
    assert answer.status_code == 400
    assert deployment.rows("grants") == []


@pytest.mark.sr("SR-048")
def test_nothing_is_linked_or_changed_on_the_way(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    tables = ("identities", "links", "attributes", "consents")
    before = [deployment.rows(table) for table in tables]
    codes = started(device, tv)
    decide(maria, codes["user_code"])
    state(device, tv, codes["device_code"])
    assert [deployment.rows(table) for table in tables] == before
    assert [row.kind for row in deployment.rows("audit")].count("device.approved") == 1


@pytest.mark.sr("SR-017")
def test_a_third_party_gets_what_was_switched_on(
    deployment: Deployment, device: Browser, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, foreign_tv, "openid profile email phone")
    decide(maria, codes["user_code"], "allow", "email", "offline_access", "mostid.admin.read")
    assert poll(device, foreign_tv, codes["device_code"]).json["scope"] == "openid profile email"
    row = deployment.rows("consents")[0]
    assert (row.scope, row.left_out) == ("email openid profile", "phone")


@pytest.mark.sr("SR-181")
def test_when_everything_is_left_out_nothing_is_given(
    device: Browser, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, foreign_tv, "email phone")
    decide(maria, codes["user_code"])
    assert state(device, foreign_tv, codes["device_code"]) == "access_denied"


@pytest.mark.sr("SR-047")
def test_a_request_is_decided_once(device: Browser, tv: Service, maria: Browser) -> None:
    codes = started(device, tv)
    form = approval(maria, codes["user_code"])
    assert maria.post("/device", data=form.filled(decision="deny")).status_code == 200
    assert maria.post("/device", data=form.filled(decision="allow")).status_code == 400
    assert type_code(maria, codes["user_code"]).status_code == 200
    assert "/device?ask=" not in type_code(maria, codes["user_code"]).text
    assert state(device, tv, codes["device_code"]) == "access_denied"


@pytest.mark.rule("RFC 8628", "5.1", "user codes cannot be tried out: ten in a browser, then it waits")
@pytest.mark.sr("SR-047")
def test_a_browser_tries_ten_codes(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    form = read(maria.get("/device")).form("/device")
    tried = ["BBBB-BBBB"] * 10 + [codes["user_code"]]
    statuses = [maria.post("/device", data=form.filled(user_code=code)).status_code for code in tried]
    assert statuses == [200] * 10 + [429]
    deployment.clock_file.advance(600)
    assert (
        maria.post("/device", data=form.filled(user_code=started(device, tv)["user_code"])).status_code == 303
    )


@pytest.mark.sr("SR-047")
def test_an_address_tries_so_many_codes_with_however_many_browsers(deploy: Deploy) -> None:
    deployment = deploy(profile="testing", limits={"user_codes_per_address_minute": 3})
    statuses = []
    for _ in range(4):
        browser = deployment.client()
        form = read(browser.get("/device")).form("/device")
        sent = browser.post(
            "/device", data=form.filled(user_code="BBBB-BBBB"), environ_overrides={"REMOTE_ADDR": ELSEWHERE}
        )
        statuses.append(sent.status_code)
    assert statuses == [200, 200, 200, 429]


@pytest.mark.sr("SR-047")
def test_a_client_that_lost_the_grant_type_gets_nobody_in(
    deployment: Deployment, device: Browser, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, foreign_tv)
    form = approval(maria, codes["user_code"])
    deployment.change(foreign_tv, grant_types=["client_credentials"])
    assert maria.post("/device", data=form.filled(decision="allow")).status_code == 400
    assert state(device, foreign_tv, codes["device_code"]) == "unauthorized_client"
    deployment.change(foreign_tv, grant_types=[DEVICE_CODE])
    deployment.disable(foreign_tv)
    deployment.clock_file.advance(2)
    assert "/signin" not in type_code(maria, codes["user_code"]).text


def test_bad_input_has_a_page(device: Browser, tv: Service, maria: Browser) -> None:
    form = read(maria.get("/device")).form("/device")
    for code in ("", "x", "é" * 40, "<b>", "B" * 5000, "BBBB-BBBB"):
        answer = maria.post("/device", data=form.filled(user_code=code))
        assert answer.status_code == 200, code
        assert "<b>" not in answer.text
    for query in ("ask=", "ask=x", "user_code=%3Cb%3E", "user_code=" + "B" * 3000, "ask=x&user_code=y"):
        answer = maria.get(f"/device?{query}")
        assert answer.status_code in {200, 400}, query
        assert "<b>" not in answer.text
    assert maria.post("/device", data=form.filled(ask="x", decision="allow")).status_code == 400


@pytest.mark.sr("SR-016")
def test_an_ask_of_a_service_is_no_ask_of_a_device_and_the_other_way_round(
    device: Browser, tv: Service, merchant: Service, maria: Browser
) -> None:
    services = maria.authorize(merchant).location.partition("ask=")[2]
    assert maria.get(f"/device?ask={services}").location == "/device"
    form = read(maria.get("/device")).form("/device")
    devices = maria.post("/device", data=form.filled(user_code=started(device, tv)["user_code"])).location
    mine = devices.partition("ask=")[2]
    assert maria.get(f"/authorize?ask={mine}").status_code == 400
    assert maria.get(f"/consent?ask={mine}").location.startswith("/device?ask=")


def test_an_old_page_leads_to_a_new_code(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    form = read(maria.get("/device")).form("/device")
    asked = maria.post("/device", data=form.filled(user_code=started(device, tv)["user_code"])).location
    for seconds in (601, 7 * 3_600):
        deployment.clock_file.advance(seconds)
        page = maria.get(asked)
        assert page.status_code == 400
        assert 'href="/device"' in page.text


@pytest.mark.rule("RFC 8628", "3.3", "the pages speak the reader's language")
def test_the_pages_speak_russian_and_english(device: Browser, tv: Service, maria: Browser) -> None:
    codes = started(device, tv)
    assert "Код на экране устройства" in maria.get("/device?lang=ru").text
    assert "Let a device sign in to Кино?" in type_code_in(maria, codes["user_code"], "en")


def type_code_in(browser: Browser, user_code: str, language: str) -> str:
    browser.get(f"/device?lang={language}")
    return type_code(browser, user_code).text
