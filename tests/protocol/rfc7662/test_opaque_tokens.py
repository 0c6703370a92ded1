"""Opaque access tokens: those who hold one learn nothing from it, and everywhere it is as good as the JWT would be."""

import base64
import re
from typing import Any

import pytest

from app import create_app
from tests.deployment import HTTPS, ISSUER, Browser, Deploy, Deployment, Service
from tests.identity.world import secret
from tests.protocol.rfc8628.conftest import DEVICE_CODE, decide, poll, started
from tests.protocol.rfc8705 import authority
from tests.provider.proofs import Holder, ask
from tests.provider.proofs import exchange as proved_exchange
from tests.provider.tokens import claims, dead, introspect, post, refresh, revoke, tokens, userinfo

API = "https://api.example/orders"
INACTIVE = {"active": False}
PERSONAL = {"iss", "sub", "aud", "client_id", "iat", "exp", "scope", "jti", "auth_time", "acr", "amr", "sid"}


@pytest.fixture
def quiet(deployment: Deployment) -> Service:
    """A service whose access tokens are opaque."""
    return deployment.register("quiet", access_token_format="opaque", resources=[API])


def check_challenged(browser: Browser, access: str) -> None:
    """Userinfo refuses the token (RFC 6750 §3.1)."""
    answer = userinfo(browser, access)
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_token"}), answer.text


@pytest.mark.rule("RFC 6749", "1.4", "an access token may be opaque to its client: nothing of it can be read")
@pytest.mark.sr("SR-065")
def test_the_form(signed_in: Browser, quiet: Service) -> None:
    one, other = (tokens(signed_in, quiet)["access_token"] for _ in range(2))
    assert one != other
    for access in (one, other):
        assert re.fullmatch(r"at_[A-Za-z0-9_-]{100,1200}", access)
        raw = base64.urlsafe_b64decode(access[3:] + "===")
        for told in (b"quiet", b"openid", b"sub", ISSUER.encode()):
            assert told not in raw
    assert one[6:40] != other[6:40]


@pytest.mark.rule("RFC 7662", "2.2", "introspection tells of an opaque token what a JWT would say")
@pytest.mark.rule("RFC 9470", "6.2", "acr and auth_time are among it")
def test_what_it_says(signed_in: Browser, store: Service, quiet: Service) -> None:
    jwt = claims(tokens(signed_in, store)["access_token"])
    state = introspect(signed_in, quiet, tokens(signed_in, quiet)["access_token"])
    assert state.keys() == PERSONAL | {"active", "token_type"}
    assert (state["active"], state["token_type"], state["client_id"]) == (True, "Bearer", "quiet")
    for name in PERSONAL - {"client_id", "iat", "exp", "jti"}:
        assert state[name] == jwt[name], name
    assert state["exp"] - state["iat"] == jwt["exp"] - jwt["iat"]


def test_userinfo_takes_it(signed_in: Browser, quiet: Service, store: Service) -> None:
    access = tokens(signed_in, quiet)["access_token"]
    expected = userinfo(signed_in, tokens(signed_in, store)["access_token"]).json
    assert userinfo(signed_in, access).json == expected
    assert signed_in.post("/userinfo", data={"access_token": access}).json == expected


@pytest.mark.rule("RFC 7009", "2.1", "revoking an opaque token ends its grant")
@pytest.mark.sr("SR-045")
def test_revocation(deployment: Deployment, signed_in: Browser, quiet: Service) -> None:
    given = tokens(signed_in, quiet)
    assert revoke(signed_in, quiet, given["access_token"]).status_code == 200
    assert dead(signed_in, quiet, given)
    expired = tokens(signed_in, quiet)
    deployment.clock_file.advance(601)
    revoke(signed_in, quiet, expired["access_token"])
    assert refresh(signed_in, quiet, expired["refresh_token"]).json == {"error": "invalid_grant"}


def test_refresh_gives_another(signed_in: Browser, quiet: Service) -> None:
    given = tokens(signed_in, quiet)
    renewed = refresh(signed_in, quiet, given["refresh_token"]).json
    assert renewed["access_token"].startswith("at_")
    before, after = (introspect(signed_in, quiet, one["access_token"]) for one in (given, renewed))
    for name in ("sub", "sid", "auth_time", "acr", "amr", "scope", "aud"):
        assert before[name] == after[name]
    assert before["jti"] != after["jti"]


