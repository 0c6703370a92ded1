"""The exact counters of one number, in its locked row: every step is counted before it is done.

A browser that once proved the number has a row, and so tries, of its own: strangers cannot use them up (SR-147).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, tuple_, update

from app.challenges.outcomes import Admitted, Refused
from app.challenges.tables import number_counters
from app.keys.lookup import LookupHasher
from app.storage.clock import Clock
from app.storage.database import Transaction
from app.storage.now import database_now
from app.storage.upsert import dialect_insert
from config.limits import LimitsSettings

TEN_MINUTES, HOUR, DAY = 600_000, 3_600_000, 86_400_000
CODE_CEILING = TEN_MINUTES
"""No code lives longer (SR-126), so a spent one need not be remembered longer."""
KEPT = 2 * DAY
KEPT_LONG = 90 * DAY
"""Rows that must outlast a pause: a browser's own, and those of a number that is being guessed at."""
GUESSED_AT = 10
"""Wrong codes in a row from which a number counts as guessed at."""
NUMBER, BROWSER = "number", "number-browser"

Key = tuple[int, bytes]


@dataclass(slots=True)
class Counted:
    """A row as it was read, pruned. Times in ms, oldest first."""

    key: Key
    now: int
    sends: list[int]
    pushes: list[int]
    fails: list[tuple[int, str]]
    spent: list[tuple[int, str]]
    consecutive: int
    kept: int

    def values(self) -> dict[str, Any]:
        """Column values to write."""
        kept = max(self.kept, KEPT_LONG if self.consecutive >= GUESSED_AT else KEPT)
        return {
            "sends": self.sends,
            "pushes": self.pushes,
            "fails": self.fails,
            "spent": self.spent,
            "consecutive": self.consecutive,
            "keep_until": self.now + kept,
        }

    def forgive(self, mark: str) -> bool:
        """Take back the last fail of a challenge: it was none. False if there is none in this row."""
        at = max((number for number, fail in enumerate(self.fails) if fail[1] == mark), default=None)
        if at is None:
            return False
        del self.fails[at]
        self.consecutive = max(0, self.consecutive - 1)
        return True


