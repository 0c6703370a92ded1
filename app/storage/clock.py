"""The one clock. Everything that asks for the time asks here, so that tests can move it."""

import time
from pathlib import Path


class Clock:
    """Milliseconds since 1970, UTC, plus the seconds written in a file (testing only)."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen = -1
        self._offset = 0

    def now(self) -> int:
        """The time in milliseconds."""
        return time.time_ns() // 1_000_000 + self.offset()

    @property
    def is_moved(self) -> bool:
        """Whether tests may move this clock."""
        return self._file is not None

    def offset(self) -> int:
        """Milliseconds that a test has moved the clock by; zero without a clock file."""
        if self._file is None:
            return 0
        try:
            stamp = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return 0
        if stamp != self._seen:
            text = self._file.read_text().strip()
            self._offset, self._seen = int(float(text or "0") * 1000), stamp
        return self._offset
