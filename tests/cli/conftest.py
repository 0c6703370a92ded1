"""Commands of operators on a deployment of the test's own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.deployment import Deploy, Deployment, deploy, deployment

__all__ = ["Deploy", "Deployment", "Flask", "deploy", "deployment", "flask", "on", "printed"]

Flask = Callable[..., Result]


@pytest.fixture
def flask(deployment: Deployment) -> Flask:
    """Run `flask …` on the deployment: `flask("keys", "list")`; a failure that is no exit is raised."""
    return on(deployment)


def on(deployment: Deployment) -> Flask:
    """The same, for a deployment that the test makes itself."""
    runner = deployment.app.test_cli_runner(catch_exceptions=False)
    return lambda *arguments: runner.invoke(args=[*arguments])


def printed(result: Result) -> Any:
    """What a command with --json said on stdout."""
    return json.loads(result.stdout)
