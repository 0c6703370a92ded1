"""The doctor's look at signing keys."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select

from app.cli.finding import Finding, error, warning
from app.keys.lifecycle import ALGORITHMS, FIRST
from app.keys.sealing import Unsealable
from app.keys.signing import NoSigningKey, SigningKeys
from app.keys.tables import signing_keys as table
from app.storage.clock import Clock
from app.storage.database import Storage
from config.limits import LifetimeSettings

DAY_MS = 86_400_000
OLD_MS = 90 * DAY_MS
"""After this a key should have been rotated."""
SLACK_MS = 60_000


def check_keys(
    storage: Storage, signing_keys: SigningKeys, clock: Clock, lifetimes: LifetimeSettings
) -> Iterator[Finding]:
    """What is missing, old, left over, or cannot be read with our secrets. Raises Unavailable."""
    rows = storage.run(lambda tx: tx.execute(select(table).where(table.c.state != "retired")).all())
    for algorithm in ALGORITHMS:
        of_it = [row for row in rows if row.algorithm == algorithm]
        if of_it or algorithm in FIRST:
            yield from _states(algorithm, of_it, clock.now(), lifetimes)
        else:
            yield warning("key", f"there is no {algorithm} key yet", "run `flask keys ensure`")
    yield from _left_over(rows, clock.now(), lifetimes)
    if any(row.published_at > clock.now() + SLACK_MS for row in rows):
        yield error(
            "clock",
            "a signing key was published in the future: the clock was set back, and living tokens may look unborn",
            "set the system's clock by a time server",
        )
    if any(row.state == "current" for row in rows):
        yield from _signs(signing_keys, {row.algorithm for row in rows if row.state == "current"})


def _states(algorithm: str, rows: list[Row[Any]], now: int, lifetimes: LifetimeSettings) -> Iterator[Finding]:
    current = next((row for row in rows if row.state == "current"), None)
    waiting = next((row for row in rows if row.state == "next"), None)
    if current is None and waiting is not None and algorithm not in FIRST:
        overdue = now > waiting.published_at + 2 * lifetimes.key_publish_s * 1000
        if overdue:  # until then it is only young
            yield warning("key", f"the first {algorithm} key may sign and does not", "start `flask worker`")
    elif current is None:
        yield error("key", f"no {algorithm} key is current: nothing can be signed", "run `flask keys ensure`")
    elif now - current.activated_at > OLD_MS:
        days = (now - current.activated_at) // DAY_MS
        yield warning("key", f"the {algorithm} key signs since {days} days", "run `flask keys rotate`")
    if current is not None and waiting is None:
        yield warning(
            "key",
            f"no {algorithm} key is published as next: a rotation would have to wait",
            "run `flask keys ensure`",
        )


def _left_over(rows: Sequence[Row[Any]], now: int, lifetimes: LifetimeSettings) -> Iterator[Finding]:
    """Retired keys go with the worker's housekeeping; one that stays says that no worker runs."""
    end = now - 2 * lifetimes.key_retire_s * 1000
    if any(row.state == "retiring" and row.retiring_at < end for row in rows):
        yield warning("key", "a key is past its end and still published", "start `flask worker`")


def _signs(signing_keys: SigningKeys, algorithms: set[str]) -> Iterator[Finding]:
    for algorithm in sorted(algorithms):
        try:
            signing_keys.sign({}, algorithm, "doctor+jwt")
        except (Unsealable, NoSigningKey):
            yield error(
                "key",
                f"the {algorithm} key cannot be unwrapped: it was wrapped by a master key that is not listed",
                "put the former version back into MOSTID_KEYS__WRAP, after the current one",
            )
