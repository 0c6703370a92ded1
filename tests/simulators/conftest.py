"""Simulators for a MostID that is a plain listener."""

from collections.abc import Iterator

import pytest

from tests.simulation import Simulation
from tests.simulators.mailru import MailRuVisitor
from tests.simulators.mostid import MostId


@pytest.fixture
def mostid(simulation: Simulation) -> Iterator[MostId]:
    """Registered with the simulators."""
    listener = MostId()
    simulation.reset(listener.url)
    yield listener
    listener.close()


@pytest.fixture
def visitor(simulation: Simulation) -> Iterator[MailRuVisitor]:
    """A browser that MostID has sent to Mail.ru."""
    with MailRuVisitor(simulation) as browser:
        yield browser
