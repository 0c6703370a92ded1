"""Runs programs under our supervisor, as `make run` does: python -m tests.support.supervised LOGS PROGRAMS.json"""

import json
import signal
import sys
from pathlib import Path

from scripts.supervisor import Failed, Program, Stopped, Supervisor


def main(logs: Path, programs: Path) -> int:
    """0 when told to stop, 1 when a program ends at its start."""
    wanted = [
        Program(
            item["name"],
            item["command"],
            item.get("port"),
            signal.Signals[item.get("death", "SIGKILL")],
            item.get("health"),
        )
        for item in json.loads(programs.read_text())
    ]
    try:
        with Supervisor(Path.cwd(), logs, {"PATH": "/usr/bin:/bin"}) as supervisor:
            supervisor.start(wanted)
            print("ready", flush=True)
            supervisor.watch()
    except Stopped:
        return 0
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
