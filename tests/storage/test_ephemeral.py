"""The conformance suite of the ephemeral store: both implementations pass it whole."""

import secrets
from pathlib import Path

import pytest

from app.storage.clock import Clock
from app.storage.ephemeral import Ephemeral, SqliteEphemeral
from tests.services import ClockFile

MINUTE = 60_000


def test_a_value_is_put_got_and_deleted(ephemeral: Ephemeral) -> None:
    assert ephemeral.get("key") is None
    ephemeral.put("key", b"one", MINUTE)
    ephemeral.put("key", b"two", MINUTE)
    assert ephemeral.get("key") == b"two"
    ephemeral.delete("key")
    ephemeral.delete("key")
    assert ephemeral.get("key") is None


@pytest.mark.parametrize("value", [b"", b"\0\xff\n", b"12", secrets.token_bytes(100_000)])
def test_a_value_is_any_bytes(ephemeral: Ephemeral, value: bytes) -> None:
    ephemeral.put("ключ 'key\"", value, MINUTE)
    assert ephemeral.get("ключ 'key\"") == value
    assert ephemeral.swap("ключ 'key\"", value, value + b"!")
    assert ephemeral.take("ключ 'key\"") == value + b"!"


def test_a_value_lives_by_our_clock(ephemeral: Ephemeral, clock_file: ClockFile) -> None:
    ephemeral.put("key", b"x", MINUTE)
    clock_file.advance(59)
    assert ephemeral.get("key") == b"x"
    clock_file.advance(1.01)
    assert ephemeral.get("key") is None
    assert ephemeral.take("key") is None
    assert not ephemeral.swap("key", b"x", b"y")


def test_putting_again_sets_a_new_life(ephemeral: Ephemeral, clock_file: ClockFile) -> None:
    ephemeral.put("key", b"x", MINUTE)
    clock_file.advance(50)
    ephemeral.put("key", b"y", MINUTE)
    clock_file.advance(50)
    assert ephemeral.get("key") == b"y"


def test_add_wins_only_where_nothing_lives(ephemeral: Ephemeral, clock_file: ClockFile) -> None:
    assert ephemeral.add("key", b"first", MINUTE)
    assert not ephemeral.add("key", b"second", MINUTE)
    assert ephemeral.get("key") == b"first"
    clock_file.advance(61)
    assert ephemeral.add("key", b"third", MINUTE)
    assert ephemeral.get("key") == b"third"
    clock_file.advance(59)
    assert not ephemeral.add("key", b"fourth", MINUTE)


def test_take_gives_a_value_once(ephemeral: Ephemeral) -> None:
    ephemeral.put("key", b"x", MINUTE)
    assert ephemeral.take("key") == b"x"
    assert ephemeral.take("key") is None


def test_swap_compares_and_keeps_the_life(ephemeral: Ephemeral, clock_file: ClockFile) -> None:
    assert not ephemeral.swap("key", b"", b"new")
    ephemeral.put("key", b"old", MINUTE)
    assert not ephemeral.swap("key", b"other", b"new")
    assert not ephemeral.swap("key", b"ol", b"new")
    clock_file.advance(50)
    assert ephemeral.swap("key", b"old", b"new")
    assert not ephemeral.swap("key", b"old", b"newer")
    assert ephemeral.get("key") == b"new"
    clock_file.advance(11)
    assert ephemeral.get("key") is None


def test_the_first_increment_sets_the_life(ephemeral: Ephemeral, clock_file: ClockFile) -> None:
    assert ephemeral.increment("count", MINUTE) == 1
    clock_file.advance(50)
    assert ephemeral.increment("count", MINUTE, 41) == 42
    assert ephemeral.get("count") == b"42"
    assert ephemeral.increment("count", MINUTE, -43) == -1
    clock_file.advance(11)
    assert ephemeral.get("count") is None
    assert ephemeral.increment("count", MINUTE, 7) == 7


def test_birth_is_when_the_store_was_found_empty(
    ephemeral: Ephemeral, clock: Clock, clock_file: ClockFile
) -> None:
    before = clock.now()
    birth = ephemeral.birth()
    assert before <= birth <= clock.now()
    clock_file.advance(40 * 86_400)
    ephemeral.sweep()
    assert ephemeral.birth() == birth


def test_sweeping_forgets_only_what_is_past_its_life(ephemeral: Ephemeral, clock_file: ClockFile) -> None:
    ephemeral.put("short", b"x", MINUTE)
    ephemeral.put("long", b"x", 10 * MINUTE)
    clock_file.advance(61)
    assert ephemeral.sweep() == isinstance(ephemeral, SqliteEphemeral)
    assert ephemeral.get("long") == b"x"


def test_writing_sweeps_so_that_the_file_stays_small(
    tmp_path: Path, clock: Clock, clock_file: ClockFile
) -> None:
    store = SqliteEphemeral(tmp_path / "ephemeral.db", clock)
    for number in range(400):
        store.put(f"old:{number}", b"x", MINUTE)
    clock_file.advance(61)
    for number in range(300):
        store.put(f"new:{number}", b"x", MINUTE)
    assert store.sweep() == 0
    assert store.get("new:0") == b"x"


def test_the_file_is_readable_by_us_alone(tmp_path: Path, clock: Clock) -> None:
    store = SqliteEphemeral(tmp_path / "var" / "ephemeral.db", clock)
    store.put("key", b"x", MINUTE)
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "var").iterdir()} == {0}
