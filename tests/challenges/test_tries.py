"""Tries are counted before codes are compared, in the truth: by many at once, over many challenges, after any loss."""

from collections import Counter

import pytest

from app.challenges.outcomes import Dead, Proved, Refused, Started, Wrong
from app.storage.ephemeral import EphemeralDown, RedisEphemeral
from tests.challenges.world import (
    BROWSER,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    World,
    code_in,
    flush,
    other_than,
)
from tests.services import free_port
from tests.support import crowd

GUESSERS, EACH = 2, 100


@pytest.fixture
def generous(world: World) -> World:
    """The same without pauses between messages: attackers have many numbers and addresses, tests have one."""
    world.configure(limits={"sms_gaps_s": ()})
    return world


def _crowd(world: World, place: str, challenge: str, codes: list[str]) -> Counter[str]:
    """What came of so many codes, tried by several processes at once."""
    database = world.storage.writer.url.render_as_string(hide_password=False)
    where = (database, place, str(world.clock_file.path), challenge, BROWSER)
    return Counter(crowd.run(GUESSERS, "tests.challenges.guesser", *where, *codes))


@pytest.mark.sr("SR-127")
def test_of_many_guesses_at_once_five_are_looked_at(world: World, ephemeral_place: str) -> None:
    challenge, code = world.sent()
    guesses = [other_than(code, by) for by in range(1, EACH + 1)]
    came = _crowd(world, ephemeral_place, challenge, guesses)
    looked_at = {f"Wrong {left}": 1 for left in (1, 2, 3, 4)}
    assert came == looked_at | {"Dead too_many": GUESSERS * EACH - 4}
    assert world.fails() == 5
    assert world.otp.answer(challenge, code, BROWSER) == Dead("too_many")


@pytest.mark.sr("SR-126", "SR-127")
def test_of_many_right_codes_at_once_one_succeeds(world: World, ephemeral_place: str) -> None:
    challenge, code = world.sent()
    came = _crowd(world, ephemeral_place, challenge, [code] * EACH)
    assert came["Proved "] == 1
    assert came.total() == GUESSERS * EACH
    assert set(came) <= {"Proved ", "Dead used", "Dead too_many"}
    assert world.fails() == 0


@pytest.mark.sr("SR-127")
def test_the_fifth_try_may_be_the_right_one(world: World) -> None:
    challenge, code = world.sent()
    assert [world.wrong(challenge, code) for _ in range(4)] == [Wrong(4), Wrong(3), Wrong(2), Wrong(1)]
    assert isinstance(world.otp.answer(challenge, code, BROWSER), Proved)


def _spray(world: World, challenges: int) -> list[int]:
    """Wrong codes until nothing more is looked at, each challenge of another browser; how many each was given."""
    looked_at = []
    for number in range(challenges):
        browser = f"{number:064d}"
        started = world.send(browser=browser)
        assert isinstance(started, Started)
        before = world.fails()
        for guess in range(6):
            world.otp.answer(started.challenge, f"{guess:06d}", browser)
        looked_at.append(world.fails() - before)
    return looked_at


@pytest.mark.sr("SR-128")
def test_wrong_codes_are_counted_over_all_challenges(generous: World) -> None:
    assert _spray(generous, 4) == [5, 5, 0, 0]
    assert generous.settle() == 2, "what may not be tried is not sent"


@pytest.mark.sr("SR-128")
def test_ten_in_an_hour_twenty_in_a_day_and_windows_that_move(generous: World) -> None:
    world = generous
    assert sum(_spray(world, 3)) == 10
    world.pass_s(3590)
    assert sum(_spray(world, 1)) == 0
    world.pass_s(11)
    assert sum(_spray(world, 3)) == 10
    world.pass_s(3601)
    assert sum(_spray(world, 2)) == 0, "twenty in a day"
    world.pass_s(86_400 - 2 * 3601 + 10)
    assert sum(_spray(world, 3)) == 10


@pytest.mark.sr("SR-128")
def test_new_codes_sessions_and_addresses_reset_nothing(generous: World) -> None:
    generous.sent(browser="1" * 64, address="198.51.100.1")
    for number in range(2):
        browser = f"{number + 2}" * 64
        challenge, code = generous.sent(
            browser=browser, address=f"198.51.100.{number}", client_id=f"c{number}"
        )
        assert [type(generous.wrong(challenge, code, browser)) for _ in range(5)] == [Wrong] * 4 + [Dead]
    assert isinstance(generous.send(browser="9" * 64, address="192.0.2.1", client_id="other"), Started)
    assert generous.settle() == 3


@pytest.mark.sr("SR-128")
def test_codes_that_were_sent_before_count_together(generous: World) -> None:
    browsers = [f"{number}" * 64 for number in range(3)]
    waiting = [generous.sent(browser=browser) for browser in browsers]
    for (challenge, code), browser in zip(waiting[:2], browsers, strict=False):
        for _ in range(5):
            generous.wrong(challenge, code, browser)
    challenge, code = waiting[2]
    assert generous.otp.answer(challenge, code, browsers[2]) == Dead("too_many")
    assert generous.fails() == 10
    generous.pass_s(200)
    assert generous.wrong(challenge, code, browsers[2]) == Dead("too_many")


def _guess_for_days(world: World, days: int) -> None:
    """As many wrong codes as the limits of a day let through, each day."""
    for day in range(days):
        for _ in range(2):
            assert sum(_spray(world, 2)) == 10, day
            world.pass_s(3601)
        world.pass_s(86_400)


