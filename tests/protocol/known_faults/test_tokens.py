"""Faults that other providers had in giving, renewing and reading tokens, each tried here."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from tests.deployment import Browser, Deployment, Service
from tests.protocol.bad_input.smith import Smith
from tests.protocol.bad_input.test_tokens import smith_of
from tests.protocol.rfc7523.signer import Signer, ask
from tests.protocol.rfc8628.conftest import DEVICE_CODE, decide, poll, started
from tests.protocol.rfc8628.conftest import ask as begin
from tests.provider import ends
from tests.provider.tokens import claims, dead, exchange, introspect, post, refresh, revoke, tokens, userinfo

OFFLINE = "openid profile email offline_access"


@pytest.fixture
def robot(deployment: Deployment) -> Signer:
    deployment.clock_file.advance(60)  # its ephemeral store has been there for a minute
    return Signer(deployment, "robot").register()


@pytest.fixture
def access(deployment: Deployment, signed_in: Browser, store: Service) -> Smith:
    return smith_of(deployment, tokens(signed_in, store)["access_token"], "JWT")


@pytest.mark.sr("SR-026", "SR-074")
def test_cve_2026_4282_what_was_sealed_for_something_else_is_no_code(
    signed_in: Browser, store: Service
) -> None:
    """Keycloak: what was kept for one use could be brought in as a code."""
    given = tokens(signed_in, store, OFFLINE)
    waiting = parse_qs(urlsplit(signed_in.authorize(store, prompt="login").location).query)["ask"][0]
    cookies = [value for kind in ("sid", "browser", "csrf") if (value := signed_in.cookie(kind))]
    for text in (
        waiting,
        *cookies,
        *(str(value) for value in given.values()),
        str(claims(given["access_token"])["jti"]),
    ):
        assert exchange(signed_in, store, text).json["error"] == "invalid_grant", text
        if text != given["refresh_token"]:
            assert refresh(signed_in, store, text).json["error"] == "invalid_grant", text
    code = signed_in.code(store)
    assert refresh(signed_in, store, code).json["error"] == "invalid_grant"
    assert exchange(signed_in, store, code).status_code == 200


@pytest.mark.sr("SR-028")
@pytest.mark.parametrize("verifier", [None, "", " ", "x" * 42, "null"])
def test_cve_2023_48228_a_verifier_left_out(signed_in: Browser, store: Service, verifier: str | None) -> None:
    """authentik: a code with a challenge was redeemed without a verifier."""
    code = signed_in.code(store)
    assert exchange(signed_in, store, code, code_verifier=verifier).json["error"] == "invalid_grant"
    assert exchange(signed_in, store, code, code_verifier=store.challenge).json["error"] == "invalid_grant"
    assert exchange(signed_in, store, code).status_code == 200


@pytest.mark.sr("SR-028")
def test_cve_2025_4144_pkce_left_out_on_one_side(deployment: Deployment, signed_in: Browser) -> None:
    """Cloudflare's workers-oauth-provider: whoever sent no verifier had no challenge to meet."""
    lax = deployment.register(require_pkce=False)
    bare = {"code_challenge": None, "code_challenge_method": None}
    assert exchange(signed_in, lax, signed_in.code(lax), code_verifier=None).json["error"] == "invalid_grant"
    assert exchange(signed_in, lax, signed_in.code(lax, **bare)).json["error"] == "invalid_grant"
    assert exchange(signed_in, lax, signed_in.code(lax, **bare), code_verifier=None).status_code == 200


@pytest.mark.sr("SR-031")
def test_cve_2020_15222_an_assertion_comes_again(browser: Browser, robot: Signer) -> None:
    """fosite: the `jti` of assertions was not looked at, so each was good until it expired."""
    said = robot.claims()
    assert ask(browser, robot.assertion(said)).status_code == 200
    for again in (said, said | {"exp": said["exp"] + 60}, said | {"iat": said["iat"] - 1}):
        assert ask(browser, robot.assertion(again)).status_code == 401


@pytest.mark.sr("SR-031")
def test_cve_2020_5300_an_assertion_comes_many_times_at_once(deployment: Deployment, robot: Signer) -> None:
    """Hydra: `jti` was looked up and written down in two steps."""
    assertion = robot.assertion()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: ask(deployment.client(), assertion).status_code, range(16)))
    assert sorted(statuses) == [200] + [401] * 15


