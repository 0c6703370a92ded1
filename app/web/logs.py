"""JSON logs on stderr: one line a record, no personal data, untrusted text encoded (SR-184)."""

import json
import logging
import re
import sys

from app.storage.clock import Clock

PHONE = re.compile(r"\+?\d{7,13}(\d{2})\b")
OURS = frozenset({"reference"})
"""Made by us, and what operators search for: its digits must not be taken for a number."""
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line; what a caller passes in `extra` becomes members."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        members: dict[str, object] = {
            "at": self._clock.now(),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in STANDARD:
                members[name] = mask(value) if isinstance(value, str) and name not in OURS else value
        if record.exc_info:
            members["trace"] = mask(self.formatException(record.exc_info))
        return json.dumps(members, ensure_ascii=True, default=str)


def mask(text: str) -> str:
    """Leave the last two digits of anything that looks like a phone number."""
    return PHONE.sub(r"•••\1", text)


def configure(level: str, clock: Clock) -> None:
    """Send the log of this process to stderr as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(clock))
    logger = logging.getLogger("mostid")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
