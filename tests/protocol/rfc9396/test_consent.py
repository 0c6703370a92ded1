"""The page that asks for authorization details: each time, in plain words, good for one code."""

import json
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from urllib.parse import urlsplit

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service, answered
from tests.html import read
from tests.protocol.rfc9396.details import API, allow, code_for, payment, report, text
from tests.provider.tokens import exchange

NAME = "authorization_details"


@pytest.mark.rule("RFC 9396", "3", "a person allows details each time, services of our own included")
def test_it_asks_each_time(deployment: Deployment, signed_in: Browser, shop: Service, tea: Service) -> None:
    for service in (shop, tea):
        for _ in range(2):
            assert "code" in answered(
                allow(signed_in, signed_in.follow(signed_in.authorize(service, **wish())), scope=["profile"])
            )
        refused = answered(signed_in.authorize(service, prompt="none", **wish()))
        assert refused["error"] == "consent_required"
    assert [row.kind for row in deployment.rows("audit")].count("details.allowed") == 4
    assert "code" in answered(signed_in.authorize(tea))  # what was consented to beside it is remembered


def wish(**changed: object) -> dict[str, str]:
    """A request for one payment."""
    return {NAME: text(payment(**changed))}


@pytest.mark.rule("RFC 9396", "3", "who says no, or leaves, allows nothing")
def test_no(signed_in: Browser, shop: Service) -> None:
    page = signed_in.follow(signed_in.authorize(shop, **wish()))
    form = read(page).form("/consent")
    answer = signed_in.follow(signed_in.post("/consent", data=form.filled(decision="deny")))
    assert answered(answer)["error"] == "access_denied"


def test_the_page(signed_in: Browser, shop: Service, tea: Service) -> None:
    details = text(payment(), report("read", "send", signed=True, locations=[API]))
    for language, words in (
        ("ru", ("просит вашего разрешения", "Платёж картой «Мир»", "Сумма", "1\xa0234,50 ₽", "Чай «Парус»", "Отчёт",
                "читать, отправлять", "да", "Где действует", "api.example")),
        ("en", ("asks for your permission", "Payment with a Mir card", "Amount", "1,234.50 roubles", "Report",
                "read, send", "yes", "Where it holds", "api.example")),
    ):  # fmt: skip
        page = signed_in.follow(signed_in.authorize(shop, authorization_details=details, ui_locales=language))
        assert not [word for word in words if word not in page.text], page.text
        assert "Карта" not in page.text  # a line whose member was not sent
        assert 'role="switch"' not in page.text  # scopes of our own services are nobody's choice
    third = signed_in.follow(signed_in.authorize(tea, scope="openid profile email", **wish()))
    assert 'role="switch"' in third.text
    assert "Не получается войти" not in third.text


def test_what_was_decided_before_is_not_asked_beside_a_payment(signed_in: Browser, tea: Service) -> None:
    first = signed_in.follow(signed_in.authorize(tea, scope="openid profile email"))
    assert "code" in answered(allow(signed_in, first, scope=[]))
    page = signed_in.follow(signed_in.authorize(tea, scope="openid profile email", **wish()))
    assert "знает только этот сервис" not in page.text
    assert 'class="data"' not in page.text
    assert "code" in answered(allow(signed_in, page))
    more = signed_in.follow(signed_in.authorize(tea, scope="openid profile phone", **wish()))
    assert read(more).form("/consent").switches == [("scope", "phone")]
    assert "знает только этот сервис" not in more.text
    asked = signed_in.follow(signed_in.authorize(tea, scope="openid profile", prompt="consent", **wish()))
    assert "знает только этот сервис" in asked.text


def test_a_member_that_was_sent_has_its_line(deploy: Deploy, types: Path) -> None:
    """Only what was not sent is left out: an empty list may mean that all days are free."""
    days = {"type": "array", "items": {"type": "object", "properties": {"day": {"type": "string"}}}}
    place = {"type": ["object", "string"], "properties": {"city": {"type": "string"}}}
    document = {
        "title": {"ru": "Запись", "en": "Booking"},
        "shown": [
            {"ru": "Дни", "en": "Days", "value": "{days.day}"},
            {"ru": "Часы", "en": "Hours", "value": "{hours}"},
            {"ru": "Врач", "en": "Doctor", "value": "{doctor}"},
            {"ru": "Где", "en": "Where", "value": "{place.city}"},
        ],
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"type": True, "days": days, "hours": True, "doctor": True, "place": place},
        },
    }
    (types / "booking.json").write_text(json.dumps(document), encoding="utf-8")
    deployment = deploy(authorization_details_dir=types)
    shop = deployment.register("shop", authorization_details_types=["booking"])
    browser = deployment.client()
    deployment.sign_in(browser)
    details = text({"type": "booking", "days": [], "hours": [], "place": "Пермь"})
    page = browser.follow(browser.authorize(shop, authorization_details=details))
    assert page.text.count("—</dd>") == 2, page.text
    assert "Пермь</dd>" in page.text
    assert "Врач" not in page.text


