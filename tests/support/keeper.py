"""Runs one server and ends it with the test run, however that ends: python keeper.py PID USER COMMAND…"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


def main(watched: int, user: str, command: list[str]) -> int:
    """Serve until told to stop, or until the watched process is gone."""
    server = subprocess.Popen(command, user=user or None, stdin=subprocess.DEVNULL, start_new_session=True)
    stop = False

    def told_to_stop(*_: object) -> None:
        nonlocal stop
        stop = True

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while not stop and server.poll() is None and _alive(watched):
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # PostgreSQL: fast shutdown; Redis: shutdown without saving
    status = server.wait()
    if not _alive(watched):
        shutil.rmtree(Path.cwd(), ignore_errors=True)  # nobody else is left to do it
    return status


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