class NumberCounters:
    """Counts messages, prompts and wrong codes of numbers. Each method is one short writing transaction's work."""

    def __init__(self, hasher: LookupHasher, clock: Clock, limits: LimitsSettings) -> None:
        self._hasher, self._limits = hasher, limits
        self._now = database_now(clock)

    def send(self, tx: Transaction, number: str, browser: str) -> Admitted | Refused:
        """Count one message, or say when the next may be sent (SR-129)."""
        row = self._locked(tx, number)
        tried = self._own(tx, number, browser) or row
        refused = self._may_send(row.sends, row.now) or self._may_try(tried)
        if refused is not None:
            return refused
        row.sends.append(row.now)
        self._write(tx, row)
        return Admitted(row.now + self._gap(row.sends))

    def push(self, tx: Transaction, number: str, browser: str) -> Admitted | Refused:
        """Count one prompt on the handset (SR-138)."""
        row, limits = self._locked(tx, number), self._limits
        refused = (
            _window(row.pushes, row.now, TEN_MINUTES, limits.push_per_10_minutes)
            or _window(row.pushes, row.now, DAY, limits.push_per_day)
            or self._may_try(self._own(tx, number, browser) or row)
        )
        if refused is not None:
            return refused
        row.pushes.append(row.now)
        self._write(tx, row)
        return Admitted(row.now)

    def attempt(self, tx: Transaction, number: str, browser: str, challenge: str) -> int:
        """Count a code as wrong before it is compared (SR-127, SR-128).

        Returns the tries of this challenge with this one, or 0 when no more may be tried; then nothing is counted.
        """
        number_row, mark = self._locked(tx, number), _mark(challenge)
        own = self._own(tx, number, browser)
        row, tries = own or number_row, _tries(number_row, mark) + (_tries(own, mark) if own else 0)
        if tries >= self._limits.otp_tries_per_challenge or self._may_try(row):
            return 0
        row.fails.append((row.now, mark))
        row.consecutive += 1
        self._write(tx, row)
        return tries + 1

    def forgive(self, tx: Transaction, number: str, browser: str, challenge: str) -> None:
        """The last attempt was right, although it leads nowhere yet."""
        for row in filter(None, (self._locked(tx, number), self._own(tx, number, browser))):
            if row.forgive(_mark(challenge)):
                self._write(tx, row)
                return

    def succeed(self, tx: Transaction, number: str, browser: str, challenge: str) -> bool:
        """The last attempt was right. False when this challenge was spent before: of many at once one succeeds (SR-126)."""
        number_row, mark = self._locked(tx, number), _mark(challenge)
        if any(spent == mark for _, spent in number_row.spent):
            return False
        own = self._own(tx, number, browser)
        if not (own and own.forgive(mark)):
            number_row.forgive(mark)
        number_row.spent.append((number_row.now, mark))
        number_row.consecutive, number_row.pushes = 0, []
        self._write(tx, number_row)
        own = own or self._locked(tx, _of_browser(number, browser), BROWSER)
        own.consecutive, own.kept = 0, KEPT_LONG
        self._write(tx, own)
        return True

    def tries(self, tx: Transaction, number: str, browser: str, challenge: str) -> int:
        """How often this challenge has been tried."""
        keys = [
            *self._hasher.hashes(NUMBER, number),
            *self._hasher.hashes(BROWSER, _of_browser(number, browser)),
        ]
        return sum(_tries(row, _mark(challenge)) for row in self._read(tx, keys))

    def has_proved(self, tx: Transaction, number: str, browser: str) -> bool:
        """Whether this browser proved this number within the last months."""
        return self._own(tx, number, browser) is not None

    def _may_send(self, sends: list[int], now: int) -> Refused | None:
        limits = self._limits
        if sends and now < sends[-1] + self._gap(sends):
            return Refused("gap", sends[-1] + self._gap(sends))
        windows = (
            (TEN_MINUTES, limits.sms_per_10_minutes),
            (HOUR, limits.sms_per_hour),
            (DAY, limits.sms_per_day),
        )
        return next(filter(None, (_window(sends, now, length, most) for length, most in windows)), None)

    def _may_try(self, row: Counted) -> Refused | None:
        """Why no code of this number may be tried now; then none is sent either."""
        limits, times = self._limits, [at for at, _ in row.fails]
        if row.consecutive >= limits.otp_fails_consecutive:
            return Refused("guessed")
        windows = ((HOUR, limits.otp_fails_per_hour), (DAY, limits.otp_fails_per_day))
        return next(filter(None, (_window(times, row.now, length, most) for length, most in windows)), None)

    def _gap(self, sends: list[int]) -> int:
        """The pause after so many messages within the last hour, ms."""
        recent = sum(1 for at in sends if at > sends[-1] - HOUR)
        gaps = self._limits.sms_gaps_s
        return gaps[min(recent, len(gaps)) - 1] * 1000 if gaps else 0

    def _locked(self, tx: Transaction, value: str, kind: str = NUMBER) -> Counted:
        """The row, made if it is not there, and ours until the transaction ends."""
        current, *former = self._hasher.hashes(kind, value)
        empty: dict[str, Any] = {
            "sends": [],
            "pushes": [],
            "fails": [],
            "spent": [],
            "consecutive": 0,
            "keep_until": 0,
        }
        statement = dialect_insert(tx, number_counters).values(
            key_version=current[0], hash=current[1], **empty
        )
        upsert = statement.on_conflict_do_update(
            index_elements=["key_version", "hash"], set_={"keep_until": number_counters.c.keep_until}
        ).returning(*number_counters.c, self._now.label("now"))
        row = _counted(tx.execute(upsert).one())
        # While the look-up key changes, what was counted under the former one counts on.
        return _joined(row, self._read(tx, former)) if former and not row.kept else row

    def _own(self, tx: Transaction, number: str, browser: str) -> Counted | None:
        """The row of a browser that proved this number. Whoever comes here holds the number's row already."""
        rows = self._read(tx, self._hasher.hashes(BROWSER, _of_browser(number, browser)))
        return next((row for row in rows if row.kept), None)

    def _read(self, tx: Transaction, keys: Sequence[Key]) -> list[Counted]:
        place = tuple_(number_counters.c.key_version, number_counters.c.hash)
        found = tx.execute(select(number_counters, self._now.label("now")).where(place.in_(keys)))
        return [_counted(row) for row in found]

    @staticmethod
    def _write(tx: Transaction, row: Counted) -> None:
        version, digest = row.key
        where = (number_counters.c.key_version == version, number_counters.c.hash == digest)
        tx.execute(update(number_counters).where(*where).values(row.values()))


def _counted(row: Row[Any]) -> Counted:
    day, ceiling = row.now - DAY, row.now - CODE_CEILING
    return Counted(
        key=(row.key_version, row.hash),
        now=row.now,
        sends=[at for at in row.sends if at > day],
        pushes=[at for at in row.pushes if at > day],
        fails=[(at, mark) for at, mark in row.fails if at > day],
        spent=[(at, mark) for at, mark in row.spent if at > ceiling],
        consecutive=row.consecutive,
        kept=max(0, row.keep_until - row.now),
    )


def _joined(row: Counted, former: list[Counted]) -> Counted:
    for other in former:
        row.sends, row.pushes = sorted(row.sends + other.sends), sorted(row.pushes + other.pushes)
        row.fails, row.spent = sorted(row.fails + other.fails), sorted(row.spent + other.spent)
        row.consecutive = max(row.consecutive, other.consecutive)
    return row


def _window(times: list[int], now: int, length: int, most: int) -> Refused | None:
    """The refusal, if so long a window is full."""
    recent = [at for at in times if at > now - length]
    return Refused("window", recent[-most] + length) if len(recent) >= most else None


def _tries(row: Counted, mark: str) -> int:
    return sum(1 for _, of in row.fails if of == mark)


def _of_browser(number: str, browser: str) -> str:
    return f"{number} {browser}"


def _mark(challenge: str) -> str:
    """A challenge as rows name it; the row does not tell the challenge."""
    return hashlib.sha256(challenge.encode()).hexdigest()[:16]
