"""The exact counters of one number, in its locked row: every step is counted before it is done."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.challenges.outcomes import Refused
from app.challenges.tables import number_counters
from app.keys.lookup import LookupHasher
from app.storage.upsert import insert_ignore
from config.limits import LimitsSettings

TEN_MINUTES, HOUR, DAY = 600_000, 3_600_000, 86_400_000
KIND = "number"


@dataclass(slots=True)
class Counted:
    """A row as it was read. Times in ms, oldest first."""

    sends: list[int]
    pushes: list[int]
    fails: list[int]
    consecutive: int


class NumberCounters:
    """Counts sends, prompts and wrong codes of numbers."""

    def __init__(self, hasher: LookupHasher, limits: LimitsSettings) -> None:
        self._hasher, self._limits = hasher, limits

    def send(self, tx: Session, number: str, now: int) -> Refused | int:
        """Count one message; returns when the next may be sent, or why this one may not (SR-129)."""
        counted = self._locked(tx, number, now)
        refused = self._may_send(counted.sends, now)
        if refused is not None:
            return refused
        counted.sends.append(now)
        self._write(tx, number, counted, now)
        return now + self._gap(counted.sends)

    def push(self, tx: Session, number: str, now: int) -> Refused | int:
        """Count one prompt on the handset (SR-138)."""
        counted, limits = self._locked(tx, number, now), self._limits
        if _since(counted.pushes, now - TEN_MINUTES) >= limits.push_per_10_minutes or len(counted.pushes) >= limits.push_per_day:
            return Refused("prompts")
        counted.pushes.append(now)
        self._write(tx, number, counted, now)
        return now

    def attempt(self, tx: Session, number: str, now: int) -> bool:
        """Count a code as wrong before it is compared; False when no more may be tried (SR-128)."""
        counted, limits = self._locked(tx, number, now), self._limits
        if (
            _since(counted.fails, now - HOUR) >= limits.otp_fails_per_hour
            or len(counted.fails) >= limits.otp_fails_per_day
            or counted.consecutive >= limits.otp_fails_consecutive
        ):
            return False
        counted.fails.append(now)
        counted.consecutive += 1
        self._write(tx, number, counted, now)
        return True

    def succeed(self, tx: Session, number: str, now: int) -> None:
        """The last attempt was right after all: take it back, and forget prompts that led here."""
        counted = self._locked(tx, number, now)
        if counted.fails:
            counted.fails.pop()
        counted.consecutive, counted.pushes = 0, []
        self._write(tx, number, counted, now)

    def _may_send(self, sends: list[int], now: int) -> Refused | None:
        limits = self._limits
        if sends and now < sends[-1] + self._gap(sends):
            return Refused("gap", sends[-1] + self._gap(sends))
        windows = ((TEN_MINUTES, limits.sms_per_10_minutes), (HOUR, limits.sms_per_hour), (DAY, limits.sms_per_day))
        for length, most in windows:
            recent = [at for at in sends if at > now - length]
            if len(recent) >= most:
                return Refused("window", recent[-most] + length)
        return None

    def _gap(self, sends: list[int]) -> int:
        """The pause after so many messages within the last hour, ms."""
        recent = _since(sends, sends[-1] - HOUR)
        gaps = self._limits.sms_gaps_s
        return gaps[min(recent, len(gaps)) - 1] * 1000 if gaps else 0

    def _locked(self, tx: Session, number: str, now: int) -> Counted:
        """The row of a number, made if it is not there, and ours until the transaction ends."""
        version, digest = self._hasher.hashes(KIND, number)[0]
        empty = {"sends": [], "pushes": [], "fails": [], "consecutive": 0, "touched_at": now}
        insert_ignore(tx, number_counters, {"key_version": version, "hash": digest} | empty)
        row = tx.execute(
            select(number_counters)
            .where(number_counters.c.key_version == version, number_counters.c.hash == digest)
            .with_for_update()
        ).one()
        lists = ([at for at in times if at > now - DAY] for times in (row.sends, row.pushes, row.fails))
        return Counted(*lists, row.consecutive)

    def _write(self, tx: Session, number: str, counted: Counted, now: int) -> None:
        version, digest = self._hasher.hashes(KIND, number)[0]
        tx.execute(
            update(number_counters)
            .where(number_counters.c.key_version == version, number_counters.c.hash == digest)
            .values(
                sends=counted.sends,
                pushes=counted.pushes,
                fails=counted.fails,
                consecutive=counted.consecutive,
                touched_at=now,
            )
        )


def _since(times: list[int], start: int) -> int:
    return sum(1 for at in times if at > start)
