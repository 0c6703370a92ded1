"""Simulators for a MostID that is a plain listener."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from config.load import load
from config.secrets import new_env
from config.settings import Settings
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
def development(simulation: Simulation, tmp_path: Path) -> Settings:
    """MostID's settings of development, with the addresses of these simulators."""
    file = tmp_path / "mostid.env"
    file.write_text(_environment(simulation.url))
    return load(file, data_dir=tmp_path)


@cache
def _environment(url: str) -> str:
    """Its key takes longer to make than a test to run."""
    return new_env(simulators=url)


@pytest.fixture
def visitor(simulation: Simulation) -> Iterator[MailRuVisitor]:
    """A browser that MostID has sent to Mail.ru."""
    with MailRuVisitor(simulation) as browser:
        yield browser
