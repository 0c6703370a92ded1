"""Serving an application on loopback: one process, a thread for each request."""

from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask

HOST = "127.0.0.1"


class Server(ThreadingMixIn, WSGIServer):
    """The standard library's server, with threads that end with the process."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]
        self.setup_environ()


class Handler(WSGIRequestHandler):
    """Requests are no news; errors are, and Flask logs them."""

    server_version, sys_version = "simulators", ""
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of the method we override
        """Say nothing."""


def server_of(app: Flask, port: int) -> Server:
    """A server that listens already."""
    server = Server((HOST, port), Handler)
    server.set_app(app)
    return server
