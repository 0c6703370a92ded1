"""The ephemeral store on Redis or Valkey: each verb one command or one script, so each is atomic there.

Lives are counted by our clock, which tests move: the end is stored in front of the value, and Redis drops the key some
time after it at the latest.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.storage.clock import Clock
from app.storage.ephemeral.base import EphemeralDown

log = logging.getLogger("mostid.ephemeral")

TIMEOUT_S = 0.2
BIRTH = "mostid:birth"
HEAD = 16
"""Digits of the end of a life (ms) in front of each value; the scripts know the number too."""
GRACE_MS = 60_000
"""How much longer than its life Redis keeps a value: our machines' clocks differ a little."""
MOVED_MS = 7 * 86_400_000
"""The same where tests move the clock, backwards too."""
NEVER_EVICTS = "noeviction"

ADD = """
local old = redis.call('GET', KEYS[1])
if old and tonumber(string.sub(old, 1, 16)) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
"""
SWAP = """
local old = redis.call('GET', KEYS[1])
if not old or tonumber(string.sub(old, 1, 16)) <= tonumber(ARGV[3]) then return 0 end
if string.sub(old, 17) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], string.sub(old, 1, 16) .. ARGV[2], 'KEEPTTL')
return 1
"""
INCREMENT = """
local old = redis.call('GET', KEYS[1])
if old and tonumber(string.sub(old, 1, 16)) > tonumber(ARGV[2]) then
  local sum = tonumber(string.sub(old, 17)) + tonumber(ARGV[4])
  redis.call('SET', KEYS[1], string.sub(old, 1, 16) .. string.format('%d', sum), 'KEEPTTL')
  return sum
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[4], 'PX', ARGV[3])
return tonumber(ARGV[4])
"""


class WrongPolicy(Exception):
    """The server forgets living values when its memory is full. The text says what to change."""


class RedisEphemeral:
    """One pool a process; every process of a deployment shares the server."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._add = self._redis.register_script(ADD)
        self._swap = self._redis.register_script(SWAP)
        self._increment = self._redis.register_script(INCREMENT)

    def put(self, key: str, value: bytes, ttl_ms: int) -> None:
        """See Ephemeral."""
        with _errors():
            self._redis.set(key, self._end(ttl_ms) + value, px=self._kept(ttl_ms))

    def get(self, key: str) -> bytes | None:
        """See Ephemeral."""
        with _errors():
            return self._living(self._redis.get(key))

    def add(self, key: str, value: bytes, ttl_ms: int) -> bool:
        """See Ephemeral."""
        with _errors():
            arguments: list[bytes | int] = [self._end(ttl_ms) + value, self._clock.now(), self._kept(ttl_ms)]
            return bool(self._add(keys=[key], args=arguments))

    def take(self, key: str) -> bytes | None:
        """See Ephemeral."""
        with _errors():
            return self._living(self._redis.getdel(key))

    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """See Ephemeral."""
        with _errors():
            return bool(self._swap(keys=[key], args=[old, new, self._clock.now()]))

    def increment(self, key: str, ttl_ms: int, by: int = 1) -> int:
        """See Ephemeral."""
        with _errors():
            arguments: list[bytes | int] = [self._end(ttl_ms), self._clock.now(), self._kept(ttl_ms), by]
            return int(self._increment(keys=[key], args=arguments))

    def delete(self, key: str) -> None:
        """See Ephemeral."""
        with _errors():
            self._redis.delete(key)

    def birth(self) -> int:
        """See Ephemeral. Whoever finds none after the server has lost its values writes a new one."""
        with _errors():
            found: Any = self._redis.get(BIRTH)
            if found is None:
                self._redis.set(BIRTH, self._clock.now(), nx=True)
                found = self._redis.get(BIRTH)
            return int(found or self._clock.now())

    def check_policy(self) -> None:
        """Raise WrongPolicy if the server may evict replay records to make room. Some servers do not tell."""
        try:
            with _errors():
                found: Any = self._redis.config_get("maxmemory-policy")
        except EphemeralDown as down:
            log.warning("maxmemory-policy of Redis is not known", extra={"cause": str(down)})
            return
        policy = found.get("maxmemory-policy", NEVER_EVICTS)
        if policy != NEVER_EVICTS:
            raise WrongPolicy(f"Redis has maxmemory-policy {policy}: set it to {NEVER_EVICTS}")

    def sweep(self) -> int:
        """See Ephemeral."""
        return 0

    def close(self) -> None:
        """Let go of all connections."""
        self._redis.close()

    def _end(self, ttl_ms: int) -> bytes:
        return f"{self._clock.now() + ttl_ms:0{HEAD}d}".encode()

    def _kept(self, ttl_ms: int) -> int:
        return ttl_ms + (MOVED_MS if self._clock.is_moved else GRACE_MS)

    def _living(self, raw: Any) -> bytes | None:
        if raw is None or int(raw[:HEAD]) <= self._clock.now():
            return None
        value: bytes = raw[HEAD:]
        return value


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise EphemeralDown(type(error).__name__) from error
