"""What a third party may have is asked once, shown in full, and given by the person who saw it."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import CLAIMS, Browser, Deployment, Service, answered
from tests.html import PageForm, read
from tests.provider.tokens import claims, exchange, tokens, userinfo

WHOLE = "openid profile email phone"


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    deployment.sign_in(browser)
    return browser


def shown(answer: TestResponse) -> PageForm:
    assert answer.status_code == 200, answer.text
    return read(answer).form("/consent")


def consent_page(browser: Browser, service: Service, **changed: str | None) -> TestResponse:
    return browser.follow(browser.authorize(service, **changed))


def decide(browser: Browser, form: PageForm, *scopes: str, decision: str = "allow") -> TestResponse:
    """Press a button with exactly these switches on; go on as far as our own pages lead."""
    sent = form.fields | {"decision": decision, "scope": list(scopes)}
    return browser.follow(browser.post("/consent", data=sent))


def scope_given(browser: Browser, service: Service, answer: TestResponse) -> str:
    scope: str = exchange(browser, service, answered(answer)["code"]).json["scope"]
    return scope


@pytest.mark.sr("SR-017")
def test_the_page_names_the_service_its_site_and_each_datum(maria: Browser, merchant: Service) -> None:
    page = consent_page(maria, merchant, scope=WHOLE)
    for text in ("Лавка", "merchant.example", CLAIMS["name"], "m•••@mail.ru", "Номер телефона"):
        assert text in page.text
    for hidden in (CLAIMS["email"], "the state", "the nonce"):
        assert hidden not in page.text
    form = shown(page)
    assert form.switches == [("scope", "email"), ("scope", "phone")]
    assert form.buttons == [("decision", "allow"), ("decision", "deny")]
    assert "scope" not in form.fields  # nothing is switched on beforehand


@pytest.mark.sr("SR-017")
def test_the_site_is_the_one_that_the_answer_goes_to(deployment: Deployment, maria: Browser) -> None:
    native = deployment.register(
        client_name="Лавка",
        first_party=False,
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=["com.example.shop:/cb"],
    )
    assert "com.example.shop" in consent_page(maria, native).text


@pytest.mark.sr("SR-017", "SR-174")
def test_what_was_allowed_is_not_asked_again_and_a_new_scope_is(maria: Browser, merchant: Service) -> None:
    first = decide(maria, shown(consent_page(maria, merchant, scope="openid profile email")), "email")
    assert scope_given(maria, merchant, first) == "openid profile email"
    assert "code" in answered(maria.authorize(merchant, scope="openid profile email"))
    assert "code" in answered(maria.authorize(merchant, scope="openid"))
    again = shown(consent_page(maria, merchant, scope=WHOLE))
    assert again.fields["scope"] == "email"  # as it was
    assert scope_given(maria, merchant, decide(maria, again, "email", "phone")) == WHOLE


@pytest.mark.sr("SR-017", "SR-174")
def test_what_was_left_out_is_neither_given_nor_asked_for_again(maria: Browser, merchant: Service) -> None:
    given = decide(maria, shown(consent_page(maria, merchant, scope=WHOLE)))
    assert scope_given(maria, merchant, given) == "openid profile"
    later = tokens(maria, merchant, scope=WHOLE)
    assert later["scope"] == "openid profile"
    assert "email" not in userinfo(maria, later["access_token"]).json
    asked_for = shown(consent_page(maria, merchant, scope=WHOLE, prompt="consent"))
    assert scope_given(maria, merchant, decide(maria, asked_for, "email")) == "openid profile email"


@pytest.mark.sr("SR-017")
@pytest.mark.rule(
    "OIDC Core", "3.1.2.4", "a person who denies is answered with access_denied and asked again next time"
)
def test_a_no_is_told_and_not_remembered(deployment: Deployment, maria: Browser, merchant: Service) -> None:
    got = answered(decide(maria, shown(consent_page(maria, merchant)), decision="deny"))
    assert (got["error"], got["state"], got["iss"]) == ("access_denied", "the state", maria.issuer)
    assert deployment.rows("consents") == []
    assert maria.authorize(merchant).location.startswith("/consent")


@pytest.mark.sr("SR-102")
@pytest.mark.parametrize("decision", ["", "yes", "ALLOW", "allow "])
def test_only_a_plain_yes_is_a_yes(
    deployment: Deployment, maria: Browser, merchant: Service, decision: str
) -> None:
    answer = decide(maria, shown(consent_page(maria, merchant)), decision=decision)
    assert answered(answer)["error"] == "access_denied"
    assert deployment.rows("consents") == []


def test_when_everything_is_left_out_the_service_is_told(maria: Browser, merchant: Service) -> None:
    """No page that comes again and again."""
    answer = decide(maria, shown(consent_page(maria, merchant, scope="email phone")))
    assert answered(answer)["error"] == "access_denied"
    assert maria.authorize(merchant, scope="email phone").location.startswith("/consent")
    assert answered(maria.authorize(merchant, scope="email", prompt="none"))["error"] == "consent_required"


@pytest.mark.sr("SR-016", "SR-056")
def test_a_form_cannot_give_more_than_was_asked(
    deployment: Deployment, maria: Browser, merchant: Service
) -> None:
    form = shown(consent_page(maria, merchant, scope="openid profile"))
    answer = decide(maria, form, "email", "phone", "offline_access", "mostid.admin.read")
    assert scope_given(maria, merchant, answer) == "openid profile"
    assert deployment.rows("consents")[0].scope == "openid profile"


def test_our_own_services_need_no_page(maria: Browser, store: Service) -> None:
    assert "code" in answered(maria.authorize(store, scope=WHOLE))


def test_a_yes_of_somebody_else_is_not_taken(
    deployment: Deployment, maria: Browser, merchant: Service
) -> None:
    """Another person has signed in, in another tab, after the page was shown."""
    form = shown(consent_page(maria, merchant, scope=WHOLE))
    ivan = deployment.sign_in(maria, "2", claims={"name": "Иван Петров", "email": "ivan@mail.ru"})
    page = decide(maria, form, "email")
    assert deployment.rows("consents") == []
    assert "Иван Петров" in page.text
    answer = decide(maria, shown(page), "email")
    assert [row.identity_id for row in deployment.rows("consents")] == [ivan.identity]
    assert scope_given(maria, merchant, answer) == "openid profile email"


def test_a_yes_of_the_same_person_after_a_new_sign_in_is_taken(
    deployment: Deployment, maria: Browser, merchant: Service
) -> None:
    form = shown(consent_page(maria, merchant))
    deployment.sign_in(maria)
    assert "code" in answered(decide(maria, form))


@pytest.mark.sr("SR-016")
def test_a_list_that_has_grown_since_is_shown_again(deployment: Deployment, maria: Browser) -> None:
    """An operator allows the service more between the page and its answer."""
    wanted = {"client_name": "Лавка", "first_party": False, "redirect_uris": ["https://merchant.example/cb"]}
    small = deployment.register("small", allowed_scopes=["openid"], **wanted)
    form = shown(consent_page(maria, small, scope=WHOLE))
    deployment.change(small, allowed_scopes=["openid", "profile", "email"])
    page = decide(maria, form)
    assert deployment.rows("consents") == []
    assert ("scope", "email") in shown(page).switches


@pytest.mark.parametrize("gone", ["session", "client"])
def test_what_ended_meanwhile_gives_nothing(
    deployment: Deployment, maria: Browser, merchant: Service, gone: str
) -> None:
    form = shown(consent_page(maria, merchant))
    if gone == "session":
        maria.delete_cookie("mostid_sid", domain="localhost")
    else:
        deployment.disable(merchant)
        deployment.clock_file.advance(2)
    page = decide(maria, form)
    assert page.status_code == (200 if gone == "session" else 400)
    assert read(page).title.startswith("Войдите" if gone == "session" else "Эта страница устарела")
    assert deployment.rows("consents") == []


@pytest.mark.sr("SR-076", "SR-058")
@pytest.mark.rule(
    "OIDC Core", "8.1", "third parties know a person by subjects of their own, our services by one"
)
def test_subjects_are_pairwise(
    deployment: Deployment, maria: Browser, merchant: Service, store: Service
) -> None:
    other = deployment.register(
        client_name="Ряды", first_party=False, redirect_uris=["https://other.example/cb"]
    )
    social = deployment.register()
    for service in (merchant, other):
        decide(maria, shown(consent_page(maria, service)))
    subs = [
        claims(tokens(maria, service, scope="openid")["id_token"])["sub"]
        for service in (merchant, other, store, social)
    ]
    assert len(set(subs)) == 3
    assert subs[2] == subs[3]
    assert all(len(sub) == 27 and sub.isascii() for sub in subs)
    sids = [
        claims(tokens(maria, service, scope="openid")["id_token"])["sid"]
        for service in (merchant, other, store)
    ]
    assert len(set(sids)) == 3


def test_the_page_can_be_read_in_the_other_language(maria: Browser, merchant: Service) -> None:
    page = consent_page(maria, merchant, scope=WHOLE)
    switch = next(link for link in read(page).links.values() if "lang=en" in link)
    english = maria.get(switch)
    assert "E-mail address" in english.text
    assert "code" in answered(decide(maria, shown(english)))


def test_who_has_no_name_reads_that_there_is_none_yet(
    deployment: Deployment, browser: Browser, merchant: Service
) -> None:
    deployment.sign_in(browser, "+79201234567", provider="phone", claims={"phone_number": "+79201234567"})
    page = consent_page(browser, merchant, scope="openid profile")
    assert page.text.count("<small>пока нет</small>") == 1
    deployment.sign_in(browser, "2", claims={"gender": "female"})
    assert "пока нет" not in consent_page(browser, merchant, scope="openid profile").text
