"""Chromium on everything that `make run` starts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.whole import later, mostid

__all__ = ["later", "mostid"]

PHONE = {"width": 360, "height": 640}
Contexts = Callable[..., BrowserContext]


@pytest.fixture
def context_of(chromium: Browser) -> Iterator[Contexts]:
    """New browsers with a small screen; keywords are Playwright's."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        made.append(chromium.new_context(**{"viewport": PHONE, "locale": "ru-RU"} | options))
        made[-1].set_default_timeout(20_000)
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def page(context_of: Contexts) -> Page:
    return context_of().new_page()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def any_page(context_of: Contexts, request: pytest.FixtureRequest) -> Page:
    """Once with scripts and once without."""
    return context_of(java_script_enabled=request.param).new_page()
