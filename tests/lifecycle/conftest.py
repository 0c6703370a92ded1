"""A deployment for each test, a browser and services at it."""

from tests.deployment import deploy, deployment
from tests.provider.conftest import browser, merchant, store

__all__ = ["browser", "deploy", "deployment", "merchant", "store"]
