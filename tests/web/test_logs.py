"""What a line of the log says."""

import json
import logging

import pytest

from app.storage.clock import Clock
from app.web.logs import JsonFormatter


def line(clock: Clock, message: str, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "mostid.x", "msg": message, "levelname": "INFO", **extra})
    found: dict[str, object] = json.loads(JsonFormatter(clock).format(record))
    return found


@pytest.mark.sr("SR-184")
def test_a_number_is_masked_wherever_it_stands(clock: Clock) -> None:
    found = line(clock, "to +79201234567", cause="79201234567 is blocked")
    assert (found["message"], found["cause"]) == ("to •••67", "•••67 is blocked")


@pytest.mark.parametrize("reference", ["2a3089601357", "123456789012", "abcdef012345"])
def test_a_reference_is_written_as_the_page_shows_it(clock: Clock, reference: str) -> None:
    """Whatever its digits look like: an operator searches for it."""
    assert line(clock, "refused", reference=reference)["reference"] == reference
