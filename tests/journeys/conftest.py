"""Whole journeys over HTTP, through everything that `make run` starts."""

from collections.abc import Callable, Iterator

import pytest

from tests.journeys.visitor import Visitor
from tests.support.whole import Whole, later, mostid

__all__ = ["later", "mostid"]


@pytest.fixture
def visitor_of(mostid: Whole) -> Iterator[Callable[..., Visitor]]:
    """New browsers: `visitor_of("en")`."""
    made: list[Visitor] = []

    def make(language: str = "ru") -> Visitor:
        made.append(Visitor(language))
        return made[-1]

    yield make
    for visitor in made:
        visitor.client.close()


@pytest.fixture
def visitor(visitor_of: Callable[..., Visitor]) -> Visitor:
    return visitor_of()
