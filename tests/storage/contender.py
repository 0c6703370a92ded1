"""One of several processes that use one ephemeral store at once: python -m tests.storage.contender STORE CLOCK ACT TIMES

STORE is a redis:// address or the path of a file. Prints the outcome of each act.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from limits import RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from app.storage.clock import Clock
from app.storage.ephemeral import Ephemeral, RedisEphemeral, SqliteEphemeral
from app.storage.ephemeral.limits_storage import EphemeralLimits

LIFE = 600_000
RATE = RateLimitItemPerMinute(20, 10)


def open_store(where: str, clock: Clock) -> Ephemeral:
    """The store at an address or in a file."""
    return RedisEphemeral(where, clock) if "://" in where else SqliteEphemeral(Path(where), clock)


def swap_up(store: Ephemeral, _number: int) -> int:
    """Raise a number by one with compare and set alone; returns how often another was faster."""
    lost = 0
    while True:
        old = store.get("swapped") or b"0"
        if store.swap("swapped", old, str(int(old) + 1).encode()):
            return lost
        lost += 1


def acts(store: Ephemeral, clock: Clock) -> dict[str, Callable[[Ephemeral, int], object]]:
    """What a contender can do."""
    limits = EphemeralLimits(store, clock)
    moving, sliding = MovingWindowRateLimiter(limits), SlidingWindowCounterRateLimiter(limits)
    return {
        "take": lambda store, number: store.take(f"taken:{number}"),
        "add": lambda store, number: store.add(f"added:{number}", b"x", LIFE),
        "increment": lambda store, _: store.increment("counted", LIFE),
        "swap": swap_up,
        "once": lambda store, _: store.swap("once", b"old", b"new"),
        "moving": lambda _, __: moving.hit(RATE, "slice"),
        "sliding": lambda _, __: sliding.hit(RATE, "slice"),
        "put": lambda store, number: store.put(f"put:{number}", b"x" * 500, LIFE),
        "birth": lambda store, _: store.birth(),
    }


def main(where: str, clock_file: str, act: str, times: str) -> None:
    """Do the act so many times on four threads."""
    clock = Clock(Path(clock_file))
    store = open_store(where, clock)
    chosen = acts(store, clock)[act]
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(4) as pool:
        for outcome in pool.map(lambda number: chosen(store, number), range(int(times))):
            print(outcome, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
