"""The simulators as a process, and what tests do with them: `simulation` is a fixture of every test."""

import contextlib
import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.services import ClockFile
from tests.support.servers import free_port, wait_for

ROOT = Path(__file__).parents[1]
MOSTID = "http://localhost:8000"
PATIENCE_S = 10
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Simulation:
    """A running set of simulators."""

    port: int
    smtp_port: int
    http: httpx2.Client = field(
        default_factory=lambda: httpx2.Client(timeout=10, trust_env=False, verify=False)
    )

    @property
    def url(self) -> str:
        """Their origin: `{url}/mailru/login`, `{url}/sms/v1/sms` …"""
        return f"http://localhost:{self.port}"

    def set_person(self, key: str, **switches: Any) -> None:
        """Change one person, or make one: `set_person("maria", no_applet=True)`."""
        self.change({"people": {key: switches}})

    def remove_person(self, key: str) -> None:
        self.change({"people": {key: None}})

    def set_upstream(self, name: str, **switches: Any) -> None:
        """Change `mailru`, `mobileid` or `sms`: `set_upstream("sms", down=True)`."""
        self.change({"upstreams": {name: switches}})

    def person(self, key: str) -> dict[str, Any]:
        """One person and their switches."""
        found: dict[str, Any] = self.get("/people.json")["people"][key]
        return found

    def sms(self, number: str) -> list[dict[str, Any]]:
        """Messages on a handset, latest first."""
        messages: list[dict[str, Any]] = self.get("/handset.json", number=number)["sms"]
        return messages

    def latest_sms(self, number: str, at_least: int = 1) -> str:
        """Text of the latest message, once so many have arrived."""
        wait_until(lambda: len(self.sms(number)) >= at_least, f"no message on {number}")
        return str(self.sms(number)[0]["text"])

    def pushes(self, number: str, at_least: int = 0) -> list[dict[str, Any]]:
        """Requests on a handset, latest first, once there are so many."""
        wait_until(lambda: len(self._pushes(number)) >= at_least, f"no request on {number}")
        return self._pushes(number)

    def answer_push(self, push_id: str, *, yes: bool) -> None:
        answer = self.http.post(
            f"{self.url}/handset.json", json={"id": push_id, "answer": "yes" if yes else "no"}
        )
        assert answer.status_code == 200, answer.text

    def send_sms(self, number: str, to: str, text: str) -> int | None:
        """A person writes to MostID; the status of its answer."""
        answer = self.http.post(f"{self.url}/handset.json", json={"number": number, "to": to, "text": text})
        status: int | None = answer.raise_for_status().json()["status"]
        return status

    def mails(self, to: str = "", at_least: int = 0) -> list[dict[str, Any]]:
        """Mails that were received, latest first, once there are so many."""
        wait_until(lambda: len(self._mails(to)) >= at_least, f"no mail to {to}")
        return self._mails(to)

    def reset(self, mostid: str = MOSTID) -> None:
        """Begin anew, with a MostID at this address registered everywhere. Calls back without delay."""
        self.http.post(f"{self.url}/reset", json={"mostid": mostid}).raise_for_status()
        self.set_upstream("mobileid", callback_delay_s=0, retry_delays_s=[0.05, 0.05])

    def change(self, changes: dict[str, Any]) -> None:
        answer = self.http.post(f"{self.url}/people.json", json=changes)
        assert answer.status_code == 200, answer.text

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(f"{self.url}{path}", params=query).raise_for_status().json()

    def _pushes(self, number: str) -> list[dict[str, Any]]:
        pushes: list[dict[str, Any]] = self.get("/handset.json", number=number)["pushes"]
        return pushes

    def _mails(self, to: str) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = self.get("/mailbox.json", to=to)["mails"]
        return mails


def code_of(text: str) -> str:
    """The one-time code in a message: its first row of 4 to 8 digits."""
    found = re.search(r"\b[0-9]{4,8}\b", text)
    assert found, text
    return found[0]


def wait_until(done: Any, complaint: str) -> None:
    """Wait for another process, a few seconds at most."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, complaint
        time.sleep(0.01)  # noqa: TID251  # another process, which has no clock of ours


@contextlib.contextmanager
def simulators(clock_file: Path, log: Path, mostid: str = MOSTID) -> Iterator[Simulation]:
    """A process of their own for a MostID at this address; ends with the context, or with us."""
    started = Simulation(free_port(), free_port())
    command = [sys.executable, "-m", "simulators", "--port", str(started.port)]
    command += ["--smtp-port", str(started.smtp_port), "--mostid", mostid]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"MOSTID_CLOCK_FILE": str(clock_file)},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509  # one system call
        )  # fmt: skip
    try:
        wait_for(lambda: _answers(started, process, log), "the simulators do not answer")
        yield started
    finally:
        started.http.close()
        process.terminate()
        assert process.wait(10) == 0, log.read_text()


@pytest.fixture(scope="session")
def simulators_of_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulation, Path]]:
    """One process for all tests of a worker, and where it looks for its clock file."""
    directory = tmp_path_factory.mktemp("simulators")
    with simulators(directory / "clock", directory / "log") as started:
        yield started, directory / "clock"


@pytest.fixture
def simulation(simulators_of_worker: tuple[Simulation, Path], clock_file: ClockFile) -> Simulation:
    """Fresh simulators on the clock of `clock_file`, with a MostID at `http://localhost:8000` registered.

    For another address: `simulation.reset("http://localhost:12345")`.
    """
    started, link = simulators_of_worker
    link.unlink(missing_ok=True)
    link.symlink_to(clock_file.path)
    started.reset()
    return started


def _answers(started: Simulation, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", started.port)) == 0
