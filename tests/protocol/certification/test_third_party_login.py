"""The modules of the plan for sign-ins that a third party begins, each by its name."""

import pytest

from tests.deployment import Browser
from tests.protocol.certification.relying_party import DOCUMENT, KEY, RelyingParty, post_registration, public

BEGINS = "https://www.certification.openid.net/test/initiate_login"


@pytest.mark.rule("OIDC Core", "4", "initiate_login_uri is kept, and told when the client reads its record")
def test_oidcc_3rd_party_init_login(browser: Browser) -> None:
    record = RelyingParty.register_itself(browser, initiate_login_uri=BEGINS).record
    assert record["initiate_login_uri"] == BEGINS
    headers = {"Authorization": f"Bearer {record['registration_access_token']}"}
    path = record["registration_client_uri"].removeprefix(browser.issuer)
    assert browser.get(path, headers=headers).json["initiate_login_uri"] == BEGINS


@pytest.mark.rule("OIDC Core", "4", "an initiate_login_uri without https is refused")
def test_oidcc_3rd_party_init_login_nohttps(browser: Browser) -> None:
    document = DOCUMENT | {"jwks": public(KEY), "initiate_login_uri": BEGINS.replace("https", "http")}
    answer = post_registration(browser, document)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
