"""Keys of clients at their own address (jwks_uri), from the registration to the token."""

from collections.abc import Iterator

import pytest

from app.clients.initial_tokens import Terms, issue
from tests.deployment import REDIRECT, Deploy, Deployment, Service
from tests.protocol.rfc7523.signer import Signer, ask, new_key, public
from tests.upstreams.fakes import Fake, told


@pytest.fixture
def site() -> Iterator[Fake]:
    """The client's own web server."""
    fake = Fake()
    yield fake
    fake.close()


@pytest.fixture
def deployment(deploy: Deploy, site: Fake) -> Deployment:
    """Trusts the client's server, and has an ephemeral store that is a minute old."""
    made = deploy(trusted_origins=(site.url,))
    made.clock_file.advance(60)
    return made


@pytest.mark.rule("OIDC Core", "10.1.1", "a client that changes its keys at its jwks_uri needs nobody's help")
@pytest.mark.sr("SR-031", "SR-054")
def test_a_client_rotates_its_keys(deployment: Deployment, site: Fake) -> None:
    browser, robot = deployment.client(), Signer(deployment, "robot")
    site.replies["/keys"] = told(public(robot.key))
    robot.register(jwks=None, jwks_uri=f"{site.url}/keys")
    for _ in range(3):
        assert ask(browser, robot.assertion()).status_code == 200
    assert len(site.received) == 1
    former, robot.key = robot.key, new_key("ES256", "second")
    site.replies["/keys"] = told(public(robot.key))
    deployment.clock_file.advance(11)
    with deployment.statements() as statements:
        assert ask(browser, robot.assertion()).status_code == 200
    assert [one for one in statements if "versions" not in one] == []
    assert ask(browser, Signer(deployment, "robot", key=former).assertion()).status_code == 401
    assert len(site.received) == 2


@pytest.mark.sr("SR-033")
def test_a_client_that_cannot_be_reached_is_refused_like_others(deployment: Deployment, site: Fake) -> None:
    robot = Signer(deployment, "robot").register(jwks=None, jwks_uri=f"{site.url}/nothing")
    foreign = Signer(deployment, "foreign").register(jwks=None, jwks_uri="http://localhost:9/keys")
    for one in (robot, foreign):
        answer = ask(deployment.client(), one.assertion())
        assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"})


@pytest.mark.rule("RFC 7591", "2", "a client registers itself with its keys instead of a secret")
def test_a_client_registers_itself(deployment: Deployment) -> None:
    browser, signer = deployment.client(), Signer(deployment, "")
    terms = Terms("a partner", ["openid"], 1, 86_400_000)
    token = deployment.storage.run(
        lambda tx: issue(tx, terms, deployment.clock.now(), actor="test"), write=True
    )
    document = {
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": public(signer.key),
    }
    made = browser.post("/register", json=document, headers={"Authorization": f"Bearer {token}"})
    assert made.status_code == 201, made.text
    assert "client_secret" not in made.json
    assert made.json["jwks"] == document["jwks"]
    signer.client_id = made.json["client_id"]
    deployment.clock_file.advance(2)
    answer = ask(browser, signer.assertion(), "/introspect", grant_type=None, token="x")
    assert (answer.status_code, answer.json) == (200, {"active": False})


@pytest.mark.rule("RFC 7523", "2.2", "codes and refresh tokens are redeemed by assertions")
def test_a_person_signs_in(deployment: Deployment) -> None:
    browser, signer = deployment.client(), Signer(deployment, "store")
    signer.register(
        grant_types=["authorization_code", "refresh_token"],
        redirect_uris=[REDIRECT],
        allowed_scopes=["openid"],
    )
    deployment.sign_in(browser)
    service = Service("store", None, REDIRECT)
    code = browser.code(service, scope="openid")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": service.verifier,
    }
    assert browser.post("/token", data=form | {"client_id": "store"}).status_code == 401
    given = ask(browser, signer.assertion(), **form)
    assert given.status_code == 200, given.text
    again = ask(
        browser, signer.assertion(), grant_type="refresh_token", refresh_token=given.json["refresh_token"]
    )
    assert again.status_code == 200, again.text
