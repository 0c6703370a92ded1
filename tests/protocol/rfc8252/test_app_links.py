"""The files by which an https address is claimed for an application (RFC 8252 §7.2)."""

import pytest

from app.clients import self_registration
from app.clients.metadata import BadMetadata, parse
from app.clients.policy import Policy
from tests.deployment import ISSUER, Browser, Deployment

ANDROID, APPLE = "/.well-known/assetlinks.json", "/.well-known/apple-app-site-association"
PRINT = ":".join(["0A"] * 32)
BUILD = {"package_name": "ru.shop.app", "sha256_cert_fingerprints": [PRINT]}
APP_ID = "ABCDE12345.ru.shop.app"
HANDLE = "delegate_permission/common.handle_all_urls"
NATIVE = {
    "client_name": "Витрина",
    "application_type": "native",
    "token_endpoint_auth_method": "none",
    "redirect_uris": [f"{ISSUER}/native/shop/cb"],
    "first_party": True,
}


@pytest.mark.rule("RFC 8252", "7.2", "our applications claim their own addresses at ours, and no other")
def test_what_is_registered_is_shown(deployment: Deployment, browser: Browser) -> None:
    app = deployment.register("shop", **NATIVE, android_apps=[BUILD], apple_app_ids=[APP_ID])
    deployment.register("bare", **NATIVE)
    assert browser.get(ANDROID).json == [
        {
            "relation": [HANDLE],
            "target": {"namespace": "android_app"} | BUILD,
            "relation_extensions": {HANDLE: {"dynamic_app_link_components": [{"/": "/native/shop/*"}]}},
        }
    ]
    details = [{"appIDs": [APP_ID], "components": [{"/": "/native/shop/*"}]}]
    assert browser.get(APPLE).json == {"applinks": {"details": details}}
    deployment.disable(app)
    deployment.clock_file.advance(2)
    assert browser.get(ANDROID).json == []
    assert browser.get(APPLE).json == {"applinks": {"details": []}}


def test_a_device_without_the_application_gets_a_page(browser: Browser) -> None:
    assert browser.get("/native/shop/cb?code=x").status_code == 404


@pytest.mark.parametrize("path", [ANDROID, APPLE])
def test_the_files_may_be_kept(deployment: Deployment, browser: Browser, path: str) -> None:
    first = browser.get(path)
    assert (first.status_code, first.content_type) == (200, "application/json")
    assert first.headers["Cache-Control"].startswith("public, max-age=3600")
    assert browser.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    with deployment.statements() as seen:
        browser.get(path)
    assert seen == []
    assert browser.post(path).status_code == 405


BAD = (
    {"android_apps": [BUILD], "application_type": "web", "redirect_uris": ["https://shop.ru/cb"]},
    {"android_apps": [BUILD], "first_party": False},
    {"apple_app_ids": [APP_ID], "first_party": False},
    {"android_apps": [BUILD | {"package_name": "app"}]},
    {"android_apps": [BUILD | {"package_name": "ru.shop.app\n"}]},
    {"android_apps": [BUILD | {"package_name": "ru..app"}]},
    {"android_apps": [BUILD | {"sha256_cert_fingerprints": []}]},
    {"android_apps": [BUILD | {"sha256_cert_fingerprints": [PRINT.lower()]}]},
    {"android_apps": [BUILD | {"sha256_cert_fingerprints": [PRINT[:-3]]}]},
    {"android_apps": [BUILD | {"namespace": "web"}]},
    {"android_apps": ["ru.shop.app"]},
    {"android_apps": [BUILD] * 6},
    {"apple_app_ids": ["ru.shop.app"]},
    {"apple_app_ids": ["ABCDE12345.*"]},
    {"apple_app_ids": ["abcde12345.ru.shop.app"]},
    {"apple_app_ids": [APP_ID + "\n"]},
    {"apple_app_ids": APP_ID},
)


@pytest.mark.parametrize("members", BAD)
def test_what_no_system_would_take_is_not_registered(members: dict[str, object]) -> None:
    with pytest.raises(BadMetadata):
        parse(NATIVE | members, Policy())


@pytest.mark.parametrize("members", [{"android_apps": [BUILD]}, {"apple_app_ids": [APP_ID]}])
def test_only_operators_say_so(members: dict[str, object]) -> None:
    """Whoever is listed there may open addresses of ours."""
    given = {name: value for name, value in NATIVE.items() if name != "first_party"}
    with pytest.raises(BadMetadata, match="only an operator"):
        self_registration.check(given | members, frozenset({"openid"}), Policy())
