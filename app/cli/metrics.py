"""`flask metrics`: what all processes count, summed, on an address of its own (SR-158)."""

import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from app.cli.output import refuse
from app.web.metrics import exposition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def command(address: str, directory: Path) -> click.Command:
    """The command that serves metrics from this directory on `host:port`."""

    @click.command("metrics")
    def metrics() -> None:
        """Serve the metrics of all processes until told to stop."""
        host, _, port = address.rpartition(":")
        try:
            server = serve(host.strip("[]"), int(port), directory)
        except (OSError, ValueError) as error:
            refuse(f"cannot listen on {address}: {error}; change MOSTID_METRICS_ADDRESS")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
        server.shutdown()
        server.server_close()

    return metrics


def serve(host: str, port: int, directory: Path) -> ThreadingHTTPServer:
    """Begin to answer `GET /metrics`, in a thread; the caller shuts the server down. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # no process may have counted anything yet

    class Handler(BaseHTTPRequestHandler):
        """One document; anything else is not here."""

        server_version = "metrics"
        sys_version = ""
        timeout = 5

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404)
                return
            body = exposition(str(directory))
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Readers of metrics come every few seconds; they are no news."""

    class Server(ThreadingHTTPServer):
        """On IPv4 or IPv6, as its address is written."""

        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    server = Server((host, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