def test_markup_is_text(signed_in: Browser, shop: Service) -> None:
    page = signed_in.follow(signed_in.authorize(shop, **wish(creditorName="<b>x</b>{{ 7*7 }}")))
    assert "&lt;b&gt;x&lt;/b&gt;{{ 7*7 }}" in page.text


@pytest.mark.rule("RFC 9396", "3", "one yes gives one code")
def test_one_code(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    page = signed_in.follow(signed_in.authorize(shop, **wish()))
    said = signed_in.post("/consent", data=read(page).form("/consent").filled(decision="allow"))
    code = answered(signed_in.get(said.location))["code"]
    again = signed_in.get(said.location)
    assert urlsplit(again.location).path == "/consent"
    assert exchange(signed_in, shop, code).json[NAME] == [payment()]
    replayed = exchange(signed_in, shop, code)
    assert (replayed.status_code, replayed.json["error"]) == (400, "invalid_grant")
    assert [row.ended_reason for row in deployment.rows("grants")] == ["code_replayed"]


@pytest.mark.rule(
    "RFC 9396", "3", "a yes is for the details that were shown, in the request that asked for them"
)
def test_another_yes_does_not_count(signed_in: Browser, shop: Service, tea: Service) -> None:
    for service in (shop, tea):
        other = signed_in.authorize(service, prompt="consent", **wish(orderId="B-2"))
        page = signed_in.follow(
            signed_in.authorize(service, prompt="consent")
        )  # of the same service, and allowed
        assert "code" in answered(allow(signed_in, page, scope=["profile"]))
        ask = urlsplit(other.location).query
        assert urlsplit(signed_in.get(f"/authorize?{ask}").location).path == "/consent"


def test_another_person_does_not_inherit_it(
    deployment: Deployment, signed_in: Browser, shop: Service
) -> None:
    page = signed_in.follow(signed_in.authorize(shop, **wish()))
    form = read(page).form("/consent").filled(decision="allow")
    said = signed_in.post("/consent", data=form)
    deployment.sign_in(signed_in, "2")
    assert urlsplit(signed_in.get(said.location).location).path == "/consent"
    shown_to_the_first = signed_in.post("/consent", data=form)
    assert urlsplit(shown_to_the_first.location).path in {"/consent", "/authorize"}
    assert not deployment.rows("grants")


def test_a_type_goes_while_its_page_is_open(
    deployment: Deployment, signed_in: Browser, shop: Service
) -> None:
    page = signed_in.follow(signed_in.authorize(shop, **wish()))
    deployment.change(shop, authorization_details_types=[])
    answer = signed_in.follow(
        signed_in.post("/consent", data=read(page).form("/consent").filled(decision="allow"))
    )
    assert answered(answer)["error"] == "invalid_authorization_details"


def test_who_must_sign_in_first(deployment: Deployment, browser: Browser, shop: Service) -> None:
    page = browser.follow(browser.authorize(shop, **wish()))
    assert page.status_code == 200
    ask = read(page).form("/signin").fields["ask"]
    deployment.sign_in(browser)
    page = browser.follow(browser.get("/authorize", query_string={"ask": ask}))
    assert "1\xa0234,50" in page.text
    assert "code" in answered(allow(browser, page))


def test_a_lost_store_gives_nothing(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    code = code_for(signed_in, shop, payment())
    forget(deployment)
    refused = exchange(signed_in, shop, code)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
    page = signed_in.follow(signed_in.authorize(shop, **wish()))
    said = signed_in.post("/consent", data=read(page).form("/consent").filled(decision="allow"))
    forget(deployment)
    assert urlsplit(signed_in.get(said.location).location).path == "/consent"


def forget(deployment: Deployment) -> None:
    """Lose all approvals and details that wait."""
    with closing(connect(deployment.settings.data_dir / "ephemeral.db")) as store, store:
        store.execute("DELETE FROM ephemeral")


def test_the_code_stays_short(signed_in: Browser, shop: Service) -> None:
    wish = [payment(orderId=f"A-{number}") for number in range(10)]
    assert len(code_for(signed_in, shop, *wish)) < 1_000


def test_a_native_client_of_ours(deployment: Deployment, signed_in: Browser) -> None:
    app = deployment.register(
        "app", application_type="native", token_endpoint_auth_method="none",
        redirect_uris=["ru.shop.app:/cb"], authorization_details_types=["mir_payment"],
    )  # fmt: skip
    page = signed_in.follow(signed_in.authorize(app, **wish()))
    assert "нужно" in page.text  # nobody knows who asks: scopes are shown as well
    code = answered(allow(signed_in, page, scope=["profile"]))["code"]
    assert exchange(signed_in, app, code).json[NAME] == [payment()]
