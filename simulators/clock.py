"""The time here: the system's, plus what a test has moved it by."""

import time
from pathlib import Path

Stamp = tuple[int, int]


class Clock:
    """Seconds since 1970, plus those written in a file (testing only)."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen: tuple[Stamp, float] = ((0, 0), 0)

    @property
    def is_moved(self) -> bool:
        """Whether a test may move it."""
        return self._file is not None

    def now(self) -> float:
        """The time in seconds."""
        return time.time() + self._offset()

    def now_ms(self) -> int:
        """The time in whole milliseconds."""
        return int(self.now() * 1000)

    def _offset(self) -> float:
        if self._file is None:
            return 0
        try:
            status = self._file.stat()
            stamp, offset = (status.st_ino, status.st_mtime_ns), self._seen[1]
            if stamp != self._seen[0]:
                offset = float(self._file.read_text().strip() or 0)
                self._seen = (stamp, offset)
        except FileNotFoundError:
            return 0
        return offset
