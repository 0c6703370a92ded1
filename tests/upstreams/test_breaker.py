"""An upstream that fails is left alone, and takes nobody else along (SR-191, SR-192)."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from tests.services import ClockFile
from tests.upstreams.fakes import Fake, Reply, Wire, made

OPENED, CLOSED, BUSY = (
    "upstream_mailru_breaker_opened",
    "upstream_mailru_breaker_closed",
    "upstream_mailru_busy",
)


def call(http: Http, fake: Fake, upstream: str = "mailru") -> str:
    """How one call went: its status, or why there is none."""
    try:
        return str(http.get(upstream, fake.url + "/x").status)
    except UpstreamError as error:
        return error.detail


def trip(http: Http, fake: Fake, reply: Reply | None = None) -> None:
    fake.replies["/x"] = reply or made("", 500)
    for _ in range(5):
        call(http, fake)
    assert http.state("mailru") == "open"


@pytest.mark.sr("SR-191")
@pytest.mark.parametrize(
    "reply", [made("", 500), made("", 302), lambda wire: wire.send(b"garbage\r\n\r\n"), lambda wire: None]
)
def test_five_failures_in_a_row_open_it(http: Http, fake: Fake, events: list[str], reply: Reply) -> None:
    fake.replies["/x"] = reply
    for _ in range(4):
        assert call(http, fake) != "breaker open"
        assert http.state("mailru") == "closed"
    call(http, fake)
    assert (http.state("mailru"), events) == ("open", [OPENED])
    asked = len(fake.received)
    assert call(http, fake) == "breaker open"
    assert len(fake.received) == asked


@pytest.mark.parametrize("good", [made("{}"), made("{}", 400), made("<html>", 200, "text/html")])
def test_an_answer_between_failures_keeps_it_closed(http: Http, fake: Fake, good: bytes) -> None:
    for reply in [made("", 500)] * 4 + [good] + [made("", 500)] * 4:
        fake.replies["/x"] = reply
        call(http, fake)
    assert http.state("mailru") == "closed"


@pytest.mark.sr("SR-191")
def test_after_a_rest_one_call_sees_whether_it_is_back(
    http: Http, fake: Fake, events: list[str], clock_file: ClockFile
) -> None:
    trip(http, fake)
    clock_file.advance(9)
    assert http.state("mailru") == "open"
    clock_file.advance(2)
    assert http.state("mailru") == "half_open"
    fake.replies["/x"] = made("{}")
    assert call(http, fake) == "200"
    assert (http.state("mailru"), events) == ("closed", [OPENED, CLOSED])
    assert call(http, fake) == "200"


def test_a_failed_probe_begins_another_rest(
    http: Http, fake: Fake, events: list[str], clock_file: ClockFile
) -> None:
    trip(http, fake)
    clock_file.advance(11)
    assert call(http, fake) == "status 500"
    assert (http.state("mailru"), call(http, fake)) == ("open", "breaker open")
    clock_file.advance(11)
    fake.replies["/x"] = made("{}")
    assert call(http, fake) == "200"
    assert events == [OPENED, CLOSED]


@pytest.mark.sr("SR-191")
def test_of_many_threads_one_probes(client: Callable[..., Http], fake: Fake, clock_file: ClockFile) -> None:
    http = client(total_s=5)
    trip(http, fake)
    clock_file.advance(11)
    go = threading.Event()
    fake.replies["/x"] = lambda wire: (go.wait(5), wire.send(made("{}")))[1]
    asked = len(fake.received)
    with ThreadPoolExecutor(8) as crowd:
        calls = [crowd.submit(call, http, fake) for _ in range(8)]
        refused = [waiting.result() for waiting in _finished(calls, 7)]
        go.set()
        assert refused == ["breaker open"] * 7
        assert sorted(done.result() for done in calls) == ["200", *["breaker open"] * 7]
    assert len(fake.received) == asked + 1
    assert http.state("mailru") == "closed"


def _finished(calls: list, count: int) -> list:
    until = time.monotonic() + 5
    while sum(one.done() for one in calls) < count and time.monotonic() < until:
        threading.Event().wait(0.01)
    return [one for one in calls if one.done()]


@pytest.mark.sr("SR-199")
def test_a_step_of_the_wall_clock_opens_and_closes_nothing(
    http: Http, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    trip(http, fake)
    monkeypatch.setattr(time, "time_ns", lambda: 4_000_000_000 * 10**9)
    assert http.state("mailru") == "open"


def test_upstreams_have_breakers_of_their_own(http: Http, fake: Fake) -> None:
    trip(http, fake)
    fake.replies["/x"] = made("{}")
    assert call(http, fake, "sms") == "200"
    assert (http.state("mailru"), http.state("sms")) == ("open", "closed")


@contextmanager
def besieged(http: Http, fake: Fake, threads: int) -> Iterator[list[float]]:
    """So many threads call Mail.ru without a pause; gives how long they were held, in seconds."""
    over, held = threading.Event(), []

    def work() -> None:
        while not over.is_set():
            began = time.monotonic()
            call(http, fake)
            held.append(time.monotonic() - began)
            over.wait(0.01)

    with ThreadPoolExecutor(threads) as crowd:
        for _ in range(threads):
            crowd.submit(work)
        try:
            yield held
        finally:
            over.set()


@pytest.mark.sr("SR-192")
@pytest.mark.parametrize("dead", [lambda wire: wire.hang(), lambda wire: wire.drip(b"H" * 10_000)])
def test_a_dead_upstream_slows_no_other(
    client: Callable[..., Http], fakes: Callable[..., Fake], dead: Callable[[Wire], None]
) -> None:
    # Without a breaker that would open soon: what is looked at here is the wall between the two.
    http, mailru, gateway = client(calls={"mailru": 2}, total_s=0.5, failures=1000), fakes(), fakes()
    mailru.replies["/x"], gateway.replies["/x"] = dead, made("{}")
    siege = time.monotonic()
    with besieged(http, mailru, 6) as held:
        times = []
        for _ in range(100):
            began = time.monotonic()
            assert call(http, gateway, "sms") == "200"
            times.append(time.monotonic() - began)
            threading.Event().wait(0.01)
    assert sorted(times)[95] < 0.25
    assert max(held) < 0.5 + 0.5
    assert len(mailru.received) <= 2 * (1 + (time.monotonic() - siege) / 0.5)  # never more than two at a time


@pytest.mark.sr("SR-192")
def test_behind_a_failing_upstream_nobody_waits(
    client: Callable[..., Http], fake: Fake, events: list[str]
) -> None:
    http = client(calls={"mailru": 1}, total_s=1)
    fake.replies["/x"] = made("", 500)
    call(http, fake)
    fake.replies["/x"] = lambda wire: wire.hang()
    with ThreadPoolExecutor(1) as crowd:
        stuck = crowd.submit(call, http, fake)
        _until(lambda: len(fake.received) == 2)
        began = time.monotonic()
        assert call(http, fake) == "too many calls at once"
        assert time.monotonic() - began < 0.2
        assert stuck.result() == "ReadTimeout"
    assert events == [BUSY]


def test_behind_a_sound_upstream_a_call_waits_its_turn(client: Callable[..., Http], fake: Fake) -> None:
    http = client(calls={"mailru": 1}, total_s=2)
    answer = made("{}", 200, "application/json", "Connection: close")
    fake.replies["/x"] = lambda wire: (wire.closing.wait(0.02), wire.send(answer))[1]
    with ThreadPoolExecutor(2) as crowd:
        assert list(crowd.map(lambda _: call(http, fake), range(2))) == ["200"] * 2
    assert fake.most_at_once == 1


def _until(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not reached() and time.monotonic() < until:
        threading.Event().wait(0.01)
    assert reached()