@pytest.mark.sr("SR-064", "SR-078")
def test_a_token_that_was_changed(signed_in: Browser, quiet: Service) -> None:
    given = tokens(signed_in, quiet)
    access, renewal = given["access_token"], given["refresh_token"]
    middle = len(access) // 2
    swapped = "A" if access[middle] != "A" else "B"
    for bad in (
        access[:-1], access + "A", access[:middle] + swapped + access[middle + 1 :], access[3:], "at_", "at_x",
        "at_" + renewal, "at_" + access, "AT_" + access[3:], "at_é", "at_" + "A" * 7000, access + "=", access + ".x.y",
        "at_" + (signed_in.cookie("sid") or ""), "at_" + signed_in.code(quiet),
    ):  # fmt: skip
        assert introspect(signed_in, quiet, bad) == INACTIVE, bad[:20]
        assert revoke(signed_in, quiet, bad).status_code == 200
        check_challenged(signed_in, bad.encode().decode("latin-1"))
    assert introspect(signed_in, quiet, access)["active"]
    assert refresh(signed_in, quiet, renewal).status_code == 200


@pytest.mark.rule("RFC 7662", "4", "an opaque token of another client is inactive")
@pytest.mark.sr("SR-046", "SR-058")
def test_another_clients(signed_in: Browser, quiet: Service, store: Service) -> None:
    access = tokens(signed_in, quiet)["access_token"]
    assert introspect(signed_in, store, access) == INACTIVE
    assert revoke(signed_in, store, access).status_code == 200
    assert introspect(signed_in, quiet, access)["active"]


@pytest.mark.rule("RFC 7662", "2.2", "the resource server that an opaque token is for learns what it says")
def test_a_resource_server_asks(deployment: Deployment, signed_in: Browser, quiet: Service) -> None:
    api = deployment.register("api", resource_server=[API])
    access = tokens(signed_in, quiet, resource=API)["access_token"]
    state = introspect(signed_in, api, access)
    assert (state["active"], state["aud"], state["client_id"]) == (True, API, "quiet")
    assert introspect(signed_in, api, tokens(signed_in, quiet)["access_token"]) == INACTIVE
    check_challenged(signed_in, access)  # it is not for us


@pytest.mark.sr("SR-067", "SR-046")
def test_an_expired_one(deployment: Deployment, signed_in: Browser, quiet: Service) -> None:
    access = tokens(signed_in, quiet)["access_token"]
    deployment.clock_file.advance(601)
    assert introspect(signed_in, quiet, access) == INACTIVE
    check_challenged(signed_in, access)


@pytest.mark.sr("SR-074")
def test_after_the_sealing_key_changed(deployment: Deployment, signed_in: Browser, quiet: Service) -> None:
    """The former key reads as long as it is kept; when it goes, its tokens go."""
    given = tokens(signed_in, quiet)
    old = deployment.settings.keys.seal.get_secret_value()
    new = secret("new", 9)
    living = [_with_keys(deployment, keys) for keys in (f"{new},{old}", new)]
    both, alone = living
    assert introspect(both, quiet, given["access_token"])["active"]
    assert userinfo(both, given["access_token"]).status_code == 200
    renewed = refresh(both, quiet, given["refresh_token"]).json["access_token"]
    assert introspect(both, quiet, renewed)["active"]
    assert introspect(signed_in, quiet, renewed) == INACTIVE  # a process that does not know the key yet
    assert introspect(alone, quiet, given["access_token"]) == INACTIVE
    check_challenged(alone, given["access_token"])


def test_a_format_that_an_operator_changes(
    deployment: Deployment, signed_in: Browser, quiet: Service
) -> None:
    """Tokens that live go on in their own form; new ones have the other."""
    opaque = tokens(signed_in, quiet)
    deployment.change(quiet, access_token_format="jwt")
    jwt = refresh(signed_in, quiet, opaque["refresh_token"]).json
    assert jwt["access_token"].count(".") == 2
    deployment.change(quiet, access_token_format="opaque")
    again = refresh(signed_in, quiet, jwt["refresh_token"]).json
    assert again["access_token"].startswith("at_")
    for given in (opaque, jwt, again):
        assert introspect(signed_in, quiet, given["access_token"])["active"]
        assert userinfo(signed_in, given["access_token"]).status_code == 200
    revoke(signed_in, quiet, jwt["access_token"])
    for given in (opaque, jwt, again):
        assert introspect(signed_in, quiet, given["access_token"]) == INACTIVE


