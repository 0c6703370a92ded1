"""The pool that sends: bounded, and whatever goes wrong in it is counted and harms nobody."""

import threading

from app.challenges.sending import Sender
from app.upstreams.base import UpstreamError


def _sender(threads: int = 1, queue: int = 2) -> tuple[Sender, list[str]]:
    events: list[str] = []
    return Sender(threads, queue, events.append, head_start_s=0), events


def test_more_than_the_queue_holds_is_refused_until_there_is_room() -> None:
    sender, events = _sender()
    held = threading.Event()
    assert [sender.submit("sms", held.wait) for _ in range(5)] == [True] * 3 + [False] * 2  # type: ignore[arg-type]
    assert events == ["sms_queue_full"] * 2
    held.set()
    sender.close()
    assert events.count("sms_sent") == 3


def test_closing_sends_what_waits() -> None:
    sender, events = _sender(queue=50)
    sent: list[int] = []
    for number in range(20):
        assert sender.submit("sms", lambda number=number: sent.append(number))  # type: ignore[misc]
    sender.close()
    assert sent == list(range(20))
    assert events == ["sms_sent"] * 20


def test_a_failure_is_counted_by_its_kind_and_the_thread_lives_on() -> None:
    sender, events = _sender(queue=50)

    def fail(error: Exception) -> None:
        raise error

    for error in (UpstreamError("sms", "unavailable"), UpstreamError("sms", "rejected"), ValueError("odd")):
        sender.submit("sms", lambda error=error: fail(error))  # type: ignore[misc]
    sender.submit("sms", lambda: None)
    sender.close()
    assert events == ["sms_unavailable", "sms_rejected", "sms_failed", "sms_sent"]
