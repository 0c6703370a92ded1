"""MostID as it is served: granian with four workers over real stores, and a deployment beside it that prepares people."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.deployment import ROOT, public_command
from scripts.ports import answers
from tests.deployment import Browser, Deployment, Service
from tests.services import ClockFile, free_port
from tests.support.servers import wait_for
from tests.support.volley import Reply, request, send

WORKERS = 4
PATIENCE_S = 90
"""Four workers start on a machine that is busy with other tests."""


@dataclass(slots=True)
class Served:
    """A running server, and the same database in this process."""

    deployment: Deployment
    port: int
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    number_of_workers: int = WORKERS

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = public_command(
            self.deployment.settings.model_copy(update={"workers": self.number_of_workers}), self.port
        )
        with (self.deployment.settings.data_dir / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        wait_for(lambda: answers(self.port) and self._ready(), "the server does not answer", PATIENCE_S)

    def stop(self) -> None:
        """End it and whatever it started."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def kill(self) -> None:
        """Kill it with all its workers at one moment, as a power cut does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        self.process = None

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def token(self, service: Service, **form: str) -> bytes:
        """A request to the token endpoint by a confidential client."""
        return request("POST", "/token", form, authorization=service.basic)

    def redemption(self, service: Service, code: str, **changed: str) -> bytes:
        """A request that redeems a code."""
        form = {
            "code": code,
            "redirect_uri": service.redirect_uri,
            "code_verifier": service.verifier,
        } | changed
        return self.token(service, grant_type="authorization_code", **form)

    def renewal(self, service: Service, token: str) -> bytes:
        """A request that uses a refresh token."""
        return self.token(service, grant_type="refresh_token", refresh_token=token)

    def send(self, raw: bytes) -> Reply:
        """One request."""
        return send(self.port, raw)

    def alive(self, service: Service, token: str) -> bool:
        """Whether a token is alive, as the service is told."""
        asked = self.send(request("POST", "/introspect", {"token": token}, authorization=service.basic))
        assert asked.status == 200, asked
        return bool(asked.json["active"])

    def _ready(self) -> bool:
        try:
            return self.send(request("GET", "/health/ready")).status == 200
        except OSError:
            return False


@contextmanager
def serve(
    directory: Path,
    database_url: str,
    redis_url: str,
    *,
    number_of_workers: int = WORKERS,
    at_its_port: bool = False,
    **settings: Any,
) -> Iterator[Served]:
    """A server over these stores; empty addresses are files in the directory.

    `at_its_port` makes its own address the issuer, for clients that go where discovery sends them.
    """
    clock_file, port = ClockFile(directory / "clock"), free_port()
    clock_file.set(0)
    if at_its_port:
        settings["issuer"] = f"http://localhost:{port}"
    deployment = Deployment(directory, clock_file, database_url=database_url, redis_url=redis_url, **settings)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "MOSTID_ENV_FILE": str(directory / "mostid.env"),
        "MOSTID_DATA_DIR": str(directory),
        "MOSTID_ISSUER": deployment.settings.issuer,
        "MOSTID_DATABASE_URL": database_url,
        "MOSTID_REDIS_URL": redis_url,
        "MOSTID_CLOCK_FILE": str(clock_file.path),
        "MOSTID_LOG_LEVEL": "WARNING",
    }
    served = Served(deployment, port, environment, number_of_workers=number_of_workers)
    try:
        served.start()
        yield served
    finally:
        served.stop()
        deployment.storage.close()


def signed_in(served: Served, subject: str) -> Browser:
    """A browser with this person signed in."""
    browser = served.deployment.client()
    served.deployment.sign_in(browser, subject)
    return browser
