"""What stands on one development machine: addresses, files, programs."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.addresses import is_loopback
from config.load import load
from config.secrets import new_env, write_env
from config.settings import Settings
from scripts.supervisor import Failed, Program

ROOT = Path(__file__).parents[1]
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
BASE_PORT = 8000
OFFSETS = {
    "public": 0, "metrics": 90, "simulators": 100, "smtp": 125, "store": 200, "social": 201, "merchant": 210,
}  # fmt: skip
SERVICES = ("store", "social", "merchant")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One set of addresses and one data directory."""

    data: Path = ROOT / "var"
    base_port: int = BASE_PORT

    @property
    def ports(self) -> dict[str, int]:
        """The port of each server."""
        return {name: self.base_port + offset for name, offset in OFFSETS.items()}

    @property
    def settings_file(self) -> Path:
        """Where keys and settings of this directory are."""
        return self.data / "mostid.env"

    @property
    def client_file(self) -> Path:
        """Where the example services find their secrets."""
        return self.data / "demo-clients.json"

    def address(self, name: str) -> str:
        """Where browsers find a server."""
        return f"http://localhost:{self.ports[name]}"

    def prepare(self) -> Settings:
        """Make the directory and, once, its keys; the settings. Raises Failed, ConfigurationError."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.settings_file.exists():
            write_env(self.settings_file, self._new_settings())
        settings = load(self.settings_file)
        self._check_issuer(settings.issuer)
        return settings

    def environment(self, settings: Settings) -> Mapping[str, str]:
        """What every program inherits."""
        metrics = settings.data_dir.absolute() / "metrics"
        metrics.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left_over in metrics.glob("*.db"):  # of processes that have ended
            left_over.unlink()
        given = {
            "MOSTID_ENV_FILE": str(self.settings_file.absolute()),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            "PYTHONUNBUFFERED": "1",
        }
        if settings.clock_file is not None:
            given["MOSTID_CLOCK_FILE"] = str(settings.clock_file)
        return os.environ | given

    def preparation(self) -> list[str]:
        """What must have been done before anything that uses our data is started."""
        origins = [f"{name}={self.address(name)}" for name in SERVICES]
        file = str(self.client_file.absolute())
        return [sys.executable, "-m", "scripts.prepare", "--client-file", file, *origins]

    def simulators(self) -> Program:
        """The upstreams, which need nothing of ours."""
        command = [
            sys.executable, "-m", "simulators", "--port", str(self.ports["simulators"]),
            "--smtp-port", str(self.ports["smtp"]), "--mostid", self.address("public"),
        ]  # fmt: skip
        return Program("simulators", command, self.ports["simulators"])

    def programs(self, settings: Settings) -> Iterator[Program]:
        """Everything that uses our data."""
        yield Program(
            "public",
            public_command(settings, self.ports["public"]),
            self.ports["public"],
            health="/health/ready",
            death_signal=signal.SIGTERM,
        )
        yield Program("metrics", [*FLASK, "metrics"], self.ports["metrics"])
        yield Program("worker", [*FLASK, "worker"])
        for name in SERVICES:
            yield Program(name, self._service(name, settings), self.ports[name])

    def _new_settings(self) -> str:
        """Fresh keys; and where we are, if that is not where everybody is."""
        text = new_env(issuer=self.address("public"), simulators=self.address("simulators"))
        text += f"MOSTID_AUTHORIZATION_DETAILS_DIR={ROOT / 'examples' / 'authorization_details'}\n"
        if self.base_port != BASE_PORT:
            text += f"MOSTID_ADMIN_ISSUER=http://localhost:{self.base_port + 1}\n"
            text += f"MOSTID_METRICS_ADDRESS=127.0.0.1:{self.ports['metrics']}\n"
        if self.data != ROOT / "var":
            text += f"MOSTID_DATA_DIR={self.data.absolute()}\n"
        return text

    def _check_issuer(self, issuer: str) -> None:
        """An address of this machine must be the one that we serve at; any other is a proxy's."""
        parts = urlsplit(issuer)
        if is_loopback(parts.hostname or "") and parts.port != self.ports["public"]:
            raise Failed(
                f"MOSTID_ISSUER is {issuer}, but MostID would answer at port {self.ports['public']}: "
                f"change it in {self.settings_file} or the environment, or begin anew with `make clean`"
            )

    def _service(self, name: str, settings: Settings) -> list[str]:
        command = [
            sys.executable, "-m", f"examples.{name}", "--port", str(self.ports[name]),
            "--issuer", settings.issuer, "--client-file", str(self.client_file.absolute()),
        ]  # fmt: skip
        return command + (["--clock-file", str(settings.clock_file)] if settings.clock_file else [])


def public_command(settings: Settings, port: int) -> list[str]:
    """The server of the public face, on loopback alone: a proxy with TLS stands in front wherever it is public."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(settings.workers), "--blocking-threads", str(settings.threads), "--http", "1", "--no-ws",
        "--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "2",
        "--log-level", "warning", "wsgi:app",
    ]  # fmt: skip
