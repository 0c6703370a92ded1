"""Starting the server under test, and reading what its process tree has used."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
START_S = 30

SERVERS = {
    "granian": "granian --interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads {threads} "
    "--runtime-threads 1 --no-ws --http 1 --log-level warning bench.application:app",
    "gunicorn": "gunicorn --bind 127.0.0.1:{port} --workers 1 --threads {threads} --worker-class gthread "
    "--log-level warning bench.application:app",
    "uwsgi": "uwsgi --http-socket 127.0.0.1:{port} --http-keepalive --master --processes 1 --threads {threads} "
    "--enable-threads --disable-logging --so-keepalive --die-on-term --module bench.application:app",
}
"""Command lines of the WSGI servers that were compared."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process tree has used so far."""

    cpu_ms: float
    peak_mb: float


class Server:
    """One server process tree on a free port."""

    def __init__(self, kind: str, environment: dict[str, str], threads: int, log: Path) -> None:
        self.port = _free_port()
        command = SERVERS[kind].format(port=self.port, threads=threads).split()
        program = Path(sys.executable).with_name(command[0])
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                [str(program), *command[1:]], env=os.environ | environment, stdout=sink, stderr=sink,
                start_new_session=True,
            )  # fmt: skip
        self._wait(log)

    def usage(self) -> Usage:
        """CPU time of all living processes of the tree and the largest resident size of one of them."""
        cpu, peak = 0.0, 0.0
        for pid in _tree(self._process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            cpu += (int(fields[11]) + int(fields[12])) * TICK_MS
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]) / 1024)
        return Usage(cpu, peak)

    def stop(self) -> None:
        """End the whole tree."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def _wait(self, log: Path) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise SystemExit(f"the server did not start:\n{log.read_text()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            self._process_pause()
        self.stop()
        raise SystemExit(f"the server does not answer:\n{log.read_text()}")

    def _process_pause(self) -> None:
        try:
            self._process.wait(0.05)
        except subprocess.TimeoutExpired:
            return


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").iterdir():
            waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
