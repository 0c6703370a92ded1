"""`flask identities`: who is found, what is shown of them, what blocking does, and what stays on the record."""

from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from app.identity.lookups import Lookups
from app.identity.subjects import Subjects
from app.identity.tables import identities
from app.keys.keyed import KeyedValues
from app.keys.keyring import Keyring
from app.keys.lookup import LookupHasher
from tests.cli.conftest import Deploy, Flask, on, printed
from tests.deployment import Browser, Deployment, Person, Service

NUMBER = "+79201234567"
WHY = ("--reason", "request 4711")


@pytest.fixture
def browser(deployment: Deployment) -> Browser:
    return deployment.client()


@pytest.fixture
def person(deployment: Deployment, browser: Browser) -> Person:
    """Somebody who signed in with Mail.ru."""
    return deployment.sign_in(browser, "4242")


@pytest.fixture
def caller(deployment: Deployment) -> Person:
    """Somebody who signed in with a number."""
    return deployment.sign_in(deployment.client(), NUMBER, provider="phone", claims={})


def redeem(browser: Browser, service: Service) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": browser.code(service),
        "redirect_uri": service.redirect_uri,
        "code_verifier": service.verifier,
    }
    headers = {"Authorization": service.basic, "Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.post("/token", data=urlencode(form), headers=headers)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json
    return tokens


def record(deployment: Deployment, *kinds: str) -> list[Any]:
    return [row for row in deployment.rows("audit") if row.kind in kinds]


@pytest.mark.parametrize(
    "spelling",
    [NUMBER, "8 (920) 123-45-67", "79201234567", "9201234567", "8-920-123-45-67", f"phone:{NUMBER}"],
)
def test_a_number_is_found_in_any_spelling(flask: Flask, caller: Person, spelling: str) -> None:
    shown = printed(flask("identities", "show", spelling, *WHY, "--json"))
    assert shown["id"] == str(caller.identity)
    assert [link["subject"] for link in shown["links"]] == ["+7 920 •••-••-67"]


def test_a_person_is_found_by_id_by_mail_ru_and_by_the_sub_of_any_service(
    deployment: Deployment, flask: Flask, person: Person
) -> None:
    deployment.register("parus", first_party=False)
    hasher, keyed = (
        LookupHasher(Keyring(deployment.settings.keys)),
        KeyedValues(Keyring(deployment.settings.keys)),
    )
    subjects = Subjects(Lookups(hasher), keyed)
    sub = deployment.storage.run(
        lambda tx: subjects.subject_for(tx, person.identity, "client:parus", deployment.clock.now()),
        write=True,
    )
    for who in (str(person.identity), str(person.identity).upper(), "mailru:4242", sub):
        assert printed(flask("identities", "show", who, *WHY, "--json"))["id"] == str(person.identity)


@pytest.mark.parametrize(
    "who", ["nobody", "mailru:1", "+79201111111", "00000000-0000-7000-8000-000000000000", ""]
)
@pytest.mark.parametrize("verb", ["show", "block", "unblock"])
def test_nobody_is_found(deployment: Deployment, flask: Flask, person: Person, verb: str, who: str) -> None:
    result = flask("identities", verb, who, *WHY)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: nobody is found by that")
    assert [row.detail for row in record(deployment, "identity.not_found")] == [{"reason": "request 4711"}]


@pytest.mark.sr("SR-188")
@pytest.mark.parametrize(
    "who",
    [
        "' OR '1'='1",
        "x'; DROP TABLE identities; --",
        "mailru:4242' --",
        "%",
        "_",
        "4242\0",
        "+7920123456_",
        "é" * 500,
    ],
)
def test_a_search_is_a_value_and_never_a_statement(
    deployment: Deployment, flask: Flask, person: Person, who: str
) -> None:
    result = flask("identities", "show", who, *WHY)
    assert (result.exit_code, result.stdout) == (1, "")
    assert printed(flask("identities", "show", "mailru:4242", *WHY, "--json"))["id"] == str(person.identity)


def test_a_sub_may_begin_with_a_dash(flask: Flask) -> None:
    assert "nobody is found" in flask("identities", "show", "-Jp3vK0a9sXW", *WHY).stderr


@pytest.mark.sr("SR-152")
def test_numbers_and_addresses_are_masked_and_no_secret_is_shown(
    deployment: Deployment, flask: Flask, browser: Browser, person: Person
) -> None:
    claims = {"name": "Мария", "email": "maria@mail.ru", "birthdate": "1990-05-17"}
    deployment.sign_in(browser, NUMBER, provider="phone", claims={})
    caller = deployment.sign_in(deployment.client(), "99", claims=claims)
    tokens = redeem(browser, deployment.register("store"))
    grants = deployment.rows("grants")
    secrets = [tokens["access_token"], tokens["refresh_token"], browser.cookie("sid") or "", grants[0].sub]
    for who in (NUMBER, str(caller.identity)):
        for flags in ((), ("--json",)):
            said = flask("identities", "show", who, *WHY, *flags).stdout
            assert said
            assert not any(hidden in said for hidden in [*secrets, "9201234567", "maria@mail.ru", "05-17"])
    profile = {
        one["name"]: one["value"]
        for one in printed(flask("identities", "show", "mailru:99", *WHY, "--json"))["profile"]
    }
    assert profile == {"name": "Мария", "email": "m•••@mail.ru", "birthdate": "1990-••-••"}


@pytest.mark.sr("SR-155")
@pytest.mark.parametrize(("verb", "kind"), [("show", "identity.viewed"), ("block", "identity.blocked")])
def test_every_look_and_every_act_is_on_the_record(
    deployment: Deployment, flask: Flask, person: Person, verb: str, kind: str
) -> None:
    assert flask("identities", verb, "mailru:4242", "--reason", "  request\n 4711 ").exit_code == 0
    (row,) = record(deployment, kind)
    assert (row.identity_id, row.actor[:4], row.detail["reason"]) == (person.identity, "cli:", "request 4711")
    assert row.at == pytest.approx(deployment.clock.now(), abs=60_000)


@pytest.mark.sr("SR-155", "SR-183")
@pytest.mark.parametrize(
    "reason",
    ["", " ", "x" * 301, "she called from 8 920 123-45-67", "+79201234567", "wrote from maria@mail.ru"],
)
def test_a_reason_is_demanded_and_holds_no_contact(
    deployment: Deployment, flask: Flask, person: Person, reason: str
) -> None:
    for verb in ("show", "block"):
        assert flask("identities", verb, "mailru:4242", "--reason", reason).exit_code == 2
        assert flask("identities", verb, "mailru:4242").exit_code == 2
    assert record(deployment, "identity.viewed", "identity.blocked") == []


@pytest.mark.parametrize("reason", ["INC000123456789", "request 2026-11-25 14:05, case 12/345", "№ 4711"])
def test_numbers_of_requests_are_no_contact(flask: Flask, person: Person, reason: str) -> None:
    assert flask("identities", "show", "mailru:4242", "--reason", reason).exit_code == 0


def test_what_is_shown(deployment: Deployment, flask: Flask, browser: Browser, person: Person) -> None:
    redeem(browser, deployment.register("store"))
    shown = printed(flask("identities", "show", "mailru:4242", *WHY, "--json"))
    assert (shown["status"], shown["root"]) == ("active", None)
    assert shown["created_at"] == pytest.approx(deployment.clock.now() / 1000, abs=60)
    assert [(link["provider"], link["state"], link["grade"]) for link in shown["links"]] == [
        ("mailru", "active", "B")
    ]
    assert (shown["live_sessions"], shown["live_grants"]) == (1, 1)
    assert [(grant["client_id"], grant["scope"]) for grant in shown["grants"]] == [
        ("store", "openid profile")
    ]
    assert "identity.viewed" in {row["kind"] for row in shown["record"]}
    told = flask("identities", "show", "mailru:4242", *WHY).stdout
    for title in ("ways in", "profile", "sessions (1 live)", "grants (1 live)", "consents", "record"):
        assert f"\n{title}\n" in told


@pytest.mark.sr("SR-184")
def test_a_name_cannot_steer_the_operators_terminal(deployment: Deployment, flask: Flask) -> None:
    deployment.sign_in(deployment.client(), "5", claims={"name": "\x1b[2J\x9b31m\x07\u202eИван\r\n"})
    for flags in ((), ("--json",)):
        said = flask("identities", "show", "mailru:5", *WHY, *flags).stdout
        assert "Иван" in said
        assert not set("\x1b\x9b\x07\r\u202e") & set(said)
    assert (
        "\x9b31m"
        in {
            one["value"]
            for one in printed(flask("identities", "show", "mailru:5", *WHY, "--json"))["profile"]
        }.pop()
    )


@pytest.mark.sr("SR-160")
def test_blocking_ends_everything_and_leaves_word(
    deployment: Deployment, flask: Flask, browser: Browser, person: Person
) -> None:
    store, social = deployment.register("store"), deployment.register("social")
    tokens = redeem(browser, store)
    redeem(browser, social)
    result = flask("identities", "block", "mailru:4242", *WHY)
    assert (result.exit_code, result.stdout) == (
        0, f"{person.identity} is blocked; sessions ended: 1, grants ended: 2\n",
    )  # fmt: skip
    assert browser.authorize(store).location.startswith("/signin")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = browser.post("/token", data=form, headers={"Authorization": store.basic})
    assert refused.json["error"] == "invalid_grant"
    assert {(row.client_id, row.kind) for row in deployment.rows("outbox")} == {
        ("store", "session.ended"), ("social", "session.ended"),
    }  # fmt: skip
    assert all(row.body["sub"] and row.body["sid"] for row in deployment.rows("outbox"))
    again = flask("identities", "block", "mailru:4242", *WHY)
    assert (again.exit_code, again.stderr) == (
        1, f"Error: {person.identity} is blocked, not active: nothing was changed\n",
    )  # fmt: skip


def test_who_is_unblocked_may_sign_in_again_but_what_ended_stays_ended(
    deployment: Deployment, flask: Flask, browser: Browser, person: Person
) -> None:
    store = deployment.register("store")
    assert flask("identities", "unblock", "mailru:4242", *WHY).exit_code == 1
    assert printed(flask("identities", "block", "mailru:4242", *WHY, "--json")) == {
        "id": str(person.identity), "status": "blocked",
    }  # fmt: skip
    assert printed(flask("identities", "unblock", "mailru:4242", *WHY, "--json"))["status"] == "active"
    assert browser.authorize(store).location.startswith("/signin")
    assert deployment.sign_in(browser, "4242") == person
    assert browser.code(store)
    assert [row.kind for row in record(deployment, "identity.blocked", "identity.unblocked")] == [
        "identity.blocked", "identity.unblocked",
    ]  # fmt: skip


def test_on_every_database(deploy: Deploy, storage_url: str) -> None:
    deployment = deploy(database_url=storage_url)
    flask, browser = on(deployment), deployment.client()
    person = deployment.sign_in(browser, NUMBER, provider="phone", claims={})
    redeem(browser, deployment.register("store"))
    shown = printed(flask("identities", "show", NUMBER, *WHY, "--json"))
    assert (shown["id"], shown["live_sessions"], shown["live_grants"]) == (str(person.identity), 1, 1)
    assert flask("identities", "block", NUMBER, *WHY).exit_code == 0
    assert flask("identities", "unblock", NUMBER, *WHY).exit_code == 0
    shown = printed(flask("identities", "show", NUMBER, *WHY, "--json"))
    assert (shown["status"], shown["live_sessions"], shown["live_grants"]) == ("active", 0, 0)
    kinds = {row["kind"] for row in shown["record"]}
    assert {"identity.viewed", "identity.blocked", "identity.unblocked"} <= kinds


def test_who_was_merged_is_shown_as_such_and_acted_on_as_one(
    deployment: Deployment, flask: Flask, person: Person, caller: Person
) -> None:
    pointer = {"status": "merged", "root": person.identity, "merged_into": person.identity}
    merged = update(identities).where(identities.c.id == caller.identity).values(**pointer)
    deployment.storage.run(lambda tx: tx.execute(merged), write=True)
    shown = printed(flask("identities", "show", NUMBER, *WHY, "--json"))
    assert (shown["status"], shown["root"]) == ("merged", str(person.identity))
    assert f"merged into  {person.identity}" in flask("identities", "show", NUMBER, *WHY).stdout
    assert printed(flask("identities", "block", NUMBER, *WHY, "--json"))["id"] == str(person.identity)
