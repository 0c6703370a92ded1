"""Everything that `make run` starts, started once for a test run and shared by its workers.

Tests that move the clock have it for themselves meanwhile; all others run beside each other.
"""

import contextlib
import fcntl
import os
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from scripts.deployment import OFFSETS
from scripts.ports import taken
from tests.services import ClockFile
from tests.support import servers

ROOT = Path(__file__).parents[2]
START_S = 90
FIRST_PORT, LAST_PORT, STEP = 21_000, 32_000, 250


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who exists at the simulators alone, and for one test."""

    whole: "Whole"
    key: str
    name: str
    email: str
    number: str

    def change(self, **switches: object) -> None:
        """Change how their account, handset or SIM card behaves."""
        self.whole.change({"people": {self.key: switches}})

    def handset(self) -> str:
        """Address of the page that shows their handset."""
        return self.whole.address("simulators", f"/handset?number={self.number.replace('+', '%2B')}")

    def on_handset(self, kind: str, before: int = 0) -> dict[str, Any]:
        """The latest message (`sms`) or request (`pushes`), as soon as there are more than `before`."""
        address = self.handset().replace("/handset?", "/handset.json?")

        def arrived() -> bool:
            found[:] = httpx2.get(address, trust_env=False).json()[kind]
            return len(found) > before

        found: list[dict[str, Any]] = []
        servers.wait_for(arrived, f"nothing new among the {kind} of {self.number}", 20)
        return found[0]

    def sms_code(self, before: int = 0) -> str:
        """The code of the latest message."""
        text: str = self.on_handset("sms", before)["text"]
        return text.rpartition("#")[2].strip()

    def answer(self, answer: str, before: int = 0) -> str:
        """Answer the latest request, and the code that it showed."""
        push = self.on_handset("pushes", before)
        body = {"id": push["id"], "answer": answer}
        httpx2.post(self.whole.address("simulators", "/handset.json"), json=body, trust_env=False)
        return str(push["code"])


@dataclass(frozen=True, slots=True)
class Whole:
    """MostID, its worker, the simulators and the example services, on one set of ports."""

    base_port: int
    directory: Path

    def address(self, name: str, path: str = "") -> str:
        """Where a browser finds a server (`public`, `simulators`, `store`, `social`, `merchant`)."""
        return f"http://localhost:{self.base_port + OFFSETS[name]}{path}"

    def person(self, **members: object) -> Person:
        """Somebody new, with an account at Mail.ru and a number of MegaFon unless the members say otherwise."""
        key, digits = f"p{secrets.token_hex(8)}", f"{secrets.randbelow(10**7):07}"
        prefix = "+7903" if members.get("not_subscriber") else "+7920"
        said = {
            "first_name": "Анна", "last_name": "Ким", "mailru_id": f"9{secrets.randbelow(10**12):012}",
            "email": f"{key}@mail.ru", "number": f"{prefix}{digits}",
        } | members  # fmt: skip
        self.change({"people": {key: said}})
        name = f"{said['first_name']} {said['last_name']}".strip()
        return Person(self, key, name, str(said["email"]), str(said["number"]))

    def change(self, changes: dict[str, Any]) -> None:
        """Change the simulators' people and switches."""
        answer = httpx2.post(self.address("simulators", "/people.json"), json=changes, trust_env=False)
        answer.raise_for_status()

    @property
    def clock_file(self) -> ClockFile:
        """The clock of all its processes."""
        path = self.directory / "clock"
        return ClockFile(path, float(path.read_text()))

    def events(self, name: str) -> float:
        """How often something has happened, over all processes."""
        text = httpx2.get(self.address("metrics", "/metrics"), trust_env=False).text
        return sum(float(found) for found in re.findall(rf'event="{name}"\S* ([0-9.]+)', text))

    def log(self, name: str) -> str:
        """What one of its programs wrote to its log."""
        return (self.directory / "data" / "log" / f"{name}.log").read_text(errors="replace")


def start() -> Whole:
    """The whole, started unless another worker of this run has done so."""
    port = servers.once("whole", _start)
    _, _, directory = os.environ[servers.RUN].partition(":")
    return Whole(int(port), Path(directory, "whole"))


@contextlib.contextmanager
def visited(whole: Whole, *, alone: bool) -> Iterator[None]:
    """Hold off tests that move the clock; or, `alone`, all others. Whoever asks first is first."""
    with (whole.directory / "gate").open("w") as gate, (whole.directory / "visit").open("w") as visit:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(visit, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture
def mostid(request: pytest.FixtureRequest) -> Iterator[Whole]:
    """The whole, for one test."""
    whole = start()
    with visited(whole, alone="later" in request.fixturenames):
        yield whole


@pytest.fixture
def later(mostid: Whole) -> ClockFile:
    """The clock of all processes: `later.advance(61)`. The test has the whole for itself."""
    return mostid.clock_file


def _start(directory: Path, owner: int) -> str:
    place, log, failed = directory / "whole", directory / "whole.log", directory / "whole.failed"
    if failed.exists():  # it would fail again for every test
        raise RuntimeError(failed.read_text())
    place.mkdir()
    (place / "clock").write_text("0")
    port = _free_base(owner)
    settings = {"PYTHONPATH": ROOT, "MOSTID_CLOCK_FILE": place / "clock"}
    command = ["env", *(f"{name}={value}" for name, value in settings.items())]
    command += [
        sys.executable,
        "-m",
        "scripts.run",
        "--data-dir",
        str(place / "data"),
        "--base-port",
        str(port),
    ]
    servers.keep("whole", directory, owner, "", command)
    keeper = int((directory / "whole.keeper").read_text())
    servers.wait_for(
        lambda: "\nready" in log.read_text() or not servers.running(keeper), "MostID does not start", START_S
    )
    if "\nready" not in log.read_text():
        failed.write_text(f"MostID did not start: {log.read_text()}")
        raise RuntimeError(failed.read_text())
    return str(port)


def _free_base(owner: int) -> int:
    """Ports that nobody has now, and that another run, which may begin at the same moment, tries last."""
    bases = range(FIRST_PORT, LAST_PORT, STEP)
    first = owner % len(bases)
    for base in (*bases[first:], *bases[:first]):
        if not any(taken(base + offset) for offset in OFFSETS.values()):
            return base
    raise RuntimeError("no free ports")
