"""`make run`: starts MostID, its worker, the simulators and the example services, and stops them all together."""

import argparse
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from config.load import ConfigurationError
from config.settings import Settings
from scripts.deployment import BASE_PORT, ROOT, Deployment
from scripts.ports import taken
from scripts.supervisor import Failed, Stopped, Supervisor
from simulators.cast import CAST

BANNER = """\
MostID             {public}
metrics            {metrics}/metrics
simulators         {simulators}, mail at {simulators}/mailbox
store              {store}
social network     {social}
merchant           {merchant} (a third party: it asks for consent)

Sign in at the store as somebody who does not exist:
  with Mail.ru     {mailru}, chosen on the simulator's page
  with a push      {push}, answered at {simulators}/handset?number={push_digits}
  with a message   {sms}, read at {simulators}/handset?number={sms_digits}
Logs are in {logs}; Ctrl-C stops everything."""


def main(arguments: list[str]) -> int:
    """Run until told to stop. The exit status: 0 after a stop, 1 with the reason on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="python -m scripts.run", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var", help="where data, keys and logs are")
    parser.add_argument(
        "--base-port", type=int, default=BASE_PORT, help="port of MostID; the others follow it"
    )
    given = parser.parse_args(arguments)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="replace"
        )  # a name must not stop the start on a terminal without its letters
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
        supervisor.begin([deployment.simulators()])
        supervisor.complete("prepare", deployment.preparation())
        supervisor.start(list(deployment.programs(settings)))
        print(banner(deployment, settings, logs))
        print("ready", flush=True)
        supervisor.watch()


def banner(deployment: Deployment, settings: Settings, logs: Path) -> str:
    """Where to click, and a person for each way in."""
    push, sms = CAST["maria"], CAST["olga"]
    addresses = {name: deployment.address(name) for name in deployment.ports}
    return BANNER.format(
        **addresses | {"public": settings.issuer},
        mailru=f"{push.first_name} {push.last_name}",
        push=push.number,
        push_digits=push.number.replace("+", "%2B"),
        sms=sms.number,
        sms_digits=sms.number.replace("+", "%2B"),
        logs=logs,
    )


def check_ports(ports: dict[str, int]) -> None:
    """Raises Failed, naming every port that somebody has, before anything is started or written."""
    busy = [f"port {port} ({name})" for name, port in ports.items() if taken(port)]
    if busy:
        raise Failed(f"taken by another program: {', '.join(busy)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
