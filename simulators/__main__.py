"""`python -m simulators --port 8100 --smtp-port 8125 --mostid http://localhost:8000`: serve until told to stop."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from simulators import app, world
from simulators.clock import Clock
from simulators.mailbox.smtp import SmtpServer
from simulators.server import server_of


def main() -> None:
    """Serve on loopback; log to stderr. `MOSTID_CLOCK_FILE` holds the seconds that are added to the clock."""
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--smtp-port", type=int, default=8125)
    parser.add_argument("--mostid", default="http://localhost:8000", help="MostID's address")
    given = parser.parse_args()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    file = os.environ.get("MOSTID_CLOCK_FILE")
    simulated = world.build(
        f"http://localhost:{given.port}", given.mostid.rstrip("/"), Clock(Path(file) if file else None)
    )
    SmtpServer(given.smtp_port, simulated.mails).start()
    server = server_of(app.create(simulated), given.port)
    simulated.timetable.start()
    server.serve_forever()


if __name__ == "__main__":
    main()
