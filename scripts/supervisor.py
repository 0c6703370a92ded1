"""Runs several programs as one: starts them, restarts those that end, and leaves none behind.

One thread, and one place to wait: all signals that matter are blocked and taken with `sigtimedwait`.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn, Self

from scripts.ports import answers, serves

STOPPING = frozenset({signal.SIGTERM, signal.SIGINT})
START_S = 60
STOP_S = 3.5
"""After so many seconds of asking, whoever still runs is killed."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_S = 60
"""A program that ran this long begins again with the shortest pause."""
LONGEST_LOG = 10_000_000
PRIVATE = 0o077
"""Whatever the programs write is their owner's alone (SR-189)."""
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class Stopped(Exception):
    """We were told to stop."""


class Failed(Exception):
    """A program ended where it must not. The text says which, and where to read why."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is run."""

    name: str
    command: Sequence[str]
    port: int | None = None
    """Where it answers on loopback once it is ready; None: it is ready when it runs."""
    death_signal: signal.Signals = signal.SIGKILL
    """What it gets when we are killed; SIGTERM for one that has to take processes of its own along."""
    health: str | None = None
    """The path that it answers with 200 once it is ready; None: it is ready when it listens."""


@dataclass(slots=True)
class Child:
    """A program and its process. Times in seconds of the monotonic clock."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    due_at: float = 0
    pause: float = FIRST_PAUSE_S


@dataclass(slots=True)
class Supervisor:
    """The programs of one run. Used as a context: leaving it stops them all."""

    directory: Path
    """Where the programs run."""
    logs: Path
    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING | {signal.SIGCHLD})
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        while signal.sigtimedwait(STOPPING | {signal.SIGCHLD}, 0) is not None:
            pass  # what came while we were stopping asked for nothing else
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING | {signal.SIGCHLD})

    def complete(self, name: str, command: Sequence[str]) -> bytes:
        """Run a command to its end; what it wrote to stdout. Raises Failed, Stopped."""
        output = self.logs / f"{name}.out"
        child = Child(Program(name, command))
        self.children.append(child)
        try:
            with output.open("w+b") as stdout:
                process = self._start(child, stdout)
                while process.poll() is None:
                    self._wait(1)
                if process.returncode != 0:
                    raise Failed(f"{name} failed: {self._last_words(name)}")
                stdout.seek(0)
                return stdout.read()
        finally:
            output.unlink(missing_ok=True)
            if child.process is None or child.process.poll() is not None:
                self.children.remove(child)

    def begin(self, programs: Sequence[Program]) -> None:
        """Start programs, and let them get ready while something else is done."""
        for program in programs:
            child = Child(program)
            self.children.append(child)
            self._start(child)

    def start(self, programs: Sequence[Program]) -> None:
        """Start all and wait until each is ready, those that were begun before too. Raises Failed, Stopped."""
        self.begin(programs)
        end = time.monotonic() + START_S
        waiting = self.children
        while waiting:
            for child in self.children:
                if child.process is not None and child.process.poll() is not None:
                    name = child.program.name
                    raise Failed(f"{name} ended at its start: {self._last_words(name)}")
            waiting = [child for child in waiting if not _ready(child.program)]
            if waiting and time.monotonic() > end:
                raise Failed(
                    f"{waiting[0].program.name} does not answer; read {self._log(waiting[0].program.name)}"
                )
            if waiting:
                self._wait(0.05)

    def watch(self) -> NoReturn:
        """Restart whatever ends, after a pause that grows. Raises Stopped when told to stop."""
        while True:
            now = time.monotonic()
            for child in self.children:
                if child.process is not None and child.process.poll() is not None:
                    self._bury(child, now)
                if child.process is None and child.due_at <= now:
                    self._start(child)
            pauses = [child.due_at - now for child in self.children if child.process is None]
            self._wait(max(min(pauses, default=60.0), 0.01))

    def stop(self) -> None:
        """Ask all to end, then kill whoever is left, with everything they started."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        end = time.monotonic() + STOP_S
        while any(_runs(child) for child in self.children) and (left := end - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, min(left, 0.2))
        for child in self.children:
            if child.process is not None:
                _kill_group(child.process.pid)
                child.process.wait()
        self.children.clear()

    def _start(self, child: Child, stdout: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Start a program in a process group of its own, which ends with us however we end."""
        us, death_signal = os.getpid(), child.program.death_signal
        log = self._log(child.program.name)
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))

        def in_child() -> None:
            os.umask(PRIVATE)
            LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            if os.getppid() != us:  # we died before the kernel knew whom to tell
                os._exit(1)

        with open(log, "ab", opener=_private) as stderr:  # a path's open takes no opener
            child.process = subprocess.Popen(
                child.program.command, cwd=self.directory, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=stdout or stderr, stderr=stderr,
                preexec_fn=in_child,  # noqa: PLW1509  # we have one thread
            )  # fmt: skip
        child.started_at = time.monotonic()
        return child.process

    def _bury(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101
        _kill_group(child.process.pid)
        if now - child.started_at > STEADY_S:
            child.pause = FIRST_PAUSE_S
        status = child.process.returncode
        self._note(f"{child.program.name} ended with status {status}: starting again in {child.pause:g} s")
        child.process, child.due_at = None, now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE_S)

    def _wait(self, seconds: float) -> None:
        """Wait for a child's end, at most so long. Raises Stopped."""
        taken = signal.sigtimedwait(STOPPING | {signal.SIGCHLD}, seconds)
        if taken is not None and taken.si_signo in STOPPING:
            raise Stopped

    def _note(self, text: str) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n"
        with open(self._log("run"), "a", opener=_private) as log:
            log.write(line)
        sys.stderr.write(line)

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").strip().splitlines()
        return f"{lines[-1] if lines else 'it said nothing'} (more in {self._log(name)})"


def _private(file: str, flags: int) -> int:
    return os.open(file, flags, 0o600)


def _ready(program: Program) -> bool:
    if program.port is None:
        return True
    return serves(program.port, program.health) if program.health else answers(program.port)


def _runs(child: Child) -> bool:
    return child.process is not None and child.process.poll() is None


def _kill_group(leader: int) -> None:
    """Kill what is left of a group; its number is not given away while a member lives."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
