"""`make run`: what it checks, what it writes once, and what it starts."""

import contextlib
import json
import os
import re
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.clients.tables import clients
from app.keys.tables import signing_keys
from app.storage.clock import Clock
from app.storage.database import Storage
from config.settings import Settings
from scripts import prepare, run
from scripts.demo_clients import DEMO, metadata
from scripts.deployment import OFFSETS, Deployment
from scripts.ports import taken
from scripts.supervisor import Failed
from simulators.cast import CAST
from simulators.person import Person
from tests.services import WORKER


@pytest.fixture
def base_port() -> int:
    """A port after which all that we use are free. Each worker of a run looks in a range of its own."""
    first = 10_000 + WORKER * 1_000
    for base in range(first, first + 1_000, 250):
        if not any(taken(base + offset) for offset in OFFSETS.values()):
            return base
    raise AssertionError("no free ports")


@pytest.fixture
def deployment(tmp_path: Path, base_port: int) -> Deployment:
    return Deployment(tmp_path / "data", base_port)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_taken_port_is_named_before_anything_is_written(
    tmp_path: Path, base_port: int, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.ExitStack() as stack:
        try:
            listener = stack.enter_context(socket.create_server((address, base_port + 201), family=family))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        assert listener.fileno() > 0
        status = run.main(["--data-dir", str(tmp_path / "data"), "--base-port", str(base_port)])
    said = capsys.readouterr()
    assert (status, said.out) == (1, "")
    assert said.err == f"taken by another program: port {base_port + 201} (social)\n"
    assert not (tmp_path / "data").exists()


def test_data_is_for_its_owner_alone_and_keys_are_made_once(deployment: Deployment) -> None:
    before = os.umask(0)
    try:
        settings = deployment.prepare()
    finally:
        os.umask(before)
    assert stat.S_IMODE(deployment.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(deployment.settings_file.stat().st_mode) == 0o600
    text = deployment.settings_file.read_text()
    again = deployment.prepare()
    assert deployment.settings_file.read_text() == text
    assert again == settings
    assert settings.issuer == f"http://localhost:{deployment.base_port}"
    assert settings.data_dir == deployment.data


def test_an_issuer_of_another_port_is_refused(deployment: Deployment) -> None:
    deployment.prepare()
    elsewhere = Deployment(deployment.data, deployment.base_port + 1)
    with pytest.raises(Failed, match=f"MOSTID_ISSUER is http://localhost:{deployment.base_port}"):
        elsewhere.prepare()


def test_a_mistake_in_the_settings_is_said(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOSTID_WORKERS", "many")
    arguments = ["--data-dir", str(deployment.data), "--base-port", str(deployment.base_port)]
    assert run.main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "MOSTID_WORKERS" in said.err


def test_each_program_has_its_own_port_and_the_clock(deployment: Deployment, tmp_path: Path) -> None:
    settings = Settings(clock_file=tmp_path / "clock", workers=3, threads=5, data_dir=deployment.data)
    every = [deployment.simulators(), *deployment.programs(settings)]
    programs = {program.name: program for program in every}
    assert list(programs) == ["simulators", "public", "metrics", "worker", "store", "social", "merchant"]
    ports = [program.port for program in programs.values() if program.port]
    assert len(set(ports)) == len(ports) == 6
    public = " ".join(programs["public"].command)
    assert "--host 127.0.0.1" in public
    assert "--workers 3 --blocking-threads 5" in public
    for name in DEMO:
        assert f"--clock-file {tmp_path / 'clock'}" in " ".join(programs[name].command)
    assert deployment.environment(settings)["MOSTID_CLOCK_FILE"] == str(tmp_path / "clock")


def test_the_banner_names_people_whose_ways_in_are_those(deployment: Deployment) -> None:
    """By a push: a subscriber of the operator's ranges, with a SIM card that shows it. By a message: another's."""
    settings = deployment.prepare()
    told = run.banner(deployment, settings, deployment.data / "log")
    named = {way: re.search(rf"with a {way} +(\+7\d{{10}}),", told) for way in ("push", "message")}
    people = {way: _of_number(found[1]) for way, found in named.items() if found}
    ranges = tuple(f"+{prefix}" for prefix in settings.mobile_id.prefixes)
    assert people["push"].number.startswith(ranges)
    assert not people["push"].no_applet
    assert not people["push"].not_subscriber
    assert people["message"].not_subscriber
    assert not people["message"].number.startswith(ranges)
    assert f"with Mail.ru     {people['push'].first_name} {people['push'].last_name}," in told
    assert people["push"].mailru_id


def _of_number(number: str) -> Person:
    (person,) = (one for one in CAST.values() if one.number == number)
    return person


def test_metrics_of_ended_processes_are_forgotten(deployment: Deployment) -> None:
    settings = deployment.prepare()
    left_over = deployment.data / "metrics" / "counter_1.db"
    left_over.parent.mkdir()
    left_over.touch()
    assert deployment.environment(settings)["PROMETHEUS_MULTIPROC_DIR"] == str(left_over.parent)
    assert not left_over.exists()


def test_preparing_is_safe_to_repeat(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepared() -> tuple[set[str], dict[str, Any], dict[str, str]]:
        assert prepare.main(deployment.preparation()[3:]) == 0
        storage = Storage(settings.database, Clock())
        with storage.transaction() as tx:
            keys = set(tx.execute(select(signing_keys.c.kid)).scalars())
            secrets = {row.client_id: row.secrets for row in tx.execute(select(clients))}
        storage.close()
        return (
            keys,
            json.loads(deployment.client_file.read_text()),
            {name: str(secrets[name]) for name in DEMO},
        )

    settings = deployment.prepare()
    monkeypatch.setenv("MOSTID_ENV_FILE", str(deployment.settings_file))
    first = prepared()
    assert len(first[0]) == 8  # two of each algorithm
    assert {name: told["client_id"] for name, told in first[1].items()} == {name: name for name in DEMO}
    assert first[1]["store"]["redirect_uris"] == [f"{deployment.address('store')}/callback"]
    assert stat.S_IMODE(deployment.client_file.stat().st_mode) == 0o600
    assert prepared() == first
    lost = json.loads(deployment.client_file.read_text())
    del lost["social"]
    deployment.client_file.write_text(json.dumps(lost))
    keys, told, secrets = prepared()
    assert keys == first[0]
    assert told["store"] == first[1]["store"]
    assert told["social"]["client_secret"] != first[1]["social"]["client_secret"]
    assert {name for name in DEMO if secrets[name] != first[2][name]} == {"social"}


@pytest.mark.parametrize("name", sorted(DEMO))
def test_demo_clients_ask_for_no_more_than_they_may(name: str) -> None:
    registered = metadata(name, "http://localhost:8200")
    assert registered["redirect_uris"] == ["http://localhost:8200/callback"]
    assert registered.get("first_party") is (name != "merchant")
    assert ("sector" in registered) is (name != "merchant")
    service = __import__(f"examples.{name}.service", fromlist=["x"])
    assert set(getattr(service, name.upper()).scope.split()) <= set(registered["allowed_scopes"])
    json.dumps(registered)
