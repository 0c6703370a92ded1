"""The pages' application, and a browser that keeps cookies."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from app.storage.clock import Clock
from tests.services import free_port
from tests.web.world import pages_app

HTTPS = "https://id.example.ru"


@pytest.fixture
def pages(clock: Clock) -> Flask:
    return pages_app(clock)


@pytest.fixture
def client(pages: Flask) -> FlaskClient:
    return pages.test_client()


@pytest.fixture
def secure(clock: Clock) -> FlaskClient:
    """The same behind https."""
    app = pages_app(clock, issuer=HTTPS)
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    client.environ_base["HTTP_HOST"] = "id.example.ru"
    return client


@pytest.fixture
def token_of() -> Callable[[str], str]:
    """The form token of a page."""
    return lambda page: re.search(r'name="csrf_token" value="([^"]+)"', page)[1]  # type: ignore[index]


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    port = free_port()
    app: Flask = pages_app(Clock(None), issuer=f"http://localhost:{port}")

    def whole(environ: Any, start_response: Any) -> list[bytes]:
        """Read to the end: this server leaves a file open when a browser turns away before it has all."""
        answer = app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    server = make_server("127.0.0.1", port, whole, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{port}"
    server.shutdown()
    thread.join()
    server.server_close()
