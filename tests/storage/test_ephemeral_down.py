"""A store that is gone says so quickly, and is used again as soon as it is back."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from app.storage.clock import Clock
from app.storage.ephemeral import EphemeralDown, RedisEphemeral, SqliteEphemeral, WrongPolicy, open_ephemeral
from app.storage.ephemeral.limits_storage import EphemeralLimits
from config.settings import Settings
from tests.support.servers import ServiceMissing, find_program, free_port, wait_for

QUICK_S = 0.5
PATIENCE_S = 30


class OwnRedis:
    """A server that a test may stop."""

    def __init__(self, directory: Path) -> None:
        self._port, self._directory = free_port(), directory
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        program = find_program("redis-server", "redis-server", "/usr/bin/valkey-server")
        command = [program, "--port", str(self._port), "--save", "", "--dir", str(self._directory), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self._answers, "Redis does not answer")

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnRedis]:
    made = OwnRedis(tmp_path)
    try:
        made.start()
    except ServiceMissing as missing:
        pytest.skip(str(missing))
    yield made
    made.kill()


VERBS: list[Callable[[RedisEphemeral], object]] = [
    lambda store: store.put("key", b"x", 1000),
    lambda store: store.get("key"),
    lambda store: store.add("key", b"x", 1000),
    lambda store: store.take("key"),
    lambda store: store.swap("key", b"x", b"y"),
    lambda store: store.increment("count", 1000),
    lambda store: store.delete("key"),
    lambda store: store.birth(),
]


def assert_quickly_down(store: RedisEphemeral) -> None:
    for verb in VERBS:
        began = time.monotonic()
        with pytest.raises(EphemeralDown):
            verb(store)
        assert time.monotonic() - began < QUICK_S


@pytest.mark.sr("SR-146")
def test_a_killed_server_is_noticed_and_used_again(server: OwnRedis, clock: Clock) -> None:
    store = RedisEphemeral(server.url, clock)
    store.put("key", b"x", 60_000)
    server.kill()
    assert_quickly_down(store)
    assert not EphemeralLimits(store, clock).check()
    server.start()
    for verb in VERBS:
        verb(store)


def test_a_frozen_server_is_noticed_and_used_again(server: OwnRedis, clock: Clock) -> None:
    store = RedisEphemeral(server.url, clock)
    store.put("key", b"x", 60_000)
    server.signal(signal.SIGSTOP)
    assert_quickly_down(store)
    server.signal(signal.SIGCONT)
    assert store.increment("after", 60_000) == 1


@pytest.mark.sr("SR-146")
def test_a_flushed_server_has_a_new_birth(server: OwnRedis, clock: Clock) -> None:
    store = RedisEphemeral(server.url, clock)
    first = store.birth()
    with redis.Redis.from_url(server.url) as other:
        other.flushall()
        other.script_flush()
    assert store.birth() >= first
    assert store.add(
        "replayed", b"", 1000
    )  # forgotten, which is why what was issued before that birth is spent


def test_a_server_that_evicts_is_refused_at_the_start(server: OwnRedis, clock: Clock, tmp_path: Path) -> None:
    settings = Settings(profile="testing", redis_url=server.url, data_dir=tmp_path)
    assert isinstance(open_ephemeral(settings, clock), RedisEphemeral)
    server.kill()
    assert isinstance(open_ephemeral(settings, clock), RedisEphemeral)
    server.start("--maxmemory-policy", "allkeys-lru")
    with pytest.raises(WrongPolicy, match="noeviction"):
        open_ephemeral(settings, clock)


def test_without_an_address_the_store_is_a_file(clock: Clock, tmp_path: Path) -> None:
    store = open_ephemeral(Settings(profile="testing", data_dir=tmp_path / "var"), clock)
    store.put("key", b"x", 1000)
    assert (tmp_path / "var" / "ephemeral.db").exists()


def test_a_broken_file_is_down_until_it_is_replaced(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "ephemeral.db"
    path.write_bytes(b"no database" * 1000)
    store = SqliteEphemeral(path, clock)
    with pytest.raises(EphemeralDown):
        store.get("key")
    path.unlink()
    store.put("key", b"x", 1000)
    assert store.get("key") == b"x"


def test_a_directory_that_cannot_be_made_is_down(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EphemeralDown):
        SqliteEphemeral(tmp_path / "file" / "ephemeral.db", clock).get("key")