def _check_off(world: World) -> None:
    """No code is sent or looked at, however much time passes, and other numbers do not notice."""
    before = world.settle()
    world.pass_s(30 * 86_400)
    assert sum(_spray(world, 1)) == 0
    assert world.settle() == before
    assert isinstance(world.send(OTHER_NUMBER), Started)
    assert world.settle() == before + 1


@pytest.mark.sr("SR-128")
def test_after_too_many_in_a_row_codes_are_off_until_another_proof(world: World) -> None:
    world.configure(limits={"sms_gaps_s": (), "otp_fails_consecutive": 40})
    _guess_for_days(world, 2)
    _check_off(world)


@pytest.mark.soak
@pytest.mark.sr("SR-128")
def test_after_a_hundred_in_a_row_codes_are_off(generous: World) -> None:
    _guess_for_days(generous, 5)
    _check_off(generous)


@pytest.mark.sr("SR-128")
def test_a_proof_ends_a_row_of_wrong_codes(world: World) -> None:
    challenge, code = world.sent()
    world.wrong(challenge, code)
    assert isinstance(world.otp.answer(challenge, code, BROWSER), Proved)
    assert {row.consecutive for row in world.rows()} == {0}


@pytest.mark.sr("SR-146")
def test_losing_the_ephemeral_store_in_the_middle_of_an_attack_helps_nobody(generous: World) -> None:
    world = generous
    challenge, code = world.sent()
    for _ in range(5):
        world.wrong(challenge, code)
    flush(world)
    assert world.otp.answer(challenge, code, BROWSER) == Dead("expired")
    assert sum(_spray(world, 2)) == 5, "five of ten were tried before"
    flush(world)
    assert sum(_spray(world, 2)) == 0


@pytest.mark.sr("SR-146")
def test_a_store_that_comes_back_with_an_old_code_does_not_revive_it(world: World) -> None:
    challenge, code = world.sent()
    place = challenge.partition(".")[0]
    old = world.ephemeral.get(place)
    assert old is not None
    assert isinstance(world.otp.answer(challenge, code, BROWSER), Proved)
    world.ephemeral.put(place, old, 300_000)
    assert world.otp.answer(challenge, code, BROWSER) == Dead("used")


@pytest.mark.sr("SR-146")
def test_a_store_that_forgot_some_tries_gives_none_back(world: World) -> None:
    challenge, code = world.sent()
    place = challenge.partition(".")[0]
    old = world.ephemeral.get(place)
    assert old is not None
    assert [world.wrong(challenge, code) for _ in range(3)] == [Wrong(4), Wrong(3), Wrong(2)]
    flush(world)
    world.ephemeral.put(place, old, 300_000)
    assert world.wrong(challenge, code) == Wrong(1)
    assert world.wrong(challenge, code) == Dead("too_many")
    assert world.otp.answer(challenge, code, BROWSER) == Dead("too_many")


@pytest.mark.sr("SR-147")
def test_a_flood_of_guesses_does_not_lock_the_owner_out(generous: World) -> None:
    world = generous
    world.prove()
    assert sum(_spray(world, 4)) == 10
    assert isinstance(world.send(browser=STRANGER), Started)
    started = world.send()
    assert isinstance(started, Started)
    world.settle()
    owner = world.otp.answer(started.challenge, code_in(world.texts()[-1]), BROWSER)
    assert isinstance(owner, Proved)
    assert owner.assertion.subject == NUMBER


@pytest.mark.sr("SR-147")
def test_a_number_that_was_guessed_at_for_days_still_lets_its_owner_in(world: World) -> None:
    world.configure(limits={"sms_gaps_s": (), "otp_fails_consecutive": 20})
    world.prove()
    _guess_for_days(world, 1)
    assert sum(_spray(world, 1)) == 0
    world.prove()


@pytest.mark.sr("SR-147", "SR-128")
def test_the_owners_browser_has_limits_of_its_own(generous: World) -> None:
    world = generous
    world.prove()
    for _ in range(2):
        challenge, code = world.sent()
        for _ in range(5):
            world.wrong(challenge, code)
    before = world.settle()
    assert not isinstance(world.send(), Refused)
    assert world.settle() == before
    assert sum(_spray(world, 1)) == 5, "its wrong codes are not the number's"


def test_each_kind_of_row_is_let_go_in_time(world: World) -> None:
    world.prove()
    challenge, code = world.sent(OTHER_NUMBER, browser=STRANGER)
    world.wrong(challenge, code, STRANGER)
    kept = sorted(round((row.keep_until - world.clock.now()) / 86_400_000) for row in world.rows())
    assert kept == [2, 2, 90]


@pytest.mark.sr("SR-193")
def test_without_the_ephemeral_store_nothing_is_sent_compared_or_counted(world: World) -> None:
    challenge, code = world.sent()
    before, sent = world.rows(), world.settle()
    world.ephemeral = RedisEphemeral(f"redis://127.0.0.1:{free_port()}", world.clock)
    world.configure_again()
    for act in (
        lambda: world.send(OTHER_NUMBER),
        lambda: world.ask_push(OTHER_NUMBER),
        lambda: world.otp.answer(challenge, code, BROWSER),
        lambda: world.push.answer(challenge, code, BROWSER),
        lambda: world.push.notify(f"Bearer {challenge}", "{}"),
    ):
        with pytest.raises(EphemeralDown):
            act()
    assert world.rows() == before
    assert world.settle() == sent
