"""The issuer in each authorization response (RFC 9207)."""

import pytest

from tests.deployment import Browser, Service, answered


@pytest.mark.sr("SR-008")
@pytest.mark.rule(
    "RFC 9207", "2", "every answer, good or bad, says who gave it: exactly the issuer of the metadata"
)
@pytest.mark.rule("RFC 9207", "3", "the metadata says so")
@pytest.mark.parametrize(
    "changed",
    [{}, {"prompt": "none"}, {"response_type": "token"}, {"scope": "x"}, {"request": "x"}, {"state": None}],
)
def test_every_answer_names_its_issuer(
    signed_in: Browser, store: Service, changed: dict[str, str | None]
) -> None:
    metadata = signed_in.get("/.well-known/openid-configuration").json
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for browser in (signed_in, signed_in.deployment.client()):
        answer = browser.authorize(store, **changed)
        if answer.location.startswith(store.redirect_uri):
            assert answered(answer)["iss"] == metadata["issuer"]
