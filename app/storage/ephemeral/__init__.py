"""The ephemeral store: a few verbs with stated atomicity, in a SQLite file or on Redis.

Owns: short-lived values and their lives. Does not own: what the values mean, nor anything that must not be lost.
"""

from contextlib import suppress

from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral, EphemeralDown
from app.storage.ephemeral.redis import RedisEphemeral, WrongPolicy
from app.storage.ephemeral.sqlite import SqliteEphemeral
from config.settings import Settings

__all__ = [
    "Ephemeral", "EphemeralDown", "RedisEphemeral", "SqliteEphemeral", "WrongPolicy", "open_ephemeral",
]  # fmt: skip


def open_ephemeral(settings: Settings, clock: Clock) -> Ephemeral:
    """The store that the settings name. Raises WrongPolicy for a Redis that evicts; one that is down may come up later."""
    store = _named(settings, clock)
    with suppress(EphemeralDown):  # an empty store is born now, not with the first that asks how old it is
        store.birth()
    return store


def _named(settings: Settings, clock: Clock) -> Ephemeral:
    if not settings.redis_url:
        return SqliteEphemeral(settings.data_dir / "ephemeral.db", clock)
    store = RedisEphemeral(settings.redis_url, clock)
    store.check_policy()
    return store
