"""What the doctor finds."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake."""

    level: Level
    """An error breaks something now; a warning will."""
    area: str
    """address, cookie, clock, proxy, key, database, ephemeral, file, client, limit or setting."""
    what: str
    """What is wrong, in one sentence."""
    change: str
    """What to change."""


def error(area: str, what: str, change: str) -> Finding:
    """A finding that breaks something now."""
    return Finding("error", area, what, change)


def warning(area: str, what: str, change: str) -> Finding:
    """A finding that will matter."""
    return Finding("warning", area, what, change)
