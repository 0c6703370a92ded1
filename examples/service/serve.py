"""Starting a service as a process: `python -m examples.store --port 8200 --issuer URL --client-file FILE`."""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from examples.service.app import Service, create_service
from examples.service.registration import read


class QuietHandler(WSGIRequestHandler):
    """Requests of one person clicking are no news; errors are."""

    server_version, sys_version = "example", ""
    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main(service: Service) -> None:
    """Serve on loopback until told to stop; log to stderr."""
    parser = argparse.ArgumentParser(prog=f"python -m examples.{service.name}")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", required=True, help="MostID's address; all else is learnt from there")
    parser.add_argument("--client-file", type=Path, required=True, help="RFC 7591 answers by service name")
    parser.add_argument("--clock-file", type=Path, help="testing only: seconds that are added to the clock")
    given = parser.parse_args()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    registration = read(given.client_file, service.name, given.issuer)
    app = create_service(service, registration, moved_clock(given.clock_file))
    server = make_server("127.0.0.1", given.port, app, threaded=True, request_handler=QuietHandler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    server.serve_forever()


def moved_clock(file: Path | None) -> Callable[[], float]:
    """Seconds since 1970, plus those written in the file, if there is one."""

    def now() -> float:
        moved = file.read_text().strip() if file is not None and file.exists() else ""
        return time.time() + float(moved or 0)

    return now
