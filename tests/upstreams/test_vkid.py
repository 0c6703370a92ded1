"""VK ID: what is asked, and what its answers come to."""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.storage.clock import Clock
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.http import Http
from app.upstreams.vkid import VkId
from config.upstream import VkIdSettings
from tests.upstreams.fakes import Fake, Wire, made, told

VERIFIER = "v" * 43
BACK = "https://id.example.ru/signin/vkid/callback"
ANSWER = {"code": "vk2.a.c0de", "device_id": "the device"}
USER = {
    "user_id": "530117204", "first_name": "Мария", "last_name": "Иванова", "phone": "79201234567",
    "avatar": "https://sun1.userapi.example/a.jpg?size=200x200", "email": "maria@mail.ru", "sex": 1, "verified": True,
    "birthday": "14.03.1991",
}  # fmt: skip
TOKENS = {
    "access_token": "t1",
    "refresh_token": "r1",
    "id_token": "e.y.J",
    "token_type": "Bearer",
    "expires_in": 3600,
}


class Vk:
    """VK ID as a test wants it: by default it echoes the state that it was sent."""

    def __init__(self, fake: Fake, http: Http, clock: Clock) -> None:
        self.fake, self._http, self._clock = fake, http, clock
        self.tokens: dict[str, Any] = TOKENS | {"user_id": 530117204}
        self.user: Any = {"user": USER}
        fake.replies = {"/oauth2/auth": self._auth, "/oauth2/user_info": self._info}

    def connector(self, **settings: Any) -> VkId:
        url = self.fake.url
        given: dict[str, Any] = {
            "enabled": True, "client_id": "52", "authorize_url": f"{url}/authorize",
            "token_url": f"{url}/oauth2/auth", "userinfo_url": f"{url}/oauth2/user_info",
        }  # fmt: skip
        return VkId(VkIdSettings(**(given | settings)), self._http, self._clock)

    def finish(self, **settings: Any) -> Assertion:
        return self.connector(**settings).finish(ANSWER, VERIFIER, BACK)

    def _auth(self, wire: Wire) -> None:
        state = self.fake.received[-1].form["state"]
        wire.send(closing({"state": state, "scope": "email"} | self.tokens))

    def _info(self, wire: Wire) -> None:
        wire.send(closing(self.user))


def closing(value: Any) -> bytes:
    """A JSON answer after which nothing else comes by this connection."""
    return made(json.dumps(value), 200, "application/json", "Connection: close")


@pytest.fixture
def vk(fake: Fake, http: Http, clock: Clock) -> Vk:
    return Vk(fake, http, clock)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def begin(vk: Vk, *, force: bool = False, locale: str = "ru", **settings: Any) -> dict[str, str]:
    return query(
        vk.connector(**settings).begin(
            "s" * 22, VERIFIER, BACK, force=force, login_hint="maria@mail.ru", locale=locale
        )
    )


@pytest.mark.rule("RFC 7636", "4.3", "VK ID is asked with an S256 challenge of each visit's own verifier")
def test_the_browser_is_sent_with_everything_and_no_secret(vk: Vk) -> None:
    assert begin(vk, client_secret="vk-secret") == {
        "client_id": "52", "response_type": "code", "redirect_uri": BACK, "scope": "vkid.personal_info email",
        "state": "s" * 22, "code_challenge_method": "s256", "provider": "vkid", "lang_id": "0",
        "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
    }  # fmt: skip
    assert begin(vk, locale="en")["lang_id"] == "3"
    assert begin(vk, force=True)["prompt"] == "login"


@pytest.mark.parametrize("provider", ["mail_ru", "ok_ru"])
def test_another_account_there_is_asked_anew(vk: Vk, provider: str) -> None:
    asked = begin(vk, provider=provider)
    assert (asked["provider"], asked["prompt"]) == (provider, "login")


@pytest.mark.sr("SR-098", "SR-116")
def test_a_profile_as_standard_claims_of_which_none_is_verified(vk: Vk) -> None:
    assertion = vk.finish()
    assert (assertion.provider, assertion.subject, assertion.verified) == ("vkid", "530117204", frozenset())
    assert (assertion.evidence.method, assertion.evidence.acr) == (("fed",), "urn:mostid:acr:1")
    assert dict(assertion.claims) == {
        "name": "Мария Иванова", "given_name": "Мария", "family_name": "Иванова", "email": "maria@mail.ru",
        "gender": "female", "birthdate": "1991-03-14", "picture": "https://sun1.userapi.example/a.jpg?size=200x200",
    }  # fmt: skip


