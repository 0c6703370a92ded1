"""`prompt=select_account`: of several customers in one browser, who is it? (OIDC Core §3.1.2.1)"""

from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from app.lifecycle.aside import put_aside
from app.sessions.others import OtherSessions, mark
from tests.deployment import Browser, Deployment, Person, Service, answered
from tests.html import PageForm, read
from tests.provider.tokens import claims, exchange, tokens

ANNA = {"name": "Анна Ким", "email": "anna@mail.ru"}
BORIS = {"name": "Борис Вега", "email": "boris@mail.ru"}


@dataclass
class Home:
    """One browser in which Anna has signed in, and Boris after her."""

    deployment: Deployment
    browser: Browser
    anna: Person
    boris: Person

    @property
    def others(self) -> OtherSessions:
        return OtherSessions(self.deployment.sealer, self.deployment.sessions)

    def arrive(self, subject: str, person: dict[str, str]) -> Person:
        """Somebody signs in; whoever was here is kept aside, as the end of the journey does it."""
        deployment, browser = self.deployment, self.browser
        browser_id = browser.cookie("browser") or ""

        def aside(tx: object) -> str:
            here = self.others.present(tx, browser.cookie("sid"), browser.cookie("others"), browser_id)  # type: ignore[arg-type]
            if here.current is None:
                return ""
            now = deployment.clock.now()
            kept = put_aside(tx, deployment.sessions, here.current, here.others, now)  # type: ignore[arg-type]
            return self.others.seal(kept, browser_id)

        kept = deployment.storage.run(aside, write=True)
        arrived = deployment.sign_in(browser, subject, claims=person)
        if kept:
            browser.put_cookie("others", kept)
        return arrived

    def page(self, service: Service, **changed: str | None) -> TestResponse:
        return self.browser.follow(self.browser.authorize(service, prompt="select_account", **changed))

    def choose(self, page: TestResponse, name: str) -> TestResponse:
        """Press the button of this name; as far as it leads within MostID."""
        form = read(page).form("/signin/select")
        return self.browser.follow(
            self.browser.post("/signin/select", data=form.filled(choice=named(page, name)))
        )

    def everything(self) -> list[list[object]]:
        return [self.deployment.rows(table) for table in ("sessions", "audit", "outbox")]


@pytest.fixture
def home(deployment: Deployment, browser: Browser) -> Home:
    found = Home(deployment, browser, anna=None, boris=None)  # type: ignore[arg-type]
    found.anna = found.arrive("1", ANNA)
    found.boris = found.arrive("2", BORIS)
    return found


def form_of(page: TestResponse) -> PageForm:
    return read(page).form("/signin/select")


def named(page: TestResponse, name: str) -> str:
    """What the button with this name says."""
    before = page.text[: page.text.index(name)]
    return before.rpartition('name="choice" value="')[2].partition('"')[0]


def sub_of(browser: Browser, service: Service, answer: TestResponse) -> str:
    return str(claims(exchange(browser, service, answered(answer)["code"]).json["id_token"])["sub"])


@pytest.mark.rule("OIDC Core", "3.1.2.1", "prompt=select_account lists those who are signed in, and asks")
def test_those_who_are_signed_in_are_listed(home: Home, store: Service) -> None:
    page = home.page(store)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.index("Борис Вега") < page.text.index("Анна Ким")
    for shown in ("a•••@mail.ru", "b•••@mail.ru", "Другая учётная запись"):
        assert shown in page.text
    assert "anna@mail.ru" not in page.text
    assert len(form_of(page).buttons) == 4 - 1  # two people, and another


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "whoever is chosen is answered for, by the proof that they gave before"
)
def test_the_current_one_is_asked_too_and_goes_on_without_a_proof(home: Home, store: Service) -> None:
    before = claims(tokens(home.browser, store)["id_token"])
    home.deployment.clock_file.advance(100)
    answer = home.choose(home.page(store), "Борис Вега")
    given = claims(exchange(home.browser, store, answered(answer)["code"]).json["id_token"])
    assert (given["sub"], given["sid"], given["auth_time"]) == (
        before["sub"],
        before["sid"],
        before["auth_time"],
    )


@pytest.mark.sr("SR-082", "SR-083")
@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "another one who is signed in is chosen and becomes the current one"
)
def test_another_one_is_chosen(home: Home, deployment: Deployment, store: Service) -> None:
    boris = claims(tokens(home.browser, store)["id_token"])
    former, aside = home.browser.cookie("sid"), home.browser.cookie("others")
    anna = sub_of(home.browser, store, home.choose(home.page(store), "Анна Ким"))
    assert anna != boris["sub"]
    assert claims(tokens(home.browser, store)["id_token"])["sub"] == anna
    assert {row.ended_at for row in deployment.rows("sessions")} == {None}
    assert [row.kind for row in deployment.rows("audit")].count("session.chosen") == 1
    deployment.clock_file.advance(31)
    thief = deployment.client()
    for kind, value in (("browser", home.browser.cookie("browser")), ("sid", former), ("others", aside)):
        thief.put_cookie(kind, value or "")
    assert answered(thief.authorize(store, prompt="none"))["error"] == "login_required"
    assert sub_of(home.browser, store, home.choose(home.page(store), "Борис Вега")) == boris["sub"]


