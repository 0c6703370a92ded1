"""What every test may use, and what a run says of itself at its end."""

import os
import signal
from collections import Counter
from types import FrameType

import pytest

from tests.services import clock, clock_file, ephemeral, postgres_url, redis_url, storage_url
from tests.simulation import simulation, simulators_of_worker
from tests.support import servers
from tests.support.chromium import chromium

__all__ = [
    "chromium", "clock", "clock_file", "ephemeral", "postgres_url", "redis_url", "simulation",
    "simulators_of_worker", "storage_url",
]  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Open the run in the process that owns it; xdist's workers inherit it."""
    for name in [name for name in os.environ if name.startswith("MOSTID_") and name != servers.RUN]:
        del os.environ[name]  # a developer's own settings decide nothing here
    if not hasattr(config, "workerinput"):
        servers.open_run()
        signal.signal(signal.SIGTERM, _interrupt)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers of the run."""
    if not hasattr(config, "workerinput"):
        servers.close_run()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out and why, so that a green run is not taken for a whole one."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"left out: {count} test(s): {reason}")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