@pytest.mark.sr("SR-117")
def test_what_the_exchange_sends(vk: Vk) -> None:
    vk.finish()
    first, second = vk.fake.received
    assert first.form | {"state": ""} == {
        "grant_type": "authorization_code", "code": "vk2.a.c0de", "code_verifier": VERIFIER, "client_id": "52",
        "device_id": "the device", "redirect_uri": BACK, "state": "",
    }  # fmt: skip
    assert second.form == {"client_id": "52", "access_token": "t1", "device_id": "the device"}
    assert "?" not in first.target + second.target
    vk.finish(client_secret="vk-secret")
    assert vk.fake.received[2].form["client_secret"] == "vk-secret"
    assert vk.fake.received[2].form["state"] != first.form["state"]


@pytest.mark.sr("SR-116", "SR-118")
@pytest.mark.parametrize(
    ("tokens", "kind"),
    [
        ({"state": "of another request"}, "rejected"),
        ({"state": None}, "rejected"),
        ({"error": "invalid_grant", "error_description": "code is invalid"}, "rejected"),
        ({"error": {"code": 5}}, "rejected"),
        ({"access_token": None}, "malformed"),
        ({"user_id": None}, "malformed"),
        ({"user_id": True}, "malformed"),
        ({"user_id": "530117204"}, "malformed"),
        ({"user_id": 530117205}, "malformed"),
    ],
)
def test_tokens_that_are_none(vk: Vk, tokens: dict[str, Any], kind: str) -> None:
    vk.tokens |= tokens
    with pytest.raises(UpstreamError) as raised:
        vk.finish()
    assert raised.value.kind == kind
    assert "code is invalid" not in raised.value.detail


@pytest.mark.sr("SR-120")
@pytest.mark.parametrize("user_id", ["0530117204", " 530117204", "５", 530117204, None, "", "-1", "5e8"])
def test_a_person_is_named_in_one_way_alone(vk: Vk, user_id: object) -> None:
    vk.user = {"user": USER | {"user_id": user_id}}
    with pytest.raises(UpstreamError, match="malformed"):
        vk.finish()


@pytest.mark.parametrize(
    "odd",
    [
        {"first_name": 5}, {"last_name": ["x"]}, {"email": {"a": 1}}, {"email": "no address"}, {"sex": True},
        {"sex": "1"}, {"birthday": "31.02.1991"}, {"avatar": "javascript:alert(1)"}, {"birthday": None},
    ],
)  # fmt: skip
def test_what_is_odd_in_a_profile_is_left_out(vk: Vk, odd: dict[str, Any]) -> None:
    vk.user = {"user": USER | odd}
    assertion = vk.finish()
    assert assertion.subject == "530117204"
    assert len(assertion.claims) >= 5


@pytest.mark.parametrize(
    "user", [{"user": []}, {"user": None}, {}, {"error": "invalid_token"}, {"user": USER, "error": ""}]
)
def test_no_profile(vk: Vk, user: Any) -> None:
    vk.user = user
    with pytest.raises(UpstreamError):
        vk.finish()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (told({"error": "invalid_client"}, 401), "rejected"),
        (made("<html>", 404, "text/html"), "rejected"),
        (made("<html>", 502, "text/html"), "unavailable"),
        (made("<html>", 200, "text/html"), "malformed"),
        (made(json.dumps(TOKENS)[:-5]), "malformed"),
        (made(b"\xff"), "malformed"),
    ],
)
def test_answers_of_other_kinds(vk: Vk, reply: bytes, kind: str) -> None:
    vk.fake.replies["/oauth2/auth"] = reply
    with pytest.raises(UpstreamError, match=kind):
        vk.finish()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"code": "c"},
        {"device_id": "d"},
        {"code": "c" * 2049, "device_id": "d"},
        {"code": "", "device_id": "d"},
    ],
)
def test_a_return_without_a_code_or_a_device_asks_nobody(vk: Vk, answer: dict[str, str]) -> None:
    with pytest.raises(UpstreamError, match="rejected"):
        vk.connector().finish(answer, VERIFIER, BACK)
    assert vk.fake.received == []


def test_switched_off(vk: Vk) -> None:
    with pytest.raises(UpstreamError, match="unavailable"):
        vk.finish(enabled=False)
    assert vk.fake.received == []
