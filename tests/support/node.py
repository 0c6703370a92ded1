"""Programs in tests/node: client libraries from npm as they come, talked to in JSON, a value a line."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

PROGRAMS = Path(__file__).parents[1] / "node"
OLDEST = 20
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Program:
    """A running program."""

    process: "subprocess.Popen[str]"

    def said(self) -> Any:
        """Its next line: what it wants, or what it has found out."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def tell(self, value: object) -> None:
        """Answer it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()


@contextmanager
def run(name: str, **given: object) -> Iterator[Program]:
    """Start `tests/node/<name>.mjs` with these values; it must end well. Skips where there is no Node for it."""
    command = [executable(), str(PROGRAMS / f"{name}.mjs"), json.dumps(given)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as process:
        try:
            yield Program(process)
            assert process.wait(PATIENCE_S) == 0, process.stderr and process.stderr.read()
        finally:
            process.kill()


@cache
def executable() -> str:
    """Node with the client libraries; skips where there is none."""
    found = shutil.which("node")
    if found is None or not (PROGRAMS / "node_modules" / "openid-client").is_dir():
        pytest.skip("no Node with the client libraries of tests/node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        pytest.skip(f"Node {version.strip()} is older than {OLDEST}")
    return found
