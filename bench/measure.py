"""Runs a scenario for a while over a few connections and says what it cost."""

import statistics
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from bench.processes import Server
from bench.scenarios import Scenario
from bench.setting import Setting
from bench.wire import Connection

WARM_UP = 50


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table. Times in ms."""

    operations: int
    per_second: float
    p50: float
    p99: float
    cpu: float
    statements: float
    peak_mb: float


def measure(
    server: Server, scenario: Scenario, setting: Setting, seconds: float, connections: int
) -> Figures:
    """Figures of one scenario over so many connections at once. What `each` costs is measured alone first and taken off."""
    if scenario.each is None:
        return _run(server, Scenario(scenario.operation, scenario.before), setting, seconds, connections)
    alone = _run(server, Scenario(scenario.each), setting, seconds, connections)
    both = _run(server, scenario, setting, seconds, connections)
    return Figures(
        both.operations, both.per_second, both.p50, both.p99, both.cpu - alone.cpu,
        both.statements - alone.statements, both.peak_mb,
    )  # fmt: skip


def _run(server: Server, scenario: Scenario, setting: Setting, seconds: float, connections: int) -> Figures:
    hands = [(Connection(server.port), deepcopy(setting)) for _ in range(connections)]
    for connection, own in hands:
        if scenario.before is not None:
            scenario.before(connection, own)
        for _ in range(WARM_UP):
            _operate(scenario, connection, own)
    counted = statements(hands[0][0])
    used, started = server.usage(), time.perf_counter()
    times = _drive([_loop(scenario, connection, own, started + seconds) for connection, own in hands])
    elapsed, after = time.perf_counter() - started, server.usage()
    count = len(times)
    made = statements(hands[0][0]) - counted
    for connection, _ in hands:
        connection.close()
    cuts = statistics.quantiles(times, n=100)
    return Figures(
        count, count / elapsed, statistics.median(times), cuts[98], (after.cpu_ms - used.cpu_ms) / count,
        made / count, after.peak_mb,
    )  # fmt: skip


def statements(connection: Connection) -> int:
    """How many statements the server has executed so far, by its own count."""
    return int(connection.get("/bench/statements").body)


def _operate(scenario: Scenario, connection: Connection, setting: Setting) -> float:
    if scenario.each is not None:
        scenario.each(connection, setting)
    started = time.perf_counter()
    scenario.operation(connection, setting)
    return (time.perf_counter() - started) * 1000


def _loop(
    scenario: Scenario, connection: Connection, setting: Setting, end: float
) -> Callable[[], list[float]]:
    def loop() -> list[float]:
        times = []
        while time.perf_counter() < end:
            times.append(_operate(scenario, connection, setting))
        return times

    return loop


def _drive(loops: list[Callable[[], list[float]]]) -> list[float]:
    """Run the loops side by side; any error in one of them is an error of the run."""
    times: list[float] = []
    errors: list[BaseException] = []

    def work(loop: Callable[[], list[float]]) -> None:
        try:
            times.extend(loop())
        except BaseException as error:  # noqa: BLE001  # carried to the caller
            errors.append(error)

    threads = [threading.Thread(target=work, args=(loop,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return times
