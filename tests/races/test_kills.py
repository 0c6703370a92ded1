"""Workers and the whole server are killed under load: what a client was told is there afterwards, and nothing half."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.deployment import Service
from tests.provider.tokens import claims
from tests.races.served import Served, signed_in
from tests.support.volley import Cut, Reply

CLIENTS = 4
pytestmark = pytest.mark.timeout(600)
PAUSE_S = 0.4
"""Between two kills: a worker comes back after half a second, so some of the four always serve."""


@dataclass(slots=True)
class Ledger:
    """What one client was told."""

    refresh_token: str
    access_token: str
    generation: int = 1
    codes: list[str] = field(default_factory=list)
    """Codes still to be redeemed."""
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    """Token answers to codes."""
    strange: list[Reply] = field(default_factory=list)
    """Answers that are neither what was asked for nor a lost connection."""
    cuts: int = 0


@pytest.mark.sr("SR-195", "SR-196")
@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.soak)])
def test_what_was_acknowledged_is_there_after_kills(served: Served, store: Service, kills: int) -> None:
    ledgers = [open_ledger(served, store, str(50_000 + kills * 100 + number)) for number in range(CLIENTS)]
    over = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        work = [pool.submit(keep_going, served, store, ledger, over) for ledger in ledgers]
        for number in range(kills):
            over.wait(PAUSE_S)
            victims = served.workers()
            if victims:
                os.kill(victims[number % len(victims)], signal.SIGKILL)
        served.kill()
        over.set()
        for done in work:
            done.result(timeout=60)
    served.start()
    assert sum(ledger.cuts for ledger in ledgers) > 0
    assert [ledger.strange for ledger in ledgers if ledger.strange] == []
    for ledger in ledgers:
        check(served, store, ledger)


def open_ledger(served: Served, store: Service, subject: str) -> Ledger:
    """A person with a grant, and codes for more."""
    browser = signed_in(served, subject)
    first = served.send(served.redemption(store, browser.code(store))).json
    return Ledger(
        first["refresh_token"], first["access_token"], codes=[browser.code(store) for _ in range(15)]
    )


def keep_going(served: Served, store: Service, ledger: Ledger, over: threading.Event) -> None:
    """Renew without end, and redeem a code now and then. A renewal whose answer was lost is asked for again."""
    for turn in turns(over):
        try:
            if turn % 8 == 0 and ledger.codes:
                reply = served.send(served.redemption(store, ledger.codes.pop()))
                if reply.status == 200:
                    ledger.acknowledged.append(reply.json)
                else:
                    ledger.strange.append(reply)
                continue
            reply = served.send(served.renewal(store, ledger.refresh_token))
        except (Cut, OSError):
            ledger.cuts += 1
            time.sleep(0.02)  # noqa: TID251  # until another worker has the connection
            continue
        if reply.status != 200:
            ledger.strange.append(reply)
            return
        ledger.refresh_token, ledger.access_token = reply.json["refresh_token"], reply.json["access_token"]
        ledger.generation += 1


def turns(over: threading.Event) -> Iterator[int]:
    number = 0
    while not over.is_set():
        number += 1
        yield number


def check(served: Served, store: Service, ledger: Ledger) -> None:
    """The family stands where the client knows it, or one step further if the last answer was lost."""
    sub = claims(ledger.access_token)["sub"]
    rows = {row.id: row for row in served.deployment.rows("grants") if row.sub == sub}
    first = rows[min(rows)]
    assert first.ended_at is None
    assert first.generation in {ledger.generation, ledger.generation + 1}
    assert ledger.generation > 1
    assert served.alive(store, ledger.access_token)
    assert len(rows) >= 1 + len(ledger.acknowledged)
    for answer in ledger.acknowledged:
        assert served.alive(store, answer["access_token"])
        assert served.send(served.renewal(store, answer["refresh_token"])).status == 200
    if first.generation == ledger.generation:
        assert served.send(served.renewal(store, ledger.refresh_token)).status == 200
