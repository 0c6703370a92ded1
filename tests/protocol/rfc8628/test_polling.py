"""RFC 8628 §3.4, §3.5: the device comes for its tokens."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.protocol.rfc8628.conftest import DEVICE_CODE, decide, poll, started
from tests.provider import proofs
from tests.provider.tokens import claims, grant, introspect, refresh, userinfo


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser in which somebody has just signed in."""
    deployment.sign_in(browser)
    return browser


def error(device: Browser, service: Service, code: str | None) -> str:
    answer = poll(device, service, code)
    assert answer.status_code == 400, answer.text
    return str(answer.json["error"])


@pytest.mark.rule("RFC 8628", "3.5", "authorization_pending until somebody has decided, then tokens")
def test_tokens_come_after_the_approval(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    codes = started(device, tv, "openid profile email offline_access")
    assert error(device, tv, codes["device_code"]) == "authorization_pending"
    assert decide(maria, codes["user_code"]).status_code == 200
    deployment.clock_file.advance(5)
    answer = poll(device, tv, codes["device_code"])
    assert answer.status_code == 200, answer.text
    given = dict(answer.json)
    assert given["scope"] == "openid profile email offline_access"
    token = claims(given["id_token"])
    assert (token["aud"], token["acr"], "sid" in token, "nonce" in token) == (
        "tv",
        "urn:mostid:acr:1",
        False,
        False,
    )
    assert userinfo(device, given["access_token"]).json["email"] == "maria@mail.ru"
    row = grant(deployment)
    assert (row.session_id, row.sid, row.offline) == (None, None, True)
    assert refresh(device, tv, given["refresh_token"]).status_code == 200


@pytest.mark.rule("RFC 8628", "3.5", "slow_down adds five seconds each time, for this and all later polls")
@pytest.mark.sr("SR-047")
def test_a_device_that_hurries_waits_longer(deployment: Deployment, device: Browser, tv: Service) -> None:
    code = started(device, tv)["device_code"]
    assert error(device, tv, code) == "authorization_pending"
    assert error(device, tv, code) == "slow_down"
    for seconds, expected in ((5, "slow_down"), (10, "slow_down"), (20, "authorization_pending")):
        deployment.clock_file.advance(seconds)
        assert error(device, tv, code) == expected, seconds
    deployment.clock_file.advance(20)
    assert error(device, tv, code) == "authorization_pending"


@pytest.mark.rule("RFC 8628", "3.5", "access_denied after a no")
def test_a_no_is_told(device: Browser, tv: Service, maria: Browser) -> None:
    codes = started(device, tv)
    assert decide(maria, codes["user_code"], "deny").status_code == 200
    assert error(device, tv, codes["device_code"]) == "access_denied"


@pytest.mark.rule("RFC 8628", "3.5", "expired_token after expires_in, whatever was decided")
@pytest.mark.parametrize("allowed", [True, False])
def test_a_code_expires(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser, allowed: bool
) -> None:
    codes = started(device, tv)
    if allowed:
        decide(maria, codes["user_code"])
    deployment.clock_file.advance(600)
    assert error(device, tv, codes["device_code"]) == "expired_token"
    deployment.clock_file.advance(601)
    assert error(device, tv, codes["device_code"]) == "invalid_grant"


@pytest.mark.rule("RFC 8628", "3.4", "a code is of one client, and unknown ones are invalid_grant")
@pytest.mark.sr("SR-058")
def test_another_clients_code_is_refused(
    deployment: Deployment, device: Browser, tv: Service, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    decide(maria, codes["user_code"])
    for code in (codes["device_code"], "x", codes["user_code"], codes["device_code"] + "x", "é", "x" * 5000):
        assert error(device, foreign_tv, code) == "invalid_grant"
    assert error(device, foreign_tv, None) == "invalid_request"
    assert poll(device, tv, codes["device_code"]).status_code == 200  # nobody spent it


@pytest.mark.rule("RFC 8628", "3.5", "an approved code is redeemed once")
@pytest.mark.rule("RFC 6749", "4.1.2", "a device code that comes again ends what it gave, as a code does")
@pytest.mark.sr("SR-026", "SR-047")
def test_a_code_is_redeemed_once_and_ends_its_grant_the_second_time(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    decide(maria, codes["user_code"])
    given = poll(device, tv, codes["device_code"]).json
    assert error(device, tv, codes["device_code"]) == "slow_down"
    assert userinfo(device, given["access_token"]).status_code == 200
    deployment.clock_file.advance(15)
    assert error(device, tv, codes["device_code"]) == "invalid_grant"
    assert userinfo(device, given["access_token"]).status_code == 401
    assert refresh(device, tv, given["refresh_token"]).json["error"] == "invalid_grant"
    assert grant(deployment).ended_reason == "code_replayed"
    (alarm,) = [row for row in deployment.rows("audit") if row.kind == "grant.code_replayed"]
    assert alarm.client_id == "tv"
    deployment.clock_file.advance(15)
    assert error(device, tv, codes["device_code"]) == "invalid_grant"
    assert len(deployment.rows("grants")) == 1


@pytest.mark.sr("SR-040")
def test_another_client_with_the_code_ends_nothing(
    deployment: Deployment, device: Browser, tv: Service, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    decide(maria, codes["user_code"])
    given = poll(device, tv, codes["device_code"]).json
    deployment.clock_file.advance(15)
    assert error(device, foreign_tv, codes["device_code"]) == "invalid_grant"
    assert userinfo(device, given["access_token"]).status_code == 200


@pytest.mark.sr("SR-047")
def test_of_many_polls_at_once_one_gets_tokens(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    codes = started(device, tv)
    decide(maria, codes["user_code"])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: poll(deployment.client(), tv, codes["device_code"]), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert len(deployment.rows("grants")) == 1


@pytest.mark.sr("SR-040", "SR-108")
def test_what_ends_the_person_or_the_session_ends_the_approval(
    deployment: Deployment, device: Browser, tv: Service, browser: Browser
) -> None:
    person, codes = deployment.sign_in(browser), started(device, tv)
    decide(browser, codes["user_code"])
    deployment.set_status(person, "blocked")
    assert error(device, tv, codes["device_code"]) == "invalid_grant"
    deployment.set_status(person, "active")
    session = deployment.rows("sessions")[0]
    deployment.storage.run(
        lambda tx: deployment.sessions.end(tx, session.identity_id, session.id, "recovered"), write=True
    )
    deployment.clock_file.advance(6)
    assert error(device, tv, codes["device_code"]) == "invalid_grant"
    assert deployment.rows("grants") == []


@pytest.mark.sr("SR-040")
def test_a_device_stays_when_the_browser_signs_out_and_goes_with_its_person(
    deployment: Deployment, device: Browser, tv: Service, browser: Browser
) -> None:
    person, codes = deployment.sign_in(browser), started(device, tv)
    decide(browser, codes["user_code"])
    given = dict(poll(device, tv, codes["device_code"]).json)
    session = deployment.rows("sessions")[0]
    deployment.storage.run(
        lambda tx: deployment.sessions.end(tx, session.identity_id, session.id, "signed_out"), write=True
    )
    assert userinfo(device, given["access_token"]).status_code == 200
    deployment.set_status(person, "blocked")
    assert userinfo(device, given["access_token"]).status_code == 401
    assert refresh(device, tv, given["refresh_token"]).json["error"] == "invalid_grant"


def test_without_the_refresh_token_grant_there_is_no_refresh_token(
    device: Browser, foreign_tv: Service, maria: Browser
) -> None:
    codes = started(device, foreign_tv, "openid offline_access")
    decide(maria, codes["user_code"])
    given = poll(device, foreign_tv, codes["device_code"]).json
    assert given["scope"] == "openid"
    assert "refresh_token" not in given
    assert introspect(device, foreign_tv, given["access_token"])["active"]


@pytest.mark.rule("RFC 9449", "5", "a device that proves a key gets tokens bound to it, of any grant type")
@pytest.mark.sr("SR-044")
def test_a_device_that_proves_a_key_gets_bound_tokens(
    deployment: Deployment, device: Browser, tv: Service, maria: Browser
) -> None:
    holder, codes = proofs.Holder(deployment.clock), started(device, tv)
    decide(maria, codes["user_code"])
    form = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"]}
    given = proofs.post(device, tv, form, holder.proof()).json
    assert given["token_type"] == "DPoP"
    assert claims(given["access_token"])["cnf"] == {"jkt": holder.jkt}
    assert grant(deployment).cnf == f"jkt:{holder.jkt}"
    assert userinfo(device, given["access_token"]).status_code == 401
    assert refresh(device, tv, given["refresh_token"]).json["error"] == "invalid_grant"
    renewal = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert proofs.post(device, tv, renewal, holder.proof()).status_code == 200
