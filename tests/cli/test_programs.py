"""`flask worker`, `flask metrics` and the start itself, as processes of their own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.secrets import production_env, write_env
from migrations.commands import upgrade
from tests.cli.conftest import Deployment
from tests.services import ClockFile
from tests.support.servers import free_port, wait_for

ROOT = Path(__file__).parents[2]
HOUR = 3600
ONE_REQUEST = "import wsgi; from werkzeug.test import Client; Client(wsgi.app).get('/health/live')"
Start = Callable[..., "subprocess.Popen[str]"]


def environment(deployment: Deployment, **more: str) -> dict[str, str]:
    settings = deployment.settings
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOSTID_", "PYTEST"))}
    return clean | {
        "MOSTID_ENV_FILE": str(settings.data_dir / "mostid.env"),
        "MOSTID_DATA_DIR": str(settings.data_dir),
        "MOSTID_CLOCK_FILE": str(settings.clock_file),
    } | more  # fmt: skip


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *words]


@pytest.fixture
def start(deployment: Deployment) -> Iterator[Start]:
    """Start `flask …` on the deployment."""
    started = []

    def begin(*words: str, **more: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command(*words), cwd=ROOT, env=environment(deployment, **more),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def stop(process: "subprocess.Popen[str]") -> str:
    """End it as an operator does; what it wrote to stderr."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0, said
    return said


@pytest.mark.sr("SR-203")
def test_the_worker_works_by_the_clock_and_ends_when_told_to(
    deployment: Deployment, start: Start, clock_file: ClockFile
) -> None:
    deployment.sign_in(deployment.client())
    process = start("worker", MOSTID_LOG_LEVEL="INFO")
    assert process.stderr is not None
    assert "worker started" in process.stderr.readline()
    assert deployment.rows("sessions")
    clock_file.advance(38 * 24 * HOUR)
    wait_for(lambda: deployment.rows("sessions") == [], "the worker does not see that time passes")
    assert '"message": "worker stopped"' in stop(process)


def test_one_pass_of_the_worker(deployment: Deployment, start: Start, clock_file: ClockFile) -> None:
    deployment.sign_in(deployment.client())
    clock_file.advance(38 * 24 * HOUR)
    _, said = start("worker", "--once", MOSTID_LOG_LEVEL="INFO").communicate(timeout=30)
    assert deployment.rows("sessions") == []
    assert "taken away" in said


def fetch(port: int, path: str = "/metrics") -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", error.read().decode()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.sr("SR-158")
def test_metrics_are_summed_over_processes_and_hold_nothing_else(
    deployment: Deployment, start: Start
) -> None:
    port, directory = free_port(), deployment.settings.data_dir / "metrics"
    process = start("metrics", MOSTID_METRICS_ADDRESS=f"127.0.0.1:{port}")
    wait_for(lambda: listens(port), "metrics are not served")
    assert fetch(port)[::2] == (200, "")  # nobody has counted anything yet
    directory.rmdir()
    given = environment(deployment, PROMETHEUS_MULTIPROC_DIR=str(directory))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", ONE_REQUEST], cwd=ROOT, env=given, check=True)
    status, kind, said = fetch(port, "/metrics?x=1")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    counted = [line for line in said.splitlines() if line.startswith("mostid_requests_total{")]
    assert len(counted) == 1
    assert '"200"' in counted[0]
    assert counted[0].endswith(" 2.0")
    assert fetch(port, "/")[0] == fetch(port, "/admin")[0] == 404
    assert stop(process) == ""


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "nowhere", "[::1", "203.0.113.1:80"])
def test_metrics_say_why_they_cannot_be_served(start: Start, address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("metrics", MOSTID_METRICS_ADDRESS=address.format(port=port))
        out, said = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert said.startswith("Error: cannot listen on ")
    assert "MOSTID_METRICS_ADDRESS" in said
    assert "Traceback" not in said


@pytest.mark.sr("SR-156")
def test_a_mistake_in_the_settings_is_one_sentence_for_commands_and_servers(
    deployment: Deployment, start: Start
) -> None:
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(free_port()), "wsgi:app"]
    for words in (command("doctor"), server):
        done = subprocess.run(
            words, cwd=ROOT, env=environment(deployment, MOSTID_ISSUER="nowhere"), capture_output=True,
            text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "MOSTID_ISSUER: write an address like https://id.shop.ru" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_used_is_one_sentence(start: Start) -> None:
    gone = "postgresql+psycopg://mostid@127.0.0.1:1/mostid"
    for words in (("clients", "list"), ("keys", "list"), ("identities", "show", "x", "--reason", "y")):
        process = start(*words, MOSTID_DATABASE_URL=gone)
        out, said = process.communicate(timeout=30)
        assert (process.returncode, out) == (1, "")
        assert said.startswith("Error: the database cannot be used")
    process = start("doctor", MOSTID_DATABASE_URL=gone)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "error: database: the database cannot be used" in out


def test_a_fresh_deployment_from_nothing(tmp_path: Path) -> None:
    """What docs/operate.md tells an operator to type, on a development file."""
    file = tmp_path / "etc" / "mostid.env"
    given = {name: value for name, value in os.environ.items() if not name.startswith(("MOSTID_", "PYTEST"))}
    given |= {"MOSTID_ENV_FILE": str(file), "MOSTID_DATA_DIR": str(tmp_path / "data")}
    steps = (
        [sys.executable, "-m", "scripts.new_env", "--development", str(file)],
        command("db", "upgrade"),
        command("keys", "ensure"),
        command("doctor"),
    )
    for words in steps:
        done = subprocess.run(
            words, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), words
    assert done.stdout == "no mistake found\n"


@pytest.fixture
def lasting() -> Iterator[Path]:
    """A directory outside /tmp, where production takes no data."""
    with tempfile.TemporaryDirectory(prefix="mostid-test-", dir="/var/tmp") as directory:
        yield Path(directory)


@pytest.mark.sr("SR-060", "SR-156")
def test_production_does_not_start_with_a_client_of_a_developers_machine(lasting: Path) -> None:
    file = lasting / "mostid.env"
    text = production_env("https://id.shop.ru", "https://id-admin.shop.ru")
    given = {
        "DATA_DIR": str(lasting), "OWNED_DOMAINS": '["shop.ru"]', "MAILRU__CLIENT_ID": "7f00",
        "MAILRU__CLIENT_SECRET": "given-by-mail", "MOBILE_ID__ENABLED": "false", "SMS__ENABLED": "false",
        "TRUSTED_PROXIES": '["10.1.2.0/24"]',
    }  # fmt: skip
    write_env(file, text + "".join(f"MOSTID_{name}={value}\n" for name, value in given.items()))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOSTID_", "PYTEST"))}

    def run(*words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        env = clean | {"MOSTID_ENV_FILE": str(file)} | more
        return subprocess.run(
            words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    served = (sys.executable, "-c", "import wsgi")
    upgrade(f"sqlite:///{lasting / 'mostid.db'}")
    with sqlite3.connect(lasting / "mostid.db") as database:
        metadata = json.dumps({"client_name": "Store", "redirect_uris": ["http://localhost:8200/callback"]})
        database.execute(
            "INSERT INTO clients (client_id, metadata, secrets, created_at, changed_at) VALUES ('store', ?, '[]', 0, 0)",
            [metadata],
        )
    database.close()
    refused = run(*served)
    assert refused.returncode == 1
    assert refused.stderr.startswith("client store: redirect_uris")
    assert refused.stderr.endswith("disable it and register it anew\n")
    assert run(*command("clients", "disable", "store")).returncode == 0
    assert run(*served).returncode == 0