@pytest.mark.sr("SR-017")
def test_what_one_allowed_the_other_has_not(home: Home, merchant: Service) -> None:
    browser = home.browser
    page = browser.follow(browser.authorize(merchant))
    browser.post("/consent", data=read(page).form("/consent").filled(decision="allow"))
    assert "code" in answered(browser.authorize(merchant))
    assert "запрашивает ваши данные" in home.choose(home.page(merchant), "Анна Ким").text
    assert answered(browser.authorize(merchant, prompt="none"))["error"] == "consent_required"
    home.choose(home.page(merchant), "Борис Вега")
    assert "code" in answered(browser.authorize(merchant, prompt="none"))


@pytest.mark.sr("SR-019")
def test_another_person_signs_in_and_turning_back_changes_nothing(home: Home, store: Service) -> None:
    before = home.everything()
    page = home.choose(home.page(store), "Другая учётная запись")
    form = read(page).form("/signin")
    assert "prompt_force=1" in home.browser.post("/signin", data=form.filled(way="mailru")).location
    refused = home.browser.follow(home.browser.post("/signin", data=form.filled(decision="deny")))
    assert answered(refused)["error"] == "access_denied"
    assert home.everything() == before


def test_back_to_the_service(home: Home, store: Service) -> None:
    form = form_of(home.page(store))
    answer = home.browser.follow(home.browser.post("/signin/select", data=form.filled(decision="deny")))
    assert answered(answer)["error"] == "access_denied"


@pytest.mark.sr("SR-019", "SR-082")
@pytest.mark.parametrize("more", [{"prompt": "select_account login"}, {"max_age": "20"}])
def test_a_choice_is_no_proof(home: Home, store: Service, more: dict[str, str]) -> None:
    home.deployment.clock_file.advance(60)
    page = home.browser.follow(home.browser.authorize(store, **({"prompt": "select_account"} | more)))
    assert home.choose(page, "Анна Ким").text.count('value="mailru"') == 1


def test_with_nobody_signed_in_there_is_nothing_to_choose(browser: Browser, store: Service) -> None:
    page = browser.follow(browser.authorize(store, prompt="select_account"))
    assert ("way", "mailru") in read(page).form("/signin").buttons


@pytest.mark.rule("OIDC Core", "3.1.2.1", "who signs in anew is chosen by that")
def test_a_new_proof_is_a_choice(home: Home, deployment: Deployment, store: Service) -> None:
    first = home.browser.authorize(store, prompt="select_account")
    assert first.location.startswith("/signin/select?ask=")
    waiting = first.location.replace("/signin/select", "/authorize", 1)
    assert home.browser.get(waiting).location.startswith("/signin/select?ask=")
    deployment.sign_in(home.browser, "3", claims={"name": "Вера"})
    assert "code" in answered(home.browser.get(waiting))


@pytest.mark.sr("SR-018")
@pytest.mark.rule("OIDC Core", "3.1.2.6", "prompt=none answers for the current customer of several")
def test_without_a_page_the_current_one_counts(home: Home, store: Service) -> None:
    before = home.everything()
    answer = home.browser.authorize(store, prompt="none", login_hint="anna@mail.ru")
    boris = claims(tokens(home.browser, store)["id_token"])["sub"]
    assert sub_of(home.browser, store, answer) == boris
    assert home.everything()[0] == before[0]


@pytest.mark.sr("SR-018")
@pytest.mark.rule(
    "OIDC Core",
    "3.1.2.6",
    "account_selection_required where several are signed in and none is the current one",
)
def test_without_a_page_and_a_current_one(home: Home, deployment: Deployment, store: Service) -> None:
    home.browser.delete_cookie("mostid_sid", domain=deployment.host)
    assert answered(home.browser.authorize(store, prompt="none"))["error"] == "account_selection_required"
    home.browser.put_cookie("sid", "x")
    assert answered(home.browser.authorize(store, prompt="none"))["error"] == "account_selection_required"
    home.browser.put_cookie("others", "x")
    assert answered(home.browser.authorize(store, prompt="none"))["error"] == "login_required"


