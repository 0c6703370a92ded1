"""`make run`: starts MostID, its worker, the simulators and the example services, and stops them all together."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from config.load import ConfigurationError
from scripts import demo_clients
from scripts.demo_clients import FLASK
from scripts.deployment import BASE_PORT, ROOT, Deployment
from scripts.ports import taken
from scripts.supervisor import Failed, Stopped, Supervisor

BANNER = """\
MostID             {public}
metrics            {metrics}/metrics
simulators         {simulators}
store              {store}
social             {social}
merchant           {merchant}

Sign in at the store:
  with Mail.ru     choose a person on the simulator's page
  with a phone     +7 920 123-45-67; its messages arrive at {simulators}/handset?number=%2B79201234567
Logs are in {logs}; Ctrl-C stops everything."""


def main(arguments: list[str]) -> int:
    """Run until told to stop. The exit status: 0 after a stop, 1 with the reason on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="python -m scripts.run", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var", help="where data, keys and logs are")
    parser.add_argument(
        "--base-port", type=int, default=BASE_PORT, help="port of MostID; the others follow it"
    )
    given = parser.parse_args(arguments)
    try:
        run(Deployment(given.data_dir.absolute(), given.base_port))
    except (Stopped, KeyboardInterrupt):
        return 0
    except (Failed, ConfigurationError) as failure:
        print(failure, file=sys.stderr)
    return 1


def run(deployment: Deployment) -> NoReturn:
    """Set up what is not set up, start everything, and stay. Raises Stopped in the end, Failed, ConfigurationError."""
    check_ports(deployment.ports)
    settings = deployment.prepare()
    logs = deployment.data / "log"
    with Supervisor(ROOT, logs, deployment.environment(settings)) as supervisor:
        supervisor.complete("migrate", [*FLASK, "db", "upgrade"])
        supervisor.complete("keys", [*FLASK, "keys", "ensure"])
        demo_clients.ensure(supervisor, deployment.client_file, deployment.origins())
        supervisor.start(list(deployment.programs(settings)))
        addresses = {name: deployment.address(name) for name in deployment.ports}
        print(BANNER.format(**addresses | {"public": settings.issuer}, logs=logs))
        print("ready", flush=True)
        supervisor.watch()


def check_ports(ports: dict[str, int]) -> None:
    """Raises Failed, naming every port that somebody has, before anything is started or written."""
    busy = [f"port {port} ({name})" for name, port in ports.items() if taken(port)]
    if busy:
        raise Failed(f"taken by another program: {', '.join(busy)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
