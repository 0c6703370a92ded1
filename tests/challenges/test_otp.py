"""A code by SMS: works once, soon, in the browser and for the purpose that it was asked for."""

import json
import re

import pytest

from app.challenges.outcomes import Dead, Proved, Refused, Started, Wrong
from app.storage.ephemeral import RedisEphemeral, SqliteEphemeral
from config.sms_text import left_over
from tests.challenges.world import BROWSER, NUMBER, OTHER_NUMBER, STRANGER, World, other_than


def test_the_right_code_proves_the_number(world: World) -> None:
    challenge, code = world.sent()
    proved = world.otp.answer(challenge, f" {code[:3]} {code[3:]} ", BROWSER)
    assert isinstance(proved, Proved)
    assertion = proved.assertion
    assert (assertion.provider, assertion.subject) == ("phone", NUMBER)
    assert assertion.evidence.method == ("otp", "sms")
    assert assertion.evidence.acr == "urn:mostid:acr:2"
    assert not assertion.witness


@pytest.mark.sr("SR-126")
def test_a_code_works_once(world: World) -> None:
    challenge, code = world.sent()
    assert isinstance(world.otp.answer(challenge, code, BROWSER), Proved)
    assert world.otp.answer(challenge, code, BROWSER) == Dead("used")


@pytest.mark.sr("SR-126")
def test_a_code_is_dead_after_its_life(world: World) -> None:
    challenge, code = world.sent()
    world.pass_s(299)
    assert isinstance(world.wrong(challenge, code), Wrong)
    world.pass_s(2)
    assert world.otp.answer(challenge, code, BROWSER) == Dead("expired")


@pytest.mark.sr("SR-126")
def test_a_code_is_bound_to_browser_purpose_number_and_challenge(world: World) -> None:
    challenge, code = world.sent()
    assert world.otp.answer(challenge, code, STRANGER) == Dead("foreign")
    assert world.otp.answer(challenge, code, BROWSER, purpose="link") == Dead("foreign")
    linking, code_for_linking = world.sent(OTHER_NUMBER, purpose="link")
    assert world.otp.answer(linking, code_for_linking, BROWSER) == Dead("foreign")
    if code != code_for_linking:
        assert isinstance(world.otp.answer(challenge, code_for_linking, BROWSER), Wrong)
    assert world.otp.answer(challenge + "x", code, BROWSER) == Dead("expired")
    assert world.otp.answer("push:1.2", code, BROWSER) == Dead("expired")
    assert isinstance(world.otp.answer(challenge, code, BROWSER), Proved)
    assert isinstance(world.otp.answer(linking, code_for_linking, BROWSER, purpose="link"), Proved)


@pytest.mark.sr("SR-132")
def test_a_new_code_kills_the_former_one(world: World) -> None:
    first, first_code = world.sent()
    world.pass_s(31)
    second, second_code = world.sent()
    assert world.otp.answer(first, first_code, BROWSER) == Dead("expired")
    if first_code != second_code:
        assert isinstance(world.otp.answer(second, first_code, BROWSER), Wrong)
    assert isinstance(world.otp.answer(second, second_code, BROWSER), Proved)


@pytest.mark.sr("SR-132", "SR-133")
def test_asking_too_early_keeps_the_code_that_waits(world: World) -> None:
    challenge, code = world.sent()
    again = world.send()
    assert isinstance(again, Started)
    assert again.challenge == challenge
    assert 29_000 <= again.resend_at - world.clock.now() <= 30_000
    assert world.settle() == 1
    assert isinstance(world.otp.answer(challenge, code, BROWSER), Proved)


@pytest.mark.sr("SR-133")
def test_a_number_over_its_limits_looks_like_any_other(world: World) -> None:
    usual = world.send(OTHER_NUMBER)
    world.sent()
    over = world.send(browser=STRANGER)
    assert isinstance(usual, Started)
    assert isinstance(over, Started)
    assert len(over.challenge) == len(usual.challenge)
    assert over.expires_at - usual.expires_at < 5_000
    tried = [world.otp.answer(over.challenge, f"{code:06d}", STRANGER) for code in range(7)]
    assert tried == [Wrong(4), Wrong(3), Wrong(2), Wrong(1), *[Dead("too_many")] * 3]
    assert world.fails() == 0
    assert world.settle() == 2