@pytest.mark.sr("SR-033", "SR-045", "SR-193")
def test_cve_2020_15223_a_revocation_that_could_not_be_written(
    deployment: Deployment, signed_in: Browser, store: Service
) -> None:
    """fosite: a revocation was answered with 200 though the store had failed."""
    given = tokens(signed_in, store, OFFLINE)
    with sqlite3.connect(deployment.settings.data_dir / "mostid.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else can write
        answer = revoke(signed_in, store, given["refresh_token"])
        other.execute("ROLLBACK")
    other.close()
    assert (answer.status_code, answer.json) == (503, {"error": "temporarily_unavailable"})
    assert userinfo(signed_in, given["access_token"]).status_code == 200
    assert revoke(signed_in, store, given["refresh_token"]).status_code == 200
    assert dead(signed_in, store, given)


@pytest.mark.sr("SR-035", "SR-036")
def test_django_oauth_toolkit_1617_grace_does_not_cover_old_tokens(
    signed_in: Browser, store: Service
) -> None:
    """django-oauth-toolkit, issue 1617: within the time of grace any former token was good, not the last one alone."""
    first = tokens(signed_in, store, OFFLINE)
    second = refresh(signed_in, store, first["refresh_token"]).json
    third = refresh(signed_in, store, second["refresh_token"]).json
    assert refresh(signed_in, store, first["refresh_token"]).json["error"] == "invalid_grant"
    assert dead(signed_in, store, third)


@pytest.mark.sr("SR-037")
def test_cve_2026_1035_a_token_used_many_times_at_once(
    deployment: Deployment, signed_in: Browser, store: Service
) -> None:
    """Keycloak: between the look at a refresh token and its change others got in."""
    given = tokens(signed_in, store, OFFLINE)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: refresh(deployment.client(), store, given["refresh_token"]), range(16))
        )
    successors = {answer.json["refresh_token"] for answer in answers if answer.status_code == 200}
    assert len(successors) == 1
    assert [row.generation for row in deployment.rows("grants")] == [2]


@pytest.mark.sr("SR-038", "SR-056")
def test_cve_2024_52287_scopes_that_the_client_does_not_have(
    deployment: Deployment, browser: Browser
) -> None:
    """authentik: by client credentials and by devices any scope could be had."""
    robot = deployment.register(
        redirect_uris=[], grant_types=["client_credentials"], allowed_scopes=["catalogue.read"]
    )
    for scope in ("catalogue.write", "mostid.admin.write", "catalogue.read catalogue.write", "openid"):
        answer = post(browser, "/token", robot, {"grant_type": "client_credentials", "scope": scope})
        assert answer.json.get("error") == "invalid_scope" or answer.json["scope"] == "catalogue.read", scope
    tv = deployment.register(
        redirect_uris=[], grant_types=[DEVICE_CODE], allowed_scopes=["openid", "profile"]
    )
    deployment.sign_in(browser)
    device, codes = (
        deployment.client(),
        started(deployment.client(), tv, "openid profile email mostid.admin.write"),
    )
    decide(browser, codes["user_code"])
    assert poll(device, tv, codes["device_code"]).json["scope"] == "openid profile"
    assert begin(device, tv, scope="mostid.admin.write").json["error"] == "invalid_scope"


