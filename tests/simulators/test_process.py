"""The simulators as a program: how they start and end, and what they have in common with MostID, which is addresses."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from config.settings import Settings
from tests.services import ClockFile
from tests.simulation import ROOT, Simulation, simulators
from tests.support.servers import free_port, wait_for


def test_sigterm_ends_them_at_once_and_quietly(tmp_path: Path) -> None:
    port, smtp_port = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOSTID_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", "--port", str(port), "--smtp-port", str(smtp_port)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/people.json"
    wait_for(lambda: _answers(url), "the simulators do not answer")
    assert httpx2.get(url, trust_env=False).json()["upstreams"]["mailru"]["redirect_uris"] == [
        "http://localhost:8000/signin/mailru/callback"
    ]
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=10)
    assert (process.returncode, out, errors) == (0, b"", b"")


def test_a_taken_port_is_an_error(simulation: Simulation) -> None:
    command = [sys.executable, "-m", "simulators", "--smtp-port", str(free_port())]
    done = subprocess.run(
        [*command, "--port", str(simulation.port)], cwd=ROOT, check=False, capture_output=True, timeout=30
    )
    assert done.returncode == 1
    assert b"Address already in use" in done.stderr


def test_they_import_nothing_of_mostid() -> None:
    for file in (ROOT / "simulators").rglob("*.py"):
        assert not re.search(
            r"^\s*(?:from|import) (?:app|config|examples)\b", file.read_text(), re.MULTILINE
        ), file


def test_development_settings_fit_as_they_are(simulation: Simulation, development: Settings) -> None:
    switches = simulation.get("/people.json")["upstreams"]
    mailru, mobile_id, sms = development.mailru, development.mobile_id, development.sms
    assert mailru.client_id == switches["mailru"]["client_id"]
    assert mailru.client_secret.get_secret_value() == switches["mailru"]["client_secret"]
    assert mobile_id.client_id == switches["mobileid"]["client_id"]
    assert mobile_id.client_name == switches["mobileid"]["client_name"]
    assert sms.login == switches["sms"]["login"]
    assert sms.password.get_secret_value() == switches["sms"]["password"]
    assert [sms.sender] == switches["sms"]["senders"]
    document = simulation.get("/mobileid/.well-known/openid-configuration")
    assert mobile_id.issuer == document["issuer"]
    assert mobile_id.si_authorize_url == document["si_authorization_endpoint"]
    assert mobile_id.jwks_url == document["jwks_uri"]
    assert mobile_id.token_url == document["token_endpoint"]
    for url, status in (
        (mailru.authorize_url, 400),
        (mailru.token_url, 405),
        (mailru.userinfo_url, 200),
        (sms.url, 405),
    ):
        assert simulation.http.get(url).status_code == status


def test_requests_do_not_wait_for_each_other(clock_file: ClockFile, tmp_path: Path) -> None:
    with simulators(clock_file.path, tmp_path / "log") as started:
        started.set_upstream("mailru", slow_s=30)
        with pytest.raises(httpx2.ReadTimeout):
            started.http.post(f"{started.url}/mailru/token", timeout=0.1)
        assert started.http.get(started.url).status_code == 200
    # One request still waits, and the process has ended all the same.


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.ConnectError:
        return False
