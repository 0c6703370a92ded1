"""`flask keys`: what each command prints, its exit code, and its record."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.keys.lifecycle import ALGORITHMS
from tests.cli.conftest import Flask, printed
from tests.deployment import Deployment
from tests.services import ClockFile

HOUR = 3600


def states(flask: Flask, algorithm: str = "ES256") -> dict[str, list[str]]:
    """Key ids by state."""
    found: dict[str, list[str]] = {}
    for key in printed(flask("keys", "list", "--json")):
        if key["alg"] == algorithm:
            found.setdefault(key["state"], []).append(key["kid"])
    return found


def kinds(deployment: Deployment) -> list[str]:
    return [row.kind for row in deployment.rows("audit") if row.kind.startswith("key.")]


def test_the_list_names_keys_by_their_members(deployment: Deployment, flask: Flask) -> None:
    keys = printed(flask("keys", "list", "--json"))
    assert [(key["alg"], key["state"], key["use"]) for key in keys] == [
        (alg, state, "sig") for alg in sorted(ALGORITHMS) for state in ("current", "next")
    ]
    served = deployment.client().get("/jwks.json").json["keys"]
    assert {key["kid"] for key in keys} == {key["kid"] for key in served}
    assert abs(keys[0]["published_at"] - deployment.clock.now() / 1000) < 600
    assert keys[1]["activated_at"] is None
    heading, *rows = flask("keys", "list").stdout.splitlines()
    assert heading.split()[:3] == ["kid", "alg", "state"]
    assert [row.split()[0] for row in rows] == [key["kid"] for key in keys]


def test_ensure_makes_what_is_missing_once(deployment: Deployment, flask: Flask) -> None:
    assert flask("keys", "ensure").stdout == "the keys are there\n"
    (gone,) = states(flask)["next"]
    table = deployment.storage
    table.run(
        lambda tx: tx.connection.exec_driver_sql(f"DELETE FROM signing_keys WHERE kid = '{gone}'"),
        write=True,
    )
    assert flask("keys", "ensure").stdout == "made 1 keys\n"
    assert len(states(flask)["next"]) == 1
    assert kinds(deployment) == ["key.made"]


@pytest.mark.sr("SR-069")
def test_a_key_that_services_may_not_have_seen_is_not_promoted(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    before, published = states(flask), printed(flask("keys", "list", "--json"))[1]["published_at"]
    result = flask("keys", "rotate")
    told = datetime.fromtimestamp(published + HOUR, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("Error: not yet: the next keys may sign from ")
    assert (
        abs(datetime.fromisoformat(result.stderr.split("from ")[1].strip()).timestamp() - published - HOUR)
        <= 20
    ), told
    as_json = flask("keys", "rotate", "--json")
    assert as_json.exit_code == 3
    assert [(one["alg"], one["promoted"]) for one in printed(as_json)] == [
        (name, None) for name in ALGORITHMS
    ]
    assert abs(printed(as_json)[0]["not_before"] - published - HOUR) <= 20
    assert states(flask) == before
    assert kinds(deployment) == []


def test_a_key_that_was_published_long_enough_is_promoted(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    before = states(flask)
    clock_file.advance(HOUR + 1)
    result = flask("keys", "rotate")
    after = states(flask)
    assert result.exit_code == 0
    assert after["current"] == before["next"]
    assert after["retiring"] == before["current"]
    assert f"ES256: {after['current'][0]} signs now, {after['next'][0]} is next" in result.stdout
    assert kinds(deployment) == ["key.rotated"] * 4


def test_without_a_next_key_one_is_published_at_once_and_the_time_is_said(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    delete = "DELETE FROM signing_keys WHERE state = 'next'"
    deployment.storage.run(lambda tx: tx.connection.exec_driver_sql(delete), write=True)
    clock_file.advance(HOUR + 1)
    result = flask("keys", "rotate")
    assert result.exit_code == 3
    assert "is published and will be next" in result.stdout
    assert "not yet" in result.stderr
    assert len(states(flask)["next"]) == 1
    assert kinds(deployment) == ["key.rotated"] * 4
    clock_file.advance(HOUR + 1)
    assert flask("keys", "rotate").exit_code == 0


@pytest.mark.sr("SR-071")
def test_an_emergency_promotes_now_and_withdraws_the_former_key(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    before = states(flask)
    assert flask("keys", "rotate", "--emergency").exit_code == 0
    clock_file.advance(2)
    served = {key["kid"] for key in deployment.client().get("/jwks.json").json["keys"]}
    assert not set(before["current"]) & served
    assert set(before["next"]) <= served
    assert kinds(deployment) == ["key.emergency_rotated"] * 4


def test_retire_takes_what_is_due_or_one_by_name(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    clock_file.advance(HOUR + 1)
    flask("keys", "rotate")
    assert flask("keys", "retire").stdout == "no key is due\n"
    (current,), (retiring,) = states(flask)["current"], states(flask)["retiring"]
    refused = flask("keys", "retire", current)
    assert (refused.exit_code, refused.stderr) == (1, f"Error: {current} is no retiring key\n")
    assert flask("keys", "retire", retiring).stdout == f"retired {retiring}\n"
    clock_file.advance(3 * HOUR)
    assert len(flask("keys", "retire").stdout.splitlines()) == 3
    assert kinds(deployment)[4:] == ["key.retired"] * 4


@pytest.mark.parametrize(
    "arguments", [("rotate", "now"), ("retire", "a", "b"), ("nothing",), ("list", "--csv")]
)
def test_wrong_usage(flask: Flask, arguments: tuple[Any, ...]) -> None:
    assert flask("keys", *arguments).exit_code == 2
