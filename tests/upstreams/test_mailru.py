"""Mail.ru: what is asked, and what its answers come to."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.storage.clock import Clock
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.http import Http
from app.upstreams.mailru import MailRu
from tests.upstreams.fakes import Fake, told
from tests.upstreams.world import CLIENT_ID, SECRET, mailru_settings

VERIFIER = "v" * 43
BACK = "https://id.example.ru/signin/mailru/callback"
PROFILE = {
    "id": "1234567890",
    "client_id": CLIENT_ID,
    "email": "ivan@mail.ru",
    "name": "Иван Петров",
    "first_name": "Иван",
    "last_name": "Петров",
    "nickname": "ivan",
    "gender": "m",
    "birthday": "29.02.2000",
    "locale": "ru_RU",
    "image": "https://filin.mail.ru/pic?width=180&height=180",
}
Finish = Callable[..., Assertion]


@pytest.fixture
def finish(http: Http, fake: Fake, clock: Clock) -> Finish:
    """Signs in whom the profile shows; `settings` are changes, the rest is the profile."""

    def run(profile: dict[str, Any], **settings: Any) -> Assertion:
        tokens = {"access_token": "t1", "refresh_token": "r1", "expires_in": 3600, "token_type": "Bearer"}
        fake.replies = {"/token": told(tokens), "/userinfo": told(profile)}
        return MailRu(mailru_settings(fake, **settings), http, clock).finish({"code": "c0de"}, VERIFIER, BACK)

    return run


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def begin(fake: Fake, http: Http, clock: Clock, **given: Any) -> str:
    settings = given.pop("settings", {})
    asked = {"force": False, "login_hint": "", "locale": "ru", **given}
    return MailRu(mailru_settings(fake, **settings), http, clock).begin("s" * 22, VERIFIER, BACK, **asked)


@pytest.mark.rule("RFC 7636", "4.3", "Mail.ru is asked with an S256 challenge of each visit's own verifier")
def test_the_browser_is_sent_with_everything_and_no_secret(fake: Fake, http: Http, clock: Clock) -> None:
    url = begin(fake, http, clock)
    assert url.startswith(fake.url + "/login?")
    assert query(url) == {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "userinfo",
        "state": "s" * 22,
        "code_challenge": urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert VERIFIER not in url
    assert SECRET not in url


def test_a_new_proof_is_forced_and_an_address_may_have_a_query(fake: Fake, http: Http, clock: Clock) -> None:
    url = begin(fake, http, clock, force=True, settings={"authorize_url": fake.url + "/login?x=1"})
    assert (query(url)["prompt_force"], query(url)["x"]) == ("1", "1")


@pytest.mark.parametrize("hint", ["ivan@mail.ru", "a+b@corp.example", "иван@почта.рф"])
def test_a_hint_that_is_an_address_is_passed_on(fake: Fake, http: Http, clock: Clock, hint: str) -> None:
    assert query(begin(fake, http, clock, login_hint=hint))["login"] == hint


@pytest.mark.parametrize(
    "hint",
    [
        "",
        "ivan",
        "+79201234567",
        "a@b@c",
        "@mail.ru",
        "a@",
        "a b@mail.ru",
        "a@mail.ru\r\nX: y",
        "a" * 250 + "@mail.ru",
    ],
)
def test_another_hint_stays_with_us(fake: Fake, http: Http, clock: Clock, hint: str) -> None:
    assert "login" not in query(begin(fake, http, clock, login_hint=hint))


@pytest.mark.rule(
    "RFC 6749", "4.1.3", "a code of Mail.ru is exchanged with client authentication and verifier"
)
def test_code_and_token_are_exchanged_out_of_sight(finish: Finish, fake: Fake) -> None:
    finish(PROFILE)
    token, userinfo = fake.received
    assert token.headers["authorization"] == "Basic " + b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    assert token.form == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert (userinfo.method, userinfo.target, userinfo.form) == ("POST", "/userinfo", {"access_token": "t1"})


def test_the_application_may_authenticate_in_the_body(finish: Finish, fake: Fake) -> None:
    finish(PROFILE, client_authentication="body")
    token = fake.received[0]
    assert "authorization" not in token.headers
    assert (token.form["client_id"], token.form["client_secret"]) == (CLIENT_ID, SECRET)


def test_the_profile_may_be_got(finish: Finish, fake: Fake) -> None:
    finish(PROFILE, userinfo_method="get")
    userinfo = fake.received[1]
    assert (userinfo.method, userinfo.query, userinfo.body) == ("GET", {"access_token": "t1"}, b"")


def test_a_whole_profile(finish: Finish, clock: Clock) -> None:
    before = clock.now()
    assertion = finish(PROFILE)
    assert (assertion.provider, assertion.subject) == ("mailru", "1234567890")
    assert assertion.claims == {
        "name": "Иван Петров",
        "given_name": "Иван",
        "family_name": "Петров",
        "nickname": "ivan",
        "email": "ivan@mail.ru",
        "gender": "male",
        "birthdate": "2000-02-29",
        "locale": "ru-RU",
        "picture": "https://filin.mail.ru/pic?width=180&height=180",
    }
    assert assertion.verified == {"email"}
    evidence = assertion.evidence
    assert (evidence.method, evidence.acr, evidence.transaction) == (("fed",), "urn:mostid:acr:1", "")
    assert before <= evidence.at <= clock.now()


@pytest.mark.sr("SR-122")
def test_no_token_is_kept(finish: Finish) -> None:
    assertion = finish(PROFILE)
    assert "t1" not in repr(assertion)
    assert "r1" not in repr(assertion)


def test_an_id_is_enough(finish: Finish) -> None:
    assertion = finish({"id": "7"})
    assert (assertion.subject, assertion.claims, assertion.verified) == ("7", {}, frozenset())
    assert finish({**dict.fromkeys(PROFILE), "id": "7"}).claims == {}  # null is a member that is not there


@pytest.mark.sr("SR-096")
def test_the_subject_is_the_id_and_never_the_address(finish: Finish) -> None:
    assert finish({"id": "7", "email": "a@mail.ru"}).subject == "7"
    assert finish({"id": "7", "email": "renamed@mail.ru"}).subject == "7"
    assert finish({"id": "8", "email": "a@mail.ru"}).subject == "8"


@pytest.mark.sr("SR-120")
@pytest.mark.parametrize(
    "changed",
    [
        1, "01", " 1", "1 ", "1\n", "１", "١", "1.0", "+1", "-1", "1e0", "0", "0x1", "1_0", "1\u200b", "a1", "A",
        "1" * 21, "", "²",
    ],
    ids=repr,
)  # fmt: skip
def test_a_changed_form_of_an_id_is_nobody(finish: Finish, changed: object) -> None:
    assert finish({"id": "1"}).subject == "1"
    with pytest.raises(UpstreamError, match="malformed"):
        finish({"id": changed})


@pytest.mark.sr("SR-116")
@pytest.mark.parametrize(
    "named", ["f" * 32, CLIENT_ID.upper(), f" {CLIENT_ID}", "", 5, [CLIENT_ID], {CLIENT_ID: 1}]
)
def test_a_token_of_another_application_is_rejected(finish: Finish, named: object) -> None:
    with pytest.raises(UpstreamError, match="rejected"):
        finish({**PROFILE, "client_id": named})


def test_an_answer_that_names_no_application_counts(finish: Finish) -> None:
    assert finish({"id": "7", "client_id": None}).subject == "7"


@pytest.mark.sr("SR-098")
@pytest.mark.parametrize(
    "email",
    [
        "ivan@mail.ru",
        "IVAN@MAIL.RU",
        "a.b-c_d+e@Internet.ru",
        "a@bk.ru",
        "a@inbox.ru",
        "a@list.ru",
        "a@vk.com",
    ],
)
def test_an_address_at_mail_ru_is_proved_by_signing_in(finish: Finish, email: str) -> None:
    assertion = finish({"id": "1", "email": email})
    assert (assertion.claims["email"], assertion.verified) == (email, {"email"})


@pytest.mark.sr("SR-098")
@pytest.mark.parametrize(
    "email",
    [
        "ivan@gmail.com",
        "ivan@mail.ru.evil",
        "ivan@evil-mail.ru",
        "ivan@evilmail.ru",
        "ivan@corp.mail.ru",
        "ivan@mail.ru.",
        "ivan@.mail.ru",
        "ivan@mail",
        "ivan@ru",
        "ivan@маil.ru",  # Cyrillic letters
        "ivan@ｍail.ru",
        "ivan@v\u212a.com",  # the Kelvin sign, whose lower case is k
        "ivan@mail。ru",
        "ivan@xn--mail.ru",
        "иван@mail.ru",
        '"ivan"@mail.ru',
        "ivan%evil.com@mail.ru",
        "<ivan@mail.ru>",
        "ivan\\@mail.ru",
    ],
)
def test_any_other_address_is_an_unproved_contact(finish: Finish, email: str) -> None:
    assertion = finish({"id": "1", "email": email})
    assert assertion.verified == frozenset()
    assert assertion.claims["email"] == email


@pytest.mark.sr("SR-098")
@pytest.mark.parametrize(
    "email",
    [
        "",
        "mail.ru",
        "@mail.ru",
        "ivan@",
        "ivan@evil.com@mail.ru",
        '"ivan@evil.com"@mail.ru',
        "ivan@mail.ru@evil.com",
        "ivan@evil.com,a@mail.ru",
        "ivan @mail.ru",
        " ivan@mail.ru",
        "ivan@mail.ru\n",
        "ivan@mail.ru\u200b",
        "ivan\u202e@mail.ru",
        "i" * 65 + "@mail.ru",
        "ivan@" + "a" * 250,
    ],
    ids=repr,
)
def test_what_is_no_address_is_left_out(finish: Finish, email: str) -> None:
    assertion = finish({"id": "1", "email": email})
    assert "email" not in assertion.claims
    assert assertion.verified == frozenset()


@pytest.mark.sr("SR-098")
def test_own_domains_are_a_setting(finish: Finish) -> None:
    assert finish({"id": "1", "email": "a@corp.example"}, own_domains=("Corp.Example",)).verified == {"email"}
    assert finish({"id": "1", "email": "a@mail.ru"}, own_domains=()).verified == frozenset()


@pytest.mark.parametrize(
    ("member", "value", "claim", "expected"),
    [
        ("gender", "f", "gender", "female"),
        ("gender", "x", "gender", None),
        ("gender", 1, "gender", None),
        ("gender", ["m"], "gender", None),
        ("birthday", "01.12.1999", "birthdate", "1999-12-01"),
        ("birthday", "30.02.2000", "birthdate", None),
        ("birthday", "29.02.2001", "birthdate", None),
        ("birthday", "00.00.0000", "birthdate", None),
        ("birthday", "01.13.2000", "birthdate", None),
        ("birthday", "01.01.1899", "birthdate", None),
        ("birthday", "01.01.9999", "birthdate", None),
        ("birthday", "1.1.2000", "birthdate", None),
        ("birthday", "2000-01-01", "birthdate", None),
        ("birthday", "01.01.2000\n", "birthdate", None),
        ("birthday", "٠١.٠١.٢٠٠٠", "birthdate", None),
        ("birthday", 1012000, "birthdate", None),
        ("locale", "en_US", "locale", "en-US"),
        ("locale", "ru-RU", "locale", "ru-RU"),
        ("locale", "ru_RU.UTF-8", "locale", None),
        ("locale", "../../etc", "locale", None),
        ("locale", {}, "locale", None),
        ("image", "http://filin.mail.ru/pic", "picture", None),
        ("image", "//filin.mail.ru/pic", "picture", None),
        ("image", "javascript:alert(1)", "picture", None),
        ("image", "data:image/png;base64,AA==", "picture", None),
        ("image", "https://", "picture", None),
        ("image", "https://[::1/", "picture", None),
        ("image", 'https://a.ru/" onerror="x', "picture", None),
        ("image", "https://a.ru/\n", "picture", None),
        ("image", "https://a.ru/" + "x" * 1000, "picture", None),
        ("image", ["https://a.ru/"], "picture", None),
        ("name", "  Иван \u202eПетров\n", "name", "Иван Петров"),
        ("name", "\u200b \t", "name", None),
        ("name", "я" * 500, "name", "я" * 200),
        ("name", 5, "name", None),
        ("first_name", {"ru": "Иван"}, "given_name", None),
        ("last_name", None, "family_name", None),
        ("nickname", True, "nickname", None),
    ],
)
def test_claims(finish: Finish, member: str, value: object, claim: str, expected: str | None) -> None:
    assert finish({"id": "1", member: value}).claims == ({claim: expected} if expected else {})


def test_members_that_nobody_knows_are_left_alone(finish: Finish) -> None:
    assert finish({"id": "1", "email_verified": True, "sub": "2", "phone": "+79201234567"}).claims == {}


@pytest.mark.sr("SR-121")
def test_switched_off_it_lets_nobody_in(finish: Finish, fake: Fake) -> None:
    with pytest.raises(UpstreamError, match="unavailable"):
        finish(PROFILE, enabled=False)
    assert fake.received == []