def test_what_is_no_code_costs_no_try(world: World) -> None:
    challenge, code = world.sent()
    for text in ("", "12345", "1234567", "abcdef", "12 34 5x", "9" * 100):
        assert world.otp.answer(challenge, text, BROWSER) == Wrong(5)
    assert world.wrong(challenge, code) == Wrong(4)
    assert world.otp.answer(challenge, "?", BROWSER) == Wrong(4)
    assert world.otp.answer(challenge, "".join(chr(0x0660 + int(digit)) for digit in code), BROWSER) != Wrong(
        4
    )


@pytest.mark.sr("SR-136")
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_the_message_names_the_service_warns_and_ends_with_the_bound_line(world: World, locale: str) -> None:
    world.sent(locale=locale, service="Магазин" if locale == "ru" else "Store")
    (text,) = world.texts()
    warning = "Никому не говорите" if locale == "ru" else "Tell no one"
    purpose = "вход в Магазин" if locale == "ru" else "sign-in to Store"
    first, last = text.split("\n")
    assert warning in first
    assert purpose in first
    code = last.removeprefix("@localhost #")
    assert len(code) == 6
    assert code in first
    assert left_over(text) >= 0


@pytest.mark.sr("SR-136")
def test_a_service_with_a_long_name_is_not_named_in_part(world: World) -> None:
    world.sent(service="Очень длинное название магазина")
    (text,) = world.texts()
    assert "вход в MostID" in text
    assert left_over(text) >= 0


@pytest.mark.sr("SR-134", "SR-135", "SR-170")
def test_nothing_that_is_kept_holds_the_code_or_the_number(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    challenge, code = world.sent()
    world.wrong(challenge, code)
    kept = _dump(world)
    assert len(kept) > 200
    whole_code = re.compile(rf"(?<!\d){code}(?!\d)")  # times hold any six digits by chance
    for told in (kept, caplog.text):
        assert not whole_code.search(told)
        assert NUMBER[1:] not in told
        assert NUMBER[2:] not in told
    assert code not in challenge
    assert code not in " ".join(world.rooms.events)


def test_a_full_queue_costs_one_send_again(world: World) -> None:
    world.configure(sms=world.settings.sms.model_copy(update={"queue": 1}))
    world.gateway.replies["/sms"] = lambda wire: wire.hang()
    outcomes = [world.send(f"+7920123450{number}") for number in range(5)]
    assert [type(outcome) for outcome in outcomes].count(Refused) == 2
    assert "sms_queue_full" in world.rooms.events


def test_without_sms_no_code_is_sent(world: World) -> None:
    world.configure(sms=world.settings.sms.model_copy(update={"enabled": False}))
    assert world.send() == Refused("off")


@pytest.mark.sr("SR-128")
def test_wrong_codes_are_not_answered_by_the_right_one_in_time(world: World) -> None:
    challenge, code = world.sent()
    for _ in range(5):
        world.wrong(challenge, code)
    assert world.otp.answer(challenge, code, BROWSER) == Dead("too_many")
    assert world.otp.answer(challenge, other_than(code), BROWSER) == Dead("too_many")


def _dump(world: World) -> str:
    """Everything in both stores, as text."""
    if isinstance(world.ephemeral, RedisEphemeral):
        client = world.ephemeral._redis
        pairs = {name: client.get(name) for name in client.keys("*")}
        kept = "\n".join(f"{name!r} {value!r}" for name, value in pairs.items())
    else:
        assert isinstance(world.ephemeral, SqliteEphemeral)
        kept = repr(world.ephemeral._all("SELECT key, value FROM ephemeral", ()))
    rows = [[str(value) for value in row] for row in world.rows()]
    return kept + json.dumps(rows)