@pytest.mark.sr("SR-040", "SR-057")
def test_cve_2025_64521_who_was_switched_off(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """authentik: accounts of services that were deactivated went on getting tokens."""
    person = deployment.sign_in(browser)
    given, code = tokens(browser, store, OFFLINE), browser.code(store)
    ends.block(deployment, person)
    assert exchange(browser, store, code).json["error"] == "invalid_grant"
    assert dead(browser, store, given)
    robot = deployment.register(
        redirect_uris=[], grant_types=["client_credentials"], allowed_scopes=["catalogue.read"]
    )
    assert post(browser, "/token", robot, {"grant_type": "client_credentials"}).status_code == 200
    deployment.disable(robot)
    deployment.clock_file.advance(2)
    assert post(browser, "/token", robot, {"grant_type": "client_credentials"}).json == {
        "error": "invalid_client"
    }


@pytest.mark.sr("SR-040")
def test_cve_2022_3916_the_next_person_in_one_browser(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Keycloak: ids of sessions were used again, and the next person had the offline session of the one before."""
    deployment.sign_in(browser, "1")
    hers = tokens(browser, store, OFFLINE)
    deployment.sign_in(browser, "2", claims={"name": "Анна"})
    others = tokens(browser, store, OFFLINE)
    first, second = claims(hers["id_token"]), claims(others["id_token"])
    assert first["sub"] != second["sub"]
    assert first.get("sid") is None or first["sid"] != second.get("sid")
    for given, sub in ((hers, first["sub"]), (others, second["sub"])):
        answer = refresh(browser, store, given["refresh_token"])
        assert answer.status_code != 200 or claims(answer.json["id_token"])["sub"] == sub
    deployment.client().get("/logout")
    assert introspect(browser, store, others["access_token"])["sub"] == second["sub"]


@pytest.mark.sr("SR-046")
def test_cve_2021_32701_an_answer_for_a_wider_token(signed_in: Browser, store: Service) -> None:
    """Oathkeeper: what was remembered of a token was taken for an answer about other scopes."""
    wide = tokens(signed_in, store, "openid profile email")
    assert introspect(signed_in, store, wide["access_token"])["scope"] == "openid profile email"
    assert "email" in userinfo(signed_in, wide["access_token"]).json
    narrow = refresh(signed_in, store, wide["refresh_token"], scope="openid").json["access_token"]
    for _ in range(2):
        assert introspect(signed_in, store, narrow)["scope"] == "openid"
        assert set(userinfo(signed_in, narrow).json) == {"sub"}
    revoke(signed_in, store, narrow)
    assert introspect(signed_in, store, wide["access_token"]) == {"active": False}


@pytest.mark.sr("SR-040", "SR-047")
def test_cve_2024_38371_whoever_may_not_come_in_comes_in_by_no_device(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """authentik: by a device one came into applications that one had no access to."""
    tv = deployment.register("tv", redirect_uris=[], grant_types=[DEVICE_CODE])
    person, codes = deployment.sign_in(browser), started(browser, tv)
    decide(browser, codes["user_code"])
    ends.block(deployment, person)
    assert poll(browser, tv, codes["device_code"]).json["error"] == "invalid_grant"
    assert begin(browser, store).json["error"] == "unauthorized_client"
    assert poll(browser, store, codes["device_code"]).json["error"] == "unauthorized_client"
    assert deployment.rows("grants") == []


@pytest.mark.sr("SR-047", "SR-050")
def test_cve_2026_123542_grants_of_other_devices_are_off(browser: Browser, store: Service) -> None:
    """Approval on another device is off unless a client has it, and asking by a back channel does not exist here."""
    said = browser.get("/.well-known/openid-configuration").json
    assert not [name for name in said if name.startswith("backchannel_authentication")]
    assert "urn:openid:params:grant-type:ciba" not in said["grant_types_supported"]
    for path in ("/ciba", "/bc-authorize", "/backchannel"):
        assert browser.post(
            path, data={"client_id": store.client_id, "login_hint": "+79201234567"}
        ).status_code in {404, 405}
    for grant_type in (DEVICE_CODE, "urn:openid:params:grant-type:ciba"):
        answer = post(
            browser, "/token", store, {"grant_type": grant_type, "device_code": "x", "auth_req_id": "x"}
        )
        assert answer.json["error"] in {"unauthorized_client", "unsupported_grant_type"}


@pytest.mark.sr("SR-061")
def test_cve_2022_23540_no_algorithm_is_none(signed_in: Browser, access: Smith) -> None:
    """jsonwebtoken: where nobody said which algorithms were good, `none` was."""
    for alg in ("none", "None", "NONE", "", None):
        for signature in (b"", b"x"):
            assert userinfo(signed_in, access.unsigned(alg, signature)).status_code == 401
    assert userinfo(signed_in, access.mac(access.pem())).status_code == 401


@pytest.mark.sr("SR-062")
def test_cve_2025_59420_members_that_are_critical(signed_in: Browser, access: Smith) -> None:
    """Authlib: `crit` was not looked at, so that what the token demanded was not done."""
    for members in (
        {"crit": ["bork"], "bork": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"crit": ["cnf"], "cnf": {}},
    ):
        assert userinfo(signed_in, access.headed(**members)).status_code == 401


@pytest.mark.sr("SR-062")
def test_authlib_1_6_9_a_key_that_the_token_brings(signed_in: Browser, access: Smith) -> None:
    """Authlib: a token was verified by the key in its own header."""
    key = ECKey.generate_key("P-256")
    for kid in (None, "", access.header["kid"], key.thumbprint()):
        head = access.without(access.header, {"jwk": key.as_dict(private=False), "kid": kid})
        assert userinfo(signed_in, access.signed(head, None, key)).status_code == 401


@pytest.mark.sr("SR-063")
def test_cve_2025_61920_a_token_without_end(signed_in: Browser, store: Service, access: Smith) -> None:
    """Authlib: headers and signatures of any size were decoded and parsed."""
    for text in (
        access.said(padding="x" * 20_000),
        access.good() + "A" * 20_000,
        "A" * 20_000 + "." + "A" * 8_000 + ".A",
    ):
        times = []
        for _ in range(5):
            started_at = time.perf_counter()
            assert userinfo(signed_in, text).status_code in {401, 431}
            times.append(time.perf_counter() - started_at)
        assert min(times) < 0.05
    assert (
        post(signed_in, "/introspect", store, {"token": access.said(padding="x" * 200_000)}).status_code
        == 413
    )


@pytest.mark.sr("SR-065", "SR-078")
def test_cve_2020_14389_a_token_is_good_for_what_it_says(
    signed_in: Browser, store: Service, access: Smith
) -> None:
    """Keycloak: a lesser right opened what needed a greater one. Whatever a token does not say is not given."""
    bare = tokens(signed_in, store, "openid")["access_token"]
    assert set(userinfo(signed_in, bare).json) == {"sub"}
    for missing in ("iss", "aud", "exp", "iat", "scope"):
        assert userinfo(signed_in, access.told(**{missing: None})).status_code in {401, 403}, missing
