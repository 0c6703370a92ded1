"""Starts PostgreSQL and Redis once for a test run and shares them among its workers."""

import contextlib
import fcntl
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

RUN = "MOSTID_TEST_RUN"
"""Names the directory that the workers of one run share, and the process that owns it: `pid:directory`."""
START_S = 30


class ServiceMissing(Exception):
    """A server that tests would use is not installed. The text says which, and how to get it."""


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def open_run() -> None:
    """Called once by the process that owns the run, before any worker is born."""
    directory = tempfile.mkdtemp(prefix="mostid-tests-")
    Path(directory).chmod(0o755)  # PostgreSQL runs as another user and has to pass through
    os.environ[RUN] = f"{os.getpid()}:{directory}"


def close_run() -> None:
    """Stop every server of this run and forget its files."""
    owner, _, directory = os.environ.pop(RUN, "0:").partition(":")
    if int(owner) != os.getpid():
        return
    keepers = [int(file.read_text()) for file in Path(directory).glob("*.keeper")]
    for keeper in keepers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper, signal.SIGTERM)
    wait_for(lambda: not any(running(keeper) for keeper in keepers), "the servers of the tests do not stop")
    shutil.rmtree(directory, ignore_errors=True)


def postgres_server() -> str:
    """Address of the run's PostgreSQL without a database name. Raises ServiceMissing."""
    return once("postgresql", _start_postgres)


def redis_server() -> str:
    """Address of the run's Redis without a database number. Raises ServiceMissing."""
    return once("redis", _start_redis)


def once(name: str, start: Callable[[Path, int], str]) -> str:
    """The address that `start` gives: it starts a server under a lock, or another worker has done so."""
    owner, _, directory = os.environ[RUN].partition(":")
    address = Path(directory, f"{name}.address")
    with Path(directory, f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            address.write_text(start(Path(directory), int(owner)))
    return address.read_text()


def _start_postgres(directory: Path, owner: int) -> str:
    initdb = find_program(
        "postgresql", "initdb", "/usr/lib/postgresql/*/bin/initdb", "/usr/local/pgsql/bin/initdb"
    )
    user = _unprivileged()
    data = directory / "postgresql"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user)
    common = [
        "--auth=trust",
        "--username=mostid",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]
    subprocess.run(
        [initdb, "-D", data, *common], user=user or None, cwd=directory, check=True, capture_output=True
    )
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
        "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 300, "shared_buffers": "64MB",
        "autovacuum": "off", "max_wal_size": "256MB",
    }  # fmt: skip
    command = [str(Path(initdb).with_name("postgres")), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    keep("postgresql", directory, owner, user, command)
    address = f"127.0.0.1:{port}"
    wait_for(lambda: _accepts_sql(address), "PostgreSQL does not answer")
    return f"postgresql+psycopg://mostid@{address}"


def _start_redis(directory: Path, owner: int) -> str:
    program = find_program("redis-server", "redis-server", "/usr/bin/valkey-server")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--databases", "64", "--maxmemory-policy", "noeviction", "--dir", str(directory)]
    keep("redis", directory, owner, "", command)
    wait_for(lambda: _answers(port), "Redis does not answer")
    return f"redis://127.0.0.1:{port}"


def keep(name: str, directory: Path, owner: int, user: str, command: list[str]) -> None:
    """Run a server that ends with the run, even if the run is killed."""
    keeper = Path(__file__).with_name("keeper.py")
    with (directory / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", keeper, str(owner), user, *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory, start_new_session=True,
        )  # fmt: skip
    (directory / f"{name}.keeper").write_text(str(process.pid))
    process.returncode = 0  # it outlives this worker; close_run ends it, so no warning is due here


def find_program(package: str, *patterns: str) -> str:
    """Path of a server's program: by name, or by a pattern of paths. Raises ServiceMissing."""
    for pattern in patterns:
        found = shutil.which(pattern) or max(glob.glob(pattern), default="")
        if found:
            return found
    raise ServiceMissing(
        f"{package} is not installed (scripts/install_services.sh, or your system's package)"
    )


def _unprivileged() -> str:
    """PostgreSQL refuses to run as root: the user that its package brought, or nobody in particular."""
    if os.geteuid() != 0:
        return ""
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _accepts_sql(address: str) -> bool:
    host, _, port = address.partition(":")
    try:
        psycopg.connect(
            host=host, port=int(port), user="mostid", dbname="postgres", connect_timeout=3
        ).close()
    except psycopg.OperationalError:
        return False
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def running(process: int) -> bool:
    """Whether it still runs; one that has ended and waits to be asked for its status does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_for(done: Callable[[], bool], complaint: str, seconds: float = START_S) -> None:
    """Wait for another process, at most so long."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(complaint)
        time.sleep(0.02)  # noqa: TID251  # another process, which has no clock of ours
