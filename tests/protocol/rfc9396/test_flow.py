"""RFC 9396: from the request, over the page that asks, into tokens."""

import pytest

from tests.deployment import Browser, Deployment, Service, answered
from tests.protocol.rfc9396.details import allow, code_for, granted, payment, text
from tests.provider.tokens import claims, exchange, grant, introspect, refresh


@pytest.mark.rule("RFC 9396", "7", "the token answer says which details were granted")
@pytest.mark.rule("RFC 9396", "9.1", "an access token carries its details")
@pytest.mark.rule("RFC 9396", "9.2", "introspection shows them")
def test_from_the_request_into_tokens(deployment: Deployment, signed_in: Browser, shop: Service) -> None:
    given = granted(signed_in, shop, payment(), scope="openid offline_access")
    assert given["authorization_details"] == [payment()]
    assert claims(given["access_token"])["authorization_details"] == [payment()]
    assert introspect(signed_in, shop, given["access_token"])["authorization_details"] == [payment()]
    assert introspect(signed_in, shop, given["refresh_token"])["authorization_details"] == [payment()]
    assert grant(deployment).authorization_details == [payment()]
    assert "authorization_details" not in claims(given["id_token"])
