"""OIDC Core §10.2.1: keys to encrypt to, at the service's own address."""

from collections.abc import Iterator

import pytest

from tests.deployment import Browser, Deploy, Deployment
from tests.protocol.oidc_encryption.reader import public, read, register
from tests.provider.tokens import exchange, header, refresh, tokens, userinfo
from tests.upstreams.fakes import Fake, told


@pytest.fixture
def site() -> Iterator[Fake]:
    """The client's own web server."""
    fake = Fake()
    yield fake
    fake.close()


@pytest.fixture
def deployment(deploy: Deploy, site: Fake) -> Deployment:
    """Trusts the client's server."""
    return deploy(trusted_origins=(site.url,))


def publish(site: Fake, *keys: object) -> None:
    site.replies["/keys"] = told({"keys": list(keys)})


@pytest.mark.rule(
    "OIDC Core",
    "10.2.1",
    "a service changes its keys at its jwks_uri; within an hour we encrypt to the new one",
)
def test_rotation(deployment: Deployment, signed_in: Browser, site: Fake) -> None:
    publish(site, public("ECDH-ES"))
    service = register(deployment, "id_token", "ECDH-ES", jwks=None, jwks_uri=f"{site.url}/keys")
    given = tokens(signed_in, service)
    assert read(given["id_token"], "ECDH-ES").signed(signed_in, "RS256")["aud"] == "reader"
    publish(site, public("ECDH-ES", kid="second"))
    deployment.clock_file.advance(3_600)
    again = refresh(signed_in, service, given["refresh_token"]).json
    assert header(again["id_token"])["kid"] == "second"
    assert len(site.received) == 2


@pytest.mark.rule("OIDC Core", "10.2", "without a key nothing is sent in clear, and no code is spent")
def test_no_key(deployment: Deployment, signed_in: Browser, site: Fake) -> None:
    publish(site, public("ECDH-ES", use="sig"), public("RSA-OAEP-256", n="v" * 170 + "Q", kid="small"))
    service = register(
        deployment,
        "id_token",
        "ECDH-ES",
        jwks=None,
        jwks_uri=f"{site.url}/keys",
        userinfo_encrypted_response_alg="RSA-OAEP-256",
        userinfo_encrypted_response_enc="A128GCM",
    )
    code = signed_in.code(service)
    with deployment.statements() as seen:
        refused = exchange(signed_in, service, code)
    assert (refused.status_code, refused.json["error"]) == (503, "temporarily_unavailable")
    assert [one for one in seen if "FROM versions" not in one] == []
    publish(site, public("ECDH-ES"))
    deployment.clock_file.advance(11)
    given = exchange(signed_in, service, code)
    assert given.status_code == 200, given.text
    answer = userinfo(signed_in, given.json["access_token"])  # the only RSA key is too small
    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")


def test_it_is_fetched_before_the_first_statement(
    deployment: Deployment, signed_in: Browser, site: Fake
) -> None:
    publish(site, public("ECDH-ES"))
    service = register(deployment, "id_token", "ECDH-ES", jwks=None, jwks_uri=f"{site.url}/keys")
    code, fetched = signed_in.code(service), []
    with deployment.statements() as seen:
        reply = site.replies["/keys"]
        site.replies["/keys"] = lambda wire: (fetched.extend(seen), wire.send(reply))
        assert exchange(signed_in, service, code).status_code == 200
    assert [one for one in fetched if "FROM versions" not in one] == []
    assert len(site.received) == 1
