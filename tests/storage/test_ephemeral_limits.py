"""Rates of the `limits` library over our verbs, by our clock."""

import pytest
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from app.storage.clock import Clock
from app.storage.ephemeral import Ephemeral
from app.storage.ephemeral.limits_storage import EphemeralLimits
from tests.services import ClockFile

FIVE = RateLimitItemPerMinute(5)


@pytest.fixture
def limits(ephemeral: Ephemeral, clock: Clock) -> EphemeralLimits:
    return EphemeralLimits(ephemeral, clock)


def test_a_moving_window_never_holds_more_than_its_limit(
    limits: EphemeralLimits, clock: Clock, clock_file: ClockFile
) -> None:
    moving = MovingWindowRateLimiter(limits)
    admitted = []
    for _ in range(120):
        if moving.hit(FIVE, "address"):
            admitted.append(clock.now())
        clock_file.advance(2.5)
    windows = [sum(start <= at < start + 60_000 for at in admitted) for start in admitted]
    assert max(windows) == 5
    assert len(admitted) >= 5 * 5
    assert moving.get_window_stats(FIVE, "address").remaining == 5 - len(
        [at for at in admitted if at > clock.now() - 60_000]
    )


def test_slices_are_counted_apart(limits: EphemeralLimits) -> None:
    moving = MovingWindowRateLimiter(limits)
    assert [moving.hit(FIVE, "one") for _ in range(6)] == [True] * 5 + [False]
    assert moving.hit(FIVE, "two")
    assert not moving.test(FIVE, "one")
    assert not moving.hit(FIVE, "three", cost=6)


def test_a_sliding_counter_remembers_the_former_window(
    limits: EphemeralLimits, clock: Clock, clock_file: ClockFile
) -> None:
    sliding = SlidingWindowCounterRateLimiter(limits)
    clock_file.advance((60_000 - clock.now() % 60_000) / 1000)
    assert [sliding.hit(FIVE, "all") for _ in range(6)] == [True] * 5 + [False]
    clock_file.advance(60)
    assert not sliding.hit(FIVE, "all")
    clock_file.advance(40)
    assert sliding.test(FIVE, "all")
    assert sliding.hit(FIVE, "all")
    sliding.clear(FIVE, "all")
    assert [sliding.hit(FIVE, "all") for _ in range(6)] == [True] * 5 + [False]


def test_a_fixed_window_ends_by_our_clock(limits: EphemeralLimits, clock_file: ClockFile) -> None:
    fixed = FixedWindowRateLimiter(limits)
    assert [fixed.hit(FIVE, "all") for _ in range(6)] == [True] * 5 + [False]
    assert fixed.get_window_stats(FIVE, "all").remaining == 0
    clock_file.advance(60)
    assert fixed.hit(FIVE, "all")
    fixed.clear(FIVE, "all")
    assert fixed.test(FIVE, "all", cost=5)
    assert limits.check()
