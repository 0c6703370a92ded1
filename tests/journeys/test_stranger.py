"""A service that nobody has told us of: openid-client from npm, our address, and an initial access token."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from tests.journeys.steps import through_mailru
from tests.journeys.visitor import Visitor
from tests.support import node
from tests.support.whole import Whole

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "node" / "stranger.mjs"
PATIENCE_S = 60


def initial_token(mostid: Whole) -> str:
    """What an operator hands to a partner."""
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "wsgi",
        "clients",
        "initial-token",
        "--note",
        "a partner",
        "--json",
    ]
    environment = {
        "MOSTID_ENV_FILE": str(mostid.directory / "data" / "mostid.env"),
        "MOSTID_CLOCK_FILE": str(mostid.directory / "clock"),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    token: str = json.loads(done.stdout)["initial_access_token"]
    return token


@contextmanager
def stranger(mostid: Whole) -> Iterator[Callable[[], dict[str, Any]]]:
    """The service; each call gives the next of its lines, which says what it wants or has."""
    command = [
        node.executable(),
        str(PROGRAM),
        mostid.address("public"),
        initial_token(mostid),
        str(mostid.clock_file.seconds),
    ]
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True) as process:

        def line() -> dict[str, Any]:
            assert process.stdout is not None
            assert process.stderr is not None
            text = process.stdout.readline()
            assert text, process.stderr.read() + mostid.log("public")[-2_000:]
            said: dict[str, Any] = json.loads(text)
            return said

        try:
            yield line
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


@pytest.mark.rule(
    "RFC 7591", "3", "a client library that has only our address registers itself and signs a person in"
)
def test_a_stranger_registers_signs_in_refreshes_and_logs_out(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    with stranger(mostid) as line:
        visitor.go(line()["open"])
        through_mailru(visitor, anna)
        assert visitor.path == "/consent", visitor.text
        visitor.press("decision", "allow")
        assert visitor.page.title == "arrived", visitor.text
        visitor.go(line()["open"])
        given = line()
    assert given["name"] == anna.name
    assert given["token_type"].lower() == "dpop"
    assert given["same_person"]
    assert given["bound"]
    assert given["active"] == [True, False]
    assert given["farewell"] == "farewell"
