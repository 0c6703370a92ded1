"""RFC 9396: from the request, over the page that asks, into tokens."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service, answered
from tests.html import read
from tests.protocol.rfc8628.conftest import DEVICE_CODE, ask, poll, type_code
from tests.protocol.rfc9101.signing import Signing
from tests.protocol.rfc9126.pushing import pushed, visit
from tests.protocol.rfc9396.details import API, STOCK, allow, code_for, granted, payment, report, text
from tests.provider.tokens import claims, exchange, grant, introspect, post, refresh, userinfo

NAME = "authorization_details"


@pytest.mark.rule("RFC 9396", "7", "the token answer says which details were granted")
@pytest.mark.rule("RFC 9396", "9.1", "an access token carries its details")
@pytest.mark.rule("RFC 9396", "9.2", "introspection shows the details of both tokens")
def test_from_the_request_into_tokens(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    given = granted(signed_in, shop, payment(), scope="openid offline_access")
    assert given[NAME] == [payment()]
    assert claims(given["access_token"])[NAME] == [payment()]
    assert introspect(signed_in, shop, given["access_token"])[NAME] == [payment()]
    assert introspect(signed_in, shop, given["refresh_token"])[NAME] == [payment()]
    kept = grant(deployment).authorization_details
    assert kept
    assert "Парус".encode() not in kept  # what people pay for is under their own key
    assert NAME not in claims(given["id_token"])
    assert NAME not in userinfo(signed_in, given["access_token"]).json


@pytest.mark.rule("RFC 9396", "3", "a request that is POSTed, pushed or signed asks alike")
def test_every_way_in(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    wish = text(payment(), report("read"))
    signing = Signing.register(deployment, "signing", authorization_details_types=["mir_payment", "report"])
    said = signing.claims(authorization_details=[payment(), report("read")])
    ways = [
        (shop, signed_in.post("/authorize", data=shop.request(authorization_details=wish))),
        (shop, visit(signed_in, shop, pushed(signed_in, shop, authorization_details=wish))),
        (signing.service, signing.visit(signed_in, signing.sign(said))),
    ]
    for service, answer in ways:
        code = answered(allow(signed_in, signed_in.follow(answer)))["code"]
        assert exchange(signed_in, service, code).json[NAME] == [payment(), report("read")]


def test_on_each_database(storage_url: str, redis_url: str, deploy: Deploy, types: Path) -> None:
    deployment = deploy(database_url=storage_url, redis_url=redis_url, authorization_details_dir=types)
    shop = deployment.register(
        authorization_details_types=["mir_payment"], allowed_scopes=["openid", "profile"]
    )
    browser = deployment.client()
    deployment.sign_in(browser)
    given = granted(browser, shop, payment(), scope="openid")
    for _ in range(2):
        assert introspect(browser, shop, given["refresh_token"])[NAME] == [payment()]
        given = refresh(browser, shop, given["refresh_token"]).json
        assert given[NAME] == [payment()]


@pytest.mark.rule("RFC 9396", "3", "details may be asked for without any scope")
def test_without_a_scope(signed_in: Browser, shop: Service, tea: Service) -> None:
    for service in (shop, tea):
        given = granted(signed_in, service, payment(), scope=None)
        assert given[NAME] == [payment()]
        assert not {"scope", "id_token"} & given.keys()
        assert "scope" not in claims(given["access_token"])
        assert userinfo(signed_in, given["access_token"]).status_code == 403
        assert "scope" not in introspect(signed_in, service, given["refresh_token"])
        renewed = refresh(signed_in, service, given["refresh_token"])
        assert renewed.json[NAME] == [payment()]
        wider = refresh(signed_in, service, renewed.json["refresh_token"], scope="openid")
        assert (wider.status_code, wider.json["error"]) == (400, "invalid_scope")
    refused = answered(signed_in.authorize(shop, scope="unknown", authorization_details=text(payment())))
    assert refused["error"] == "invalid_scope"


@pytest.mark.rule("RFC 9396", "6", "a refresh keeps the details, or takes a part of them for its own tokens")
def test_a_refresh_may_narrow(signed_in: Browser, shop: Service) -> None:
    wide = report("read", "send", years=3)
    given = granted(signed_in, shop, payment(), wide, scope="openid offline_access")
    token = given["refresh_token"]
    for asked, told in (
        (None, [payment(), wide]),
        (text(wide), [wide]),
        (text(report("send", years=3)), [report("send", years=3)]),
        (None, [payment(), wide]),
    ):
        answer = refresh(signed_in, shop, token, authorization_details=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json[NAME] == told
        assert claims(answer.json["access_token"])[NAME] == told
        token = answer.json["refresh_token"]
    for wider in (
        text(payment(orderId="A-18")),
        text(payment(), report("read")),  # without years: for any
        text(report("read", years=4)),
        text(report("read", years=3, signed=True)),
        text(payment(), payment(purpose=None)),
    ):
        refused = refresh(signed_in, shop, token, authorization_details=wider)
        assert (refused.status_code, refused.json["error"]) == (400, "invalid_authorization_details")
    assert refresh(signed_in, shop, token).status_code == 200  # nothing was spent


@pytest.mark.rule("RFC 9396", "6", "a code's exchange may narrow too; what was not granted spends nothing")
def test_an_exchange_may_narrow(signed_in: Browser, shop: Service) -> None:
    code = code_for(signed_in, shop, payment(), report("read"), scope="openid offline_access")
    for wider in (text(report("send")), "[]", "canary"):
        refused = exchange(signed_in, shop, code, authorization_details=wider)
        assert (refused.status_code, refused.json["error"]) == (400, "invalid_authorization_details")
    given = exchange(signed_in, shop, code, authorization_details=text(report("read"))).json
    assert given[NAME] == [report("read")]
    assert refresh(signed_in, shop, given["refresh_token"]).json[NAME] == [payment(), report("read")]


@pytest.mark.rule("RFC 9396", "6", "a code without details gives none, whatever its exchange names")
def test_nothing_out_of_nothing(signed_in: Browser, shop: Service) -> None:
    code = signed_in.code(shop)
    refused = exchange(signed_in, shop, code, authorization_details=text(report("read")))
    assert refused.json["error"] == "invalid_authorization_details"
    assert NAME not in exchange(signed_in, shop, code).json


@pytest.mark.rule("RFC 9396", "6", "what its client may ask for no more is in no further token")
def test_a_type_is_taken_away(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    given = granted(signed_in, shop, payment(), report("read"), scope="openid offline_access")
    deployment.change(shop, authorization_details_types=["report"])
    assert refresh(signed_in, shop, given["refresh_token"]).json[NAME] == [report("read")]


@pytest.mark.rule("RFC 9396", "9", "a token carries what its resource server is meant to know")
@pytest.mark.sr("SR-067")
def test_locations(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    api = deployment.register("api", resource_server=[API])
    here, there, both = (report("read", locations=where) for where in ([API], [STOCK], [API, STOCK]))
    wish = (here, there, both, payment())
    for resource, told in (
        (API, [here, both, payment()]),
        (STOCK, [there, both, payment()]),
        (None, [payment()]),
    ):
        given = granted(signed_in, shop, *wish, scope="openid", resource=resource)
        assert given[NAME] == told
        assert claims(given["access_token"])[NAME] == told
        if resource == API:
            assert introspect(signed_in, api, given["access_token"])[NAME] == told
            assert refresh(signed_in, shop, given["refresh_token"]).json[NAME] == told
    alone = granted(signed_in, shop, there, scope="openid", resource=API)
    assert NAME not in alone
    assert NAME not in claims(alone["access_token"])


@pytest.mark.rule("RFC 9396", "6", "a service has for itself what its type lets it have without a person")
def test_client_credentials(browser: Browser, shop: Service) -> None:
    form: dict[str, str | None] = {"grant_type": "client_credentials"}
    given = post(browser, "/token", shop, form | {NAME: text(report("read"))}).json
    assert given[NAME] == [report("read")]
    assert claims(given["access_token"])[NAME] == [report("read")]
    refused = post(browser, "/token", shop, form | {NAME: text(report("read"), payment())})
    assert refused.json["error"] == "invalid_authorization_details"
    assert refused.json["error_description"] == f"{NAME}[1].type is for people to allow"


def test_client_credentials_without_a_scope(deployment: Deployment, browser: Browser) -> None:
    service = deployment.register(
        "lone", redirect_uris=[], grant_types=["client_credentials"], authorization_details_types=["report"]
    )
    form: dict[str, str | None] = {"grant_type": "client_credentials"}
    assert post(browser, "/token", service, form).json["error"] == "invalid_scope"
    given = post(browser, "/token", service, form | {NAME: text(report("read"))})
    assert given.json[NAME] == [report("read")]
    assert "scope" not in given.json


@pytest.mark.rule("RFC 9396", "4", "a device asks for details; its person sees them, and the device has them")
def test_a_device(deployment: Deployment, signed_in: Browser) -> None:
    device, tv = deployment.client(), deployment.register(
        "tv",
        redirect_uris=[],
        grant_types=[DEVICE_CODE, "refresh_token"],
        token_endpoint_auth_method="none",
        authorization_details_types=["mir_payment"],
    )  # fmt: skip
    started = ask(device, tv, authorization_details=text(payment())).json
    page = type_code(signed_in, started["user_code"])
    assert "Платёж картой «Мир»" in page.text
    assert "1\xa0234,50 ₽" in page.text
    signed_in.post("/device", data=read(page).form("/device").filled(decision="allow"))
    given = poll(device, tv, started["device_code"]).json
    assert given[NAME] == [payment()]
    assert refresh(device, tv, given["refresh_token"]).json[NAME] == [payment()]


@pytest.mark.rule("RFC 9396", "5", "a parameter that comes twice is refused")
@pytest.mark.sr("SR-004")
def test_twice(signed_in: Browser, shop: Service) -> None:
    pairs = [*shop.request(authorization_details=text(payment())).items(), (NAME, text(report("read")))]
    assert answered(signed_in.get(f"/authorize?{urlencode(pairs)}"))["error"] == "invalid_request"
    headers = {"Authorization": shop.basic, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode([("grant_type", "client_credentials"), (NAME, text(report("read"))), (NAME, "[]")])
    refused = signed_in.post("/token", data=body, headers=headers)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_request")


@pytest.mark.rule("RFC 9396", "10", "a client may ask for the types that it registered, by default none")
def test_types_of_a_client(signed_in: Browser, store: Service, tea: Service) -> None:
    for service, detail in ((store, payment()), (tea, report("read"))):
        refused = answered(signed_in.authorize(service, authorization_details=text(detail)))
        assert refused["error"] == "invalid_authorization_details"


@pytest.mark.rule("RFC 9396", "12", "details of the largest size fit into tokens that we read again")
def test_the_largest(signed_in: Browser, shop: Service) -> None:
    wish = [payment(orderId=f"A-{number}", purpose="Я" * 24) for number in range(10)]
    given = granted(signed_in, shop, *wish, scope="openid offline_access")
    assert len(given["access_token"]) <= 8_000
    assert introspect(signed_in, shop, given["access_token"])[NAME] == wish
    one_more = [payment(orderId=f"A-{number}", purpose="Я" * 60) for number in range(10)]
    refused = answered(signed_in.post("/authorize", data=shop.request(authorization_details=text(*one_more))))
    assert refused["error"] == "invalid_authorization_details"
