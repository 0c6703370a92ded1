"""A provider, and services that rely on it, as browsers meet them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from examples.merchant.service import MERCHANT
from examples.service.app import Service, create_service
from examples.service.registration import Registration
from examples.social.service import SOCIAL
from examples.store.service import STORE
from tests.examples.issuer import Issuer, running

ORIGIN = "http://localhost:8200"


@dataclass
class Browser:
    """One browser at one service: its cookies, and a way to follow redirects through the provider."""

    app: Flask
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, language: str = "en") -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, headers={"Accept-Language": language}, buffered=True)

    def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> TestResponse:
        """Post a form as our own page gives it."""
        sent = {"csrf_token": self.form_token()} | (data or {})
        return self.client.post(path, base_url=ORIGIN, data=sent, headers=headers)

    def form_token(self) -> str:
        text = self.get("/").text
        return text.partition('name="csrf_token" value="')[2].partition('"')[0]

    def follow(self, answer: TestResponse) -> TestResponse:
        """Go wherever a redirect leads, to the provider and back, until a page is shown."""
        for _ in range(6):
            if answer.status_code != 303:
                return answer
            location = answer.location
            if location.startswith("http") and not location.startswith(ORIGIN):
                location = httpx2.get(location, trust_env=False).headers["Location"]
            parts = urlsplit(location)
            answer = self.get(f"{parts.path}?{parts.query}")
        raise AssertionError("redirects do not end")

    def sign_in(self, path: str = "/signin") -> TestResponse:
        return self.follow(self.get(path))


@dataclass
class Time:
    """A clock that tests move."""

    offset: float = 0

    def __call__(self) -> float:
        return time.time() + self.offset


@pytest.fixture
def issuer(now: Time) -> Iterator[Issuer]:
    with running(now) as provider:
        yield provider


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def browser_of(issuer: Issuer, now: Time) -> Callable[[Service], Browser]:
    """A new browser at a fresh instance of a service."""

    def make(service: Service) -> Browser:
        us = Registration(issuer.url, "client", "secret", f"{ORIGIN}/callback", f"{ORIGIN}/signed-out")
        return Browser(create_service(service, us, now))

    return make


@pytest.fixture
def store(browser_of: Callable[[Service], Browser]) -> Browser:
    return browser_of(STORE)


@pytest.fixture
def social(browser_of: Callable[[Service], Browser]) -> Browser:
    return browser_of(SOCIAL)


@pytest.fixture
def merchant(browser_of: Callable[[Service], Browser]) -> Browser:
    return browser_of(MERCHANT)
