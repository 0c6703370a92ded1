"""The pages' application, and a browser that keeps cookies."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage.clock import Clock
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
