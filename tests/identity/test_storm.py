"""Hundreds of parallel first callbacks: exactly one identity, nobody turned away."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import pytest

from app.identity.tables import identities, links, lookups, subjects
from tests.identity.storm import TIMES
from tests.identity.world import World, push

ROOT = Path(__file__).parents[2]
PROCESSES = 4


def _storm(world: World, act: str) -> list[str]:
    """What every arrival of every process was given."""
    command = [
        sys.executable,
        "-m",
        "tests.identity.storm",
        str(world.storage.writer.url.render_as_string(False)),
        act,
    ]
    with ExitStack() as stack:
        storm = [
            stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True))
            for _ in range(PROCESSES)
        ]
        for process in storm:
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in storm:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        given = []
        for process in storm:
            given += process.communicate(timeout=60)[0].split()
            assert process.returncode == 0
    return given


@pytest.mark.sr("SR-187")
@pytest.mark.parametrize("act", ["first", "number", "subject"])
def test_a_storm_of_first_callbacks_makes_one_person(world: World, act: str) -> None:
    given = _storm(world, act)
    assert len(given) == PROCESSES * TIMES
    assert len(set(given)) == 1
    assert len(world.rows(identities)) == len(world.rows(links)) == 1
    if act == "subject":
        assert world.one(subjects).sub == given[0]


@pytest.mark.sr("SR-187")
def test_a_storm_of_handovers_hands_over_once(world: World) -> None:
    former = world.arrive(push("former owner"))
    given = _storm(world, "handover")
    assert len(given) == PROCESSES * TIMES
    assert len(set(given)) == 1
    assert given[0] != str(former.identity_id)
    assert len(world.rows(identities)) == 2
    assert len(world.rows(lookups)) == 1
