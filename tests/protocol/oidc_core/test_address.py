"""OIDC Core §5.1.1, §5.4: nobody's postal address is known here, so none is announced, asked for or told."""

import json

import pytest

from tests.deployment import Browser, Deployment
from tests.provider.tokens import claims, refresh, tokens, userinfo

SCOPES = ["openid", "profile", "address", "offline_access"]


@pytest.mark.rule(
    "OIDC Core", "5.4", "the scope address is announced nowhere; asked for, it is quietly not granted"
)
def test_the_scope(deployment: Deployment, signed_in: Browser) -> None:
    said = signed_in.get("/.well-known/openid-configuration").json
    assert "address" not in [*said["scopes_supported"], *said["claims_supported"]]
    service = deployment.register(allowed_scopes=SCOPES)
    given = tokens(signed_in, service, " ".join(SCOPES))
    again = refresh(signed_in, service, given["refresh_token"]).json
    for answer in (given, again):
        assert answer["scope"] == "openid profile offline_access"
        assert "address" not in claims(answer["id_token"])
        assert "address" not in userinfo(signed_in, answer["access_token"]).json


@pytest.mark.rule("OIDC Core", "5.4", "people are not asked for an address that nobody has")
def test_the_consent_page(deployment: Deployment, signed_in: Browser) -> None:
    uri = "https://merchant.example/cb"
    merchant = deployment.register(first_party=False, redirect_uris=[uri], allowed_scopes=SCOPES)
    page = signed_in.follow(signed_in.authorize(merchant, scope="openid address"))
    assert page.status_code == 200
    assert "address" not in page.text.lower().replace("e-mail address", "")


@pytest.mark.rule("OIDC Core", "5.5", "an address that is asked for by name, as essential too, is left out")
@pytest.mark.parametrize("wanted", [None, {"essential": True}])
def test_the_claim(deployment: Deployment, signed_in: Browser, wanted: object) -> None:
    service = deployment.register(allowed_scopes=SCOPES)
    asked = json.dumps({"userinfo": {"address": wanted}, "id_token": {"address": wanted}})
    given = tokens(signed_in, service, "openid address", claims=asked)
    assert given["scope"] == "openid"
    assert "address" not in claims(given["id_token"])
    assert userinfo(signed_in, given["access_token"]).json.keys() == {"sub"}
