"""`make run` as a whole, with its processes: what it says, what it keeps, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from scripts.deployment import OFFSETS
from scripts.ports import taken
from tests.support.servers import wait_for
from tests.tooling.test_run import base_port

__all__ = ["base_port"]

ROOT = Path(__file__).parents[2]
START_S = 90
SAID = (
    "MostID", "metrics", "simulators", "store", "social network", "merchant", "", "Sign in at the store",
    "  with Mail.ru", "  with a push", "  with a message", "Logs are in", "ready",
)  # fmt: skip
Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run(tmp_path: Path, base_port: int) -> Iterator[Run]:
    """Start everything; `words` come in front of the arguments."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MOSTID_")}
    started = []

    def begin(*words: str) -> "subprocess.Popen[str]":
        words = words or (sys.executable, "-m", "scripts.run", *arguments(tmp_path, base_port))
        process = subprocess.Popen(
            words, cwd=ROOT, env=given, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()  # it takes its processes along, which a kill would leave to the kernel
        process.communicate(timeout=30)


def arguments(directory: Path, base_port: int) -> list[str]:
    return ["--data-dir", str(directory / "data"), "--base-port", str(base_port)]


def lines_until_ready(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("ready"):
            return lines
    raise AssertionError(f"not ready: {process.stderr.read() if process.stderr else lines}")


def left(directory: Path, base_port: int) -> list[str]:
    """Living processes of this run: its programs name the directory or one of its ports in their command lines."""
    marks = {str(directory), *(str(base_port + offset) for offset in OFFSETS.values())}
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace").split("\0")
            environment = (file.parent / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if marks & set(words) or f"MOSTID_ENV_FILE={directory}" in environment:
            found.append(" ".join(words))
    return found


def fetch(address: str) -> str:
    """As a browser without a past: services ask MostID silently whether somebody is signed in, and come back."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(address, timeout=10) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def kids(base_port: int) -> set[str]:
    keys = json.loads(fetch(f"http://localhost:{base_port}/jwks.json"))["keys"]
    return {key["kid"] for key in keys}


@pytest.mark.sr("SR-189")
def test_it_starts_says_where_to_click_keeps_its_data_and_leaves_nothing(
    run: Run, tmp_path: Path, base_port: int
) -> None:
    process = run()
    lines = lines_until_ready(process)
    assert len(lines) == len(SAID), lines
    assert all(line.startswith(said) for line, said in zip(lines, SAID, strict=True)), lines
    pages = [word for line in lines for word in line.split() if word.startswith("http://")]
    assert len(pages) == 9
    for page in pages[1:]:
        assert fetch(page.rstrip(",.;"))
    assert fetch(f"{pages[0]}/.well-known/openid-configuration")
    keys, clients = kids(base_port), (tmp_path / "data" / "demo-clients.json").read_text()
    assert set(json.loads(clients)) == {"store", "social", "merchant"}

    second = run()
    out, err = second.communicate(timeout=30)
    assert (second.returncode, out) == (1, "")
    assert err.startswith(
        f"taken by another program: port {base_port} (public), port {base_port + 90} (metrics)"
    )
    assert kids(base_port) == keys  # the first goes on

    process.terminate()
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out, err) == (0, "", "")
    assert left(tmp_path, base_port) == []
    assert not any(taken(base_port + offset) for offset in OFFSETS.values())
    written = list((tmp_path / "data").rglob("*"))
    assert {"mostid.db", "ephemeral.db", "mostid.env", "public.log"} <= {file.name for file in written}
    assert [file for file in written if file.stat().st_mode & 0o077] == []

    again = run()
    lines_until_ready(again)
    assert kids(base_port) == keys
    assert (tmp_path / "data" / "demo-clients.json").read_text() == clients
    again.kill()
    wait_for(lambda: left(tmp_path, base_port) == [], "programs outlive their supervisor")


@pytest.mark.soak
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_make_passes_the_end_on(run: Run, tmp_path: Path, base_port: int, number: signal.Signals) -> None:
    process = run("make", "--no-print-directory", "run", f"ARGS={' '.join(arguments(tmp_path, base_port))}")
    assert lines_until_ready(process)[0].startswith("MostID")
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    process.communicate(timeout=20)
    wait_for(lambda: left(tmp_path, base_port) == [], "programs outlive make")


@pytest.mark.soak
@pytest.mark.parametrize("name", ["public", "worker", "metrics", "simulators", "store"])
def test_a_program_that_is_killed_comes_back(run: Run, tmp_path: Path, base_port: int, name: str) -> None:
    process = run()
    lines_until_ready(process)
    log = tmp_path / "data" / "log" / "run.log"
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    named = {"public": "granian", "store": "examples.store"}.get(name, name)
    lines = {child: Path(f"/proc/{child}/cmdline").read_text().split("\0") for child in children}
    (victim,) = [int(child) for child, words in lines.items() if named in words]
    os.kill(victim, signal.SIGKILL)
    wait_for(
        lambda: log.exists() and f"{name} ended with status -9" in log.read_text(), "the end is not seen"
    )
    if name != "worker":
        wait_for(lambda: taken(base_port + OFFSETS[name]), f"{name} does not come back")
    process.terminate()
    assert process.wait(15) == 0
    assert left(tmp_path, base_port) == []
