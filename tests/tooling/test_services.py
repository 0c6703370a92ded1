"""The test set-up itself: databases are fresh, servers are shared and end with the run."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from app.storage.clock import Clock
from tests.services import ClockFile
from tests.support import servers

ROOT = Path(__file__).parents[2]


def test_clock_file_moves_the_clock_at_once(clock: Clock, clock_file: ClockFile) -> None:
    for seconds in range(20):
        clock_file.set(seconds)
        assert clock.offset() == seconds * 1000
    clock_file.advance(0.5)
    assert clock.offset() == 19_500


@pytest.mark.parametrize("_again", [1, 2])
def test_storage_url_is_fresh_and_has_all_tables(storage_url: str, _again: int) -> None:
    engine = create_engine(storage_url)
    with engine.begin() as connection:
        assert {"versions", "signing_keys"} <= set(inspect(connection).get_table_names())
        assert connection.execute(text("SELECT count(*) FROM versions")).scalar() == 0
        connection.execute(text("INSERT INTO versions VALUES ('left behind', 1)"))
    engine.dispose()


def test_postgres_url_is_empty(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()


INNER = """
    import os, pathlib, pytest
    from tests.support import servers

    def test_uses_both():
        for start, kind in ((servers.postgres_server, "postgresql"), (servers.redis_server, "redis")):
            try:
                start()
            except servers.ServiceMissing as missing:
                pytest.skip(str(missing))
        pathlib.Path({report!r}).write_text(os.environ[servers.RUN])
        {end}
"""


@pytest.mark.parametrize("end", ["normally", "killed"])
def test_no_process_and_no_file_is_left_behind(tmp_path: Path, end: str) -> None:
    report = tmp_path / "report"
    act = "os.kill(os.getpid(), 9)" if end == "killed" else "assert True"
    inner = tmp_path / "test_inner.py"
    inner.write_text(textwrap.dedent(INNER).format(report=str(report), end=act))
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["-c", "pyproject.toml", "-p", "tests.conftest", str(inner)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if not report.exists():
        pytest.skip("PostgreSQL or Redis is not installed")
    assert done.returncode == (-signal.SIGKILL if end == "killed" else 0), done.stdout
    directory = report.read_text().partition(":")[2]
    servers.wait_for(lambda: _users_of(directory) == [], "servers outlive their run")
    assert not Path(directory).exists()


def test_missing_server_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(servers.ServiceMissing, match="nothing-of-the-kind is not installed"):
        servers.find_program("nothing-of-the-kind", "/no/such/place/*")


def _users_of(directory: str) -> list[str]:
    """Command lines of living processes that mention the directory."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if directory in line:
            found.append(line)
    return found
