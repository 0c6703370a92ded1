"""Messages to one number: spaced, limited over all purposes, services and browsers, whatever is restarted."""

from itertools import pairwise

import pytest

from app.challenges.outcomes import Started
from tests.challenges.world import NUMBER, OTHER_NUMBER, World, flush

MINUTE, HOUR, DAY = 60, 3600, 86_400


def _gets_one(world: World, **more: str) -> bool:
    """Ask, and see whether a message goes out: from another browser, service and address each time."""
    turn = world.clock_file.seconds
    asked = {
        "browser": f"{int(turn):064d}",
        "client_id": f"client-{turn}",
        "address": f"198.51.{int(turn) % 250}.9",
    }
    before = len(world.gateway.received)
    started = world.send(**(asked | more))
    assert isinstance(started, Started)
    return world.settle() > before


@pytest.mark.sr("SR-129")
def test_the_pause_grows_with_each_message(world: World) -> None:
    sent_at = []
    for second in range(0, 1125, 15):
        if _gets_one(world):
            sent_at.append(second)
        world.pass_s(15)
    gaps = [after - before for before, after in pairwise(sent_at)]
    assert gaps == [30, 60, 120, 300, 300, 300]


@pytest.mark.sr("SR-129")
def test_the_answer_tells_when_the_next_one_can_follow(world: World) -> None:
    for pause in (30, 60, 120, 300):
        started = world.send()
        assert isinstance(started, Started)
        left = (started.resend_at - world.clock.now()) / 1000
        assert pause - 1 < left <= pause
        world.pass_s(pause + 0.1)


@pytest.mark.sr("SR-129")
@pytest.mark.parametrize(("window", "most"), [(10 * MINUTE, 5), (HOUR, 10), (DAY, 15)])
def test_no_window_holds_more_than_its_share(world: World, window: int, most: int) -> None:
    world.configure(limits={"sms_gaps_s": ()})
    step = window / (most * 2)
    sent_at = [turn for turn in range(most * 5) if _gets_one(world) | (world.pass_s(step) is not None)]
    times = [turn * step for turn in sent_at]
    assert max(sum(start <= at < start + window - step for at in times) for start in times) <= most
    assert len(times) > most, "windows move"


@pytest.mark.sr("SR-129")
def test_the_sixth_message_within_ten_minutes_is_not_sent(world: World) -> None:
    world.configure(limits={"sms_gaps_s": ()})
    assert [_gets_one(world) | (world.pass_s(60) is not None) for _ in range(7)] == [True] * 5 + [False] * 2
    world.pass_s(181)
    assert _gets_one(world)


@pytest.mark.sr("SR-129", "SR-146")
def test_counters_survive_a_restart_and_the_loss_of_the_ephemeral_store(world: World) -> None:
    assert _gets_one(world)
    world.configure_again()
    flush(world)
    world.pass_s(1)
    assert not _gets_one(world)
    world.pass_s(29.5)
    assert _gets_one(world)


@pytest.mark.sr("SR-129")
def test_purposes_and_services_share_the_limits_of_a_number(world: World) -> None:
    assert _gets_one(world, purpose="sign_in")
    assert not _gets_one(world, purpose="link", client_id="another")
    assert _gets_one(world, number=OTHER_NUMBER)


@pytest.mark.sr("SR-129")
def test_a_refused_message_does_not_lengthen_the_wait(world: World) -> None:
    assert _gets_one(world)
    for _ in range(5):
        world.pass_s(5)
        assert not _gets_one(world)
    world.pass_s(5.1)
    assert _gets_one(world)
    assert len(world.texts(NUMBER)) == 2
