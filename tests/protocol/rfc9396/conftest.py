"""A deployment with the types of `make run` and one more, and services that may ask for them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.html import PageForm, read
from tests.protocol.rfc9396.details import API, EXAMPLES, REPORT, STOCK


@pytest.fixture
def types(tmp_path: Path) -> Path:
    """A directory of types: the example, and one that a service may have for itself."""
    directory = tmp_path / "types"
    shutil.copytree(EXAMPLES, directory)
    (directory / "report.json").write_text(json.dumps(REPORT), encoding="utf-8")
    return directory


@pytest.fixture
def deployment(deploy: Deploy, types: Path) -> Deployment:
    return deploy(authorization_details_dir=types)


@pytest.fixture
def shop(deployment: Deployment) -> Service:
    """A service of our own."""
    return deployment.register(
        "shop",
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        allowed_scopes=["openid", "profile", "offline_access", "orders"],
        authorization_details_types=["mir_payment", "report"],
        resources=[API, STOCK],
    )


@pytest.fixture
def tea(deployment: Deployment) -> Service:
    """A third party's."""
    return deployment.register(
        "tea",
        client_name="Чай",
        first_party=False,
        redirect_uris=["https://tea.example/cb"],
        authorization_details_types=["mir_payment"],
    )


Question = Callable[..., PageForm]


@pytest.fixture
def question(signed_in: Browser) -> Question:
    """The form that asks for a request's details; whoever is signed in sees it."""

    def ask(service: Service, **asked: Any) -> PageForm:
        page = signed_in.follow(signed_in.authorize(service, **asked))
        assert page.status_code == 200, page.text
        return read(page).form("/consent")

    return ask
