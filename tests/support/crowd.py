"""Several processes that start as one: each says `ready`, waits for a line, then acts and prints what came of it."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


def run(processes: int, module: str, *arguments: str) -> list[str]:
    """Every line that so many processes of a module printed."""
    lines: list[str] = []
    with ExitStack() as stack:
        crowd = [start(stack, module, *arguments) for _ in range(processes)]
        for process in crowd:
            go(process)
        for process in crowd:
            lines += process.communicate(timeout=PATIENCE_S)[0].splitlines()
            assert process.returncode == 0
    return lines


def start(stack: ExitStack, module: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process that waits for its line; it is killed when the stack ends."""
    command = [sys.executable, "-m", module, *arguments]
    process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True))
    stack.callback(process.kill)
    return process


def go(process: "subprocess.Popen[str]") -> None:
    """Wait until it is ready, and let it go."""
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
