"""The supervisor with small programs: it starts, restarts and stops them, and leaves none, however it ends itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import free_port, wait_for

ROOT = Path(__file__).parents[2]
SERVES = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("serving", flush=True)
while True:
    listener.accept()[0].close()
"""
UNWELL = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for status in [b"503 Service Unavailable"] * 3 + [b"200 OK"]:
    visitor = listener.accept()[0]
    print(visitor.recv(1000).split(b"\\r\\n")[0].decode(), flush=True)
    visitor.sendall(b"HTTP/1.1 " + status + b"\\r\\n\\r\\n")
    visitor.close()
sys.stdin.read()
__import__("threading").Event().wait()
"""
IGNORES_SIGTERM = (
    "import signal, threading; signal.signal(signal.SIGTERM, signal.SIG_IGN); threading.Event().wait()"
)
LEADS = """
import signal, subprocess, sys, threading
follower = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()", sys.argv[1]])
signal.signal(signal.SIGTERM, lambda *_: (follower.terminate(), sys.exit(0)))
threading.Event().wait()
"""
LEAVES_A_FOLLOWER = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()", sys.argv[1]])
sys.stdin.read()
sys.exit(int(sys.argv[2]))
"""
COMPLAINS = "import sys; sys.exit('the database is on fire')"
COUNTS_AND_ENDS = """
import pathlib, sys, threading
with pathlib.Path(sys.argv[1]).open("a") as file:
    file.write("x")
if pathlib.Path(sys.argv[1]).stat().st_size < 3:
    threading.Event().wait(0.2)
    sys.exit(7)
threading.Event().wait()
"""
Start = Callable[..., "subprocess.Popen[str]"]


def program(name: str, code: str, *arguments: str, **other: Any) -> dict[str, Any]:
    return {"name": name, "command": [sys.executable, "-c", code, *arguments]} | other


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor of these programs. Each program's command names the test's own directory."""
    started = []

    def begin(*programs: dict[str, Any]) -> "subprocess.Popen[str]":
        file = tmp_path / "programs.json"
        for one in programs:
            one["command"].append(str(tmp_path))
        file.write_text(json.dumps(programs))
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.supervised", tmp_path / "log", file],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def of_this_test(tmp_path: Path) -> list[str]:
    """Living processes that name the test's directory, the supervisor among them."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(tmp_path) in line:
            found.append(line)
    return found


def ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def stop(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> float:
    """Seconds that it took to stop well."""
    begun = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0
    return time.monotonic() - begun


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_when_all_answer_and_stops_them(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    ports = [free_port(), free_port()]
    process = start(*(program(f"server{port}", SERVES, str(port), port=port) for port in ports))
    ready(process)
    for port in ports:
        socket.create_connection(("127.0.0.1", port)).close()
        assert (tmp_path / "log" / f"server{port}.log").read_text() == "serving\n"
    assert stop(process, number) < 2
    assert of_this_test(tmp_path) == []


def test_one_that_listens_is_not_ready_before_it_is_well(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start(program("unwell", UNWELL, str(port), port=port, health="/health/ready"))
    ready(process)
    assert (tmp_path / "log" / "unwell.log").read_text() == "GET /health/ready HTTP/1.1\n" * 4
    stop(process)


def test_who_does_not_stop_is_killed_within_five_seconds(start: Start, tmp_path: Path) -> None:
    process = start(program("deaf", IGNORES_SIGTERM), program("leads", LEADS, death="SIGTERM"))
    ready(process)
    assert stop(process) < 5
    assert of_this_test(tmp_path) == []


def test_what_a_program_leaves_behind_is_killed(start: Start, tmp_path: Path) -> None:
    process = start(program("parent", LEAVES_A_FOLLOWER, str(tmp_path), "0"))
    ready(process)
    wait_for(lambda: len(of_this_test(tmp_path)) >= 2, "the follower does not start")
    stop(process)
    assert of_this_test(tmp_path) == []


def test_killing_the_supervisor_leaves_none(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start(
        program("server", SERVES, str(port), port=port),
        program("deaf", IGNORES_SIGTERM),
        program("leads", LEADS, death="SIGTERM"),
    )
    ready(process)
    wait_for(lambda: len(of_this_test(tmp_path)) == 5, "not everything runs")
    process.kill()
    wait_for(lambda: of_this_test(tmp_path) == [], "programs outlive their supervisor")


def test_a_program_that_ends_at_its_start_is_named_with_its_reason(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start(program("healthy", IGNORES_SIGTERM), program("broken", COMPLAINS, port=port))
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("broken ended at its start: the database is on fire")
    assert of_this_test(tmp_path) == []


def test_a_program_that_ends_later_is_started_again(start: Start, tmp_path: Path) -> None:
    count = tmp_path / "count"
    process = start(program("restless", COUNTS_AND_ENDS, str(count)), program("calm", IGNORES_SIGTERM))
    ready(process)
    wait_for(lambda: count.exists() and count.read_text() == "xxx", "it is not started again")
    log = (tmp_path / "log" / "run.log").read_text().splitlines()
    assert [line.partition(" restless ")[2] for line in log] == [
        "ended with status 7: starting again in 0.5 s",
        "ended with status 7: starting again in 1 s",
    ]
    assert stop(process) < 5
    assert of_this_test(tmp_path) == []


def test_a_killed_leader_is_started_again_without_its_followers(start: Start, tmp_path: Path) -> None:
    process = start(program("leads", LEADS, death="SIGTERM"))
    ready(process)
    wait_for(lambda: len(of_this_test(tmp_path)) == 3, "the follower does not start")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    wait_for((tmp_path / "log" / "run.log").exists, "the end is not noticed")
    wait_for(lambda: len(of_this_test(tmp_path)) == 3, "leader and one follower should run")
    stop(process)
    assert of_this_test(tmp_path) == []