def test_without_a_current_one_those_who_are_known_are_offered(
    home: Home, deployment: Deployment, store: Service
) -> None:
    home.browser.delete_cookie("mostid_sid", domain=deployment.host)
    page = home.browser.follow(home.browser.authorize(store))
    assert "Борис" not in page.text
    anna = sub_of(home.browser, store, home.choose(page, "Анна Ким"))
    assert claims(tokens(home.browser, store)["id_token"])["sub"] == anna


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "an id_token_hint picks whom it names among those who are signed in"
)
def test_the_one_who_is_named_is_answered_for(home: Home, store: Service) -> None:
    boris = tokens(home.browser, store)["id_token"]
    home.choose(home.page(store), "Анна Ким")
    anna = claims(tokens(home.browser, store)["id_token"])["sub"]
    before = home.deployment.rows("sessions")
    for prompt in ("none", None):
        answer = home.browser.authorize(store, prompt=prompt, id_token_hint=boris)
        assert sub_of(home.browser, store, answer) == claims(boris)["sub"]
    assert home.deployment.rows("sessions") == before
    assert claims(tokens(home.browser, store)["id_token"])["sub"] == anna  # still the current one


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "whom an id_token_hint names is shown first, and nobody else is answered for"
)
def test_the_one_who_is_named_is_shown_first(home: Home, store: Service) -> None:
    boris = tokens(home.browser, store)["id_token"]
    home.choose(home.page(store), "Анна Ким")
    page = home.browser.follow(home.browser.authorize(store, prompt="consent", id_token_hint=boris))
    assert page.text.index("Борис Вега") < page.text.index("Анна Ким")
    assert answered(home.choose(page, "Анна Ким"))["error"] == "login_required"
    assert "запрашивает ваши данные" in home.choose(page, "Борис Вега").text


def test_a_login_hint_puts_its_customer_first(home: Home, store: Service) -> None:
    page = home.page(store, login_hint="Anna@mail.ru")
    assert page.text.index("Анна Ким") < page.text.index("Борис Вега")
    for hint in ("nobody@mail.ru", "+79201234567", "+7", "\0x".strip("\0"), "@"):
        assert home.page(store, login_hint=hint).text.index("Борис") > 0


@pytest.mark.sr("SR-085")
def test_nobody_is_chosen_but_by_our_own_form(home: Home, deployment: Deployment, store: Service) -> None:
    page, before = home.page(store), home.everything()
    sent = form_of(page).filled(choice=named(page, "Анна Ким"))
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for data, headers in (({**sent, "csrf_token": "x"}, {}), (sent, foreign)):
        assert home.browser.post("/signin/select", data=data, headers=headers).status_code in {400, 403}
    assert home.browser.get("/signin/select", query_string=sent).status_code == 200
    assert deployment.client().post("/signin/select", data=sent).status_code == 400
    assert home.everything() == before


@pytest.mark.sr("SR-083")
def test_a_cookie_of_another_browser_names_nobody(home: Home, deployment: Deployment, store: Service) -> None:
    victim = deployment.client()
    deployment.sign_in(victim, "3", claims={"name": "Вера"})
    victim.put_cookie("others", home.browser.cookie("others") or "")
    page = victim.follow(victim.authorize(store, prompt="select_account"))
    assert "Анна" not in page.text
    assert "Вера" in page.text


def test_who_has_been_signed_out_meanwhile_is_said_so_and_not_shown(
    home: Home, deployment: Deployment, store: Service
) -> None:
    page = home.page(store)
    [anna] = [row for row in deployment.rows("sessions") if row.identity_id == home.anna.identity]
    deployment.storage.run(
        lambda tx: deployment.sessions.end(tx, anna.identity_id, anna.id, "signed_out"), write=True
    )
    then = home.choose(page, "Анна Ким")
    assert 'role="alert"' in then.text
    assert "Анна Ким" not in then.text
    for strange in ("", "x", "another person"):
        sent = form_of(page).filled(choice=strange)
        assert 'role="alert"' in home.browser.post("/signin/select", data=sent).text


def test_a_blocked_customer_is_not_answered_for(home: Home, deployment: Deployment, store: Service) -> None:
    deployment.set_status(home.anna, "blocked")
    page = home.choose(home.page(store), "Анна Ким")
    assert ("way", "mailru") in read(page).form("/signin").buttons


def test_one_session_costs_no_more_for_others(home: Home, deployment: Deployment, store: Service) -> None:
    home.browser.code(store)
    with deployment.statements() as seen:
        home.browser.code(store)
    assert len(seen) == 2, seen


def test_a_mark_says_nothing_of_its_session(home: Home, deployment: Deployment, store: Service) -> None:
    page = home.page(store)
    for row in deployment.rows("sessions"):
        assert str(row.id) not in page.text
        assert row.id.hex not in page.text
    found = deployment.storage.run(lambda tx: deployment.sessions.find(tx, home.browser.cookie("sid")))
    assert found is not None
    assert mark(found) in page.text
