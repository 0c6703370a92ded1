"""The one HTTP client of all upstreams."""

from collections.abc import Callable

from app.storage.clock import Clock


class Http:
    """Calls upstreams, each with its own time limits and breaker."""

    def __init__(self, clock: Clock, on_event: Callable[[str], None]) -> None:
        self._clock, self._on_event = clock, on_event