@pytest.mark.rule("RFC 9449", "6.2", "an opaque token is bound to a key as well, and introspection says so")
@pytest.mark.sr("SR-044")
def test_bound_to_a_key(deployment: Deployment, signed_in: Browser, quiet: Service) -> None:
    holder, thief = Holder(deployment.clock), Holder(deployment.clock)
    given = _bound(signed_in, quiet, holder)
    access = given["access_token"]
    state = introspect(signed_in, quiet, access)
    assert (given["token_type"], state["token_type"], state["cnf"]) == ("DPoP", "DPoP", {"jkt": holder.jkt})
    assert ask(signed_in, access, holder.bound(access)).status_code == 200
    assert ask(signed_in, access, thief.bound(access)).status_code == 401
    assert ask(signed_in, access, None, "Bearer").status_code == 401


@pytest.mark.rule("RFC 8705", "3.2", "or to a certificate")
@pytest.mark.sr("SR-044")
def test_bound_to_a_certificate(deploy: Deploy) -> None:
    deployment = deploy(client_certificates=True, trusted_proxies=(f"{authority.PROXY}/32",), issuer=HTTPS)
    browser, owner = deployment.client(), authority.holder(deployment.clock)
    app = deployment.register(
        "app",
        token_endpoint_auth_method="none",
        tls_client_certificate_bound_access_tokens=True,
        access_token_format="opaque",
    )
    deployment.sign_in(browser)
    access = authority.exchange(browser, app, browser.code(app), owner.headers()).json["access_token"]
    assert access.startswith("at_")
    assert authority.userinfo(browser, access, owner.headers()).status_code == 200
    for wrong in (authority.holder(deployment.clock).headers(), {}):
        assert authority.userinfo(browser, access, wrong).json == {"error": "invalid_token"}


def test_a_devices(deployment: Deployment, signed_in: Browser) -> None:
    tv = deployment.register(
        "tv", redirect_uris=[], grant_types=[DEVICE_CODE, "refresh_token"], access_token_format="opaque"
    )
    device = deployment.client()
    codes = started(device, tv)
    assert decide(signed_in, codes["user_code"]).status_code == 200
    given = poll(device, tv, codes["device_code"]).json
    assert given["access_token"].startswith("at_")
    assert userinfo(device, given["access_token"]).json["name"] == "Мария Иванова"
    assert introspect(device, tv, given["access_token"])["active"]
    revoke(device, tv, given["access_token"])
    assert dead(device, tv, given)


def test_a_services_own(deployment: Deployment, browser: Browser) -> None:
    robot = deployment.register(
        "robot",
        grant_types=["client_credentials"],
        redirect_uris=[],
        allowed_scopes=["catalogue.read"],
        access_token_format="opaque",
    )
    access = post(browser, "/token", robot, {"grant_type": "client_credentials"}).json["access_token"]
    state = introspect(browser, robot, access)
    assert (state["active"], state["sub"], state["scope"]) == (True, "robot", "catalogue.read")
    check_challenged(browser, access)
    assert revoke(browser, robot, access).json == {"error": "unsupported_token_type"}


@pytest.mark.sr("SR-202")
def test_it_costs_no_more_statements(deployment: Deployment, signed_in: Browser, quiet: Service) -> None:
    """Nothing is stored for one, and one that was made up costs nothing."""
    access = tokens(signed_in, quiet)["access_token"]
    for act, cost in (
        (lambda: userinfo(signed_in, access), 1),
        (lambda: introspect(signed_in, quiet, access), 1),
        (lambda: introspect(signed_in, quiet, access[:-1]), 0),
        (lambda: userinfo(signed_in, access + "A"), 0),
        (lambda: revoke(signed_in, quiet, "at_" + "A" * 400), 0),
        (lambda: revoke(signed_in, quiet, access), 1),
    ):
        with deployment.statements() as seen:
            act()
        assert len([one for one in seen if "FROM versions" not in one]) == cost


def test_the_format_is_one_of_two(deployment: Deployment) -> None:
    for wrong in ("reference", "JWT", "", None):
        with pytest.raises(Exception, match="access_token_format"):
            deployment.register("wrong", access_token_format=wrong)


def _bound(browser: Browser, service: Service, holder: Holder) -> dict[str, Any]:
    answer = proved_exchange(browser, service, browser.code(service), holder.proof())
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def _with_keys(deployment: Deployment, seal: str) -> Browser:
    """A client of another process of the deployment, with these sealing keys."""
    held = deployment.settings.keys
    keys = held.model_copy(update={"seal": type(held.seal)(seal)})
    browser = deployment.client()
    browser.application = create_app(deployment.settings.model_copy(update={"keys": keys}))
    return browser
