"""What is atomic stays atomic when several processes use the store at once, and when one of them is killed."""

from collections import Counter
from contextlib import ExitStack

import pytest

from app.storage.clock import Clock
from app.storage.ephemeral import Ephemeral
from tests.services import ClockFile
from tests.storage.contender import LIFE, open_store
from tests.support import crowd

PROCESSES, TIMES = 4, 50


@pytest.fixture
def store(where: str, clock: Clock) -> Ephemeral:
    return open_store(where, clock)


def compete(where: str, clock_file: ClockFile, act: str) -> Counter[str]:
    """How often each outcome came up."""
    return Counter(
        crowd.run(PROCESSES, "tests.storage.contender", where, str(clock_file.path), act, str(TIMES))
    )


def test_each_value_is_taken_by_one(where: str, store: Ephemeral, clock_file: ClockFile) -> None:
    for number in range(TIMES):
        store.put(f"taken:{number}", f"value {number}".encode(), LIFE)
    taken = compete(where, clock_file, "take")
    assert taken.pop("None") == (PROCESSES - 1) * TIMES
    assert taken == {f"b'value {number}'": 1 for number in range(TIMES)}


def test_each_key_is_added_by_one(where: str, clock_file: ClockFile) -> None:
    assert compete(where, clock_file, "add") == {"True": TIMES, "False": (PROCESSES - 1) * TIMES}


def test_no_increment_is_lost(where: str, clock_file: ClockFile) -> None:
    counts = compete(where, clock_file, "increment")
    assert counts == {str(count): 1 for count in range(1, PROCESSES * TIMES + 1)}


def test_one_of_many_swaps_wins(where: str, store: Ephemeral, clock_file: ClockFile) -> None:
    store.put("once", b"old", LIFE)
    assert compete(where, clock_file, "once")["True"] == 1


def test_no_swap_is_lost(where: str, store: Ephemeral, clock_file: ClockFile) -> None:
    store.put("swapped", b"0", LIFE)
    compete(where, clock_file, "swap")
    assert store.get("swapped") == str(PROCESSES * TIMES).encode()


def test_all_processes_know_one_birth(where: str, clock_file: ClockFile) -> None:
    assert len(compete(where, clock_file, "birth")) == 1


def test_a_moving_window_admits_exactly_its_limit(where: str, clock_file: ClockFile) -> None:
    assert compete(where, clock_file, "moving")["True"] == 20


def test_a_sliding_counter_admits_no_more_than_its_limit(where: str, clock_file: ClockFile) -> None:
    assert 0 < compete(where, clock_file, "sliding")["True"] <= 20


def test_a_killed_writer_leaves_a_store_that_works(
    where: str, store: Ephemeral, clock_file: ClockFile
) -> None:
    """Whatever a writer was told to be done is there, and nobody waits for the dead."""
    with ExitStack() as stack:
        arguments = (where, str(clock_file.path), "put", "20000")
        writer = crowd.start(stack, "tests.storage.contender", *arguments)
        crowd.go(writer)
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(200)]
        writer.kill()
        writer.wait()
    for number in range(len(acknowledged)):
        assert store.get(f"put:{number}") == b"x" * 500
    assert store.increment("after", LIFE) == 1
