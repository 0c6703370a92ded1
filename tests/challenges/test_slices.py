"""Messages by where they come from and go to: no address, network, prefix or service has more than its share."""

import logging

import pytest

from app.challenges.asked import Asked
from app.challenges.outcomes import Proved, Refused, Started
from tests.challenges.world import World, code_in
from tests.support.servers import wait_for

FREE = {"sms_gaps_s": ()}


def _number(turn: int, prefix: str = "7920123") -> str:
    return f"+{prefix}{turn:04d}"


def _sent(world: World, turn: int, address: str, prefix: str = "7920123", client: str = "store") -> bool:
    """Whether a message to another number each time is let through."""
    outcome = world.send(_number(turn, prefix), address=address, client_id=client)
    assert isinstance(outcome, Started | Refused)
    return isinstance(outcome, Started)


@pytest.mark.sr("SR-130")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.7", "203.0.113.8"),
        ("2001:db8:1:1::1", "2001:db8:1:2::1"),
    ],
)
def test_one_address_gets_ten_in_ten_minutes(world: World, one: str, other: str) -> None:
    assert [_sent(world, turn, one) for turn in range(12)] == [True] * 10 + [False] * 2
    assert _sent(world, 20, other)
    world.pass_s(601)
    assert _sent(world, 21, one)


@pytest.mark.sr("SR-130")
def test_an_ipv6_visitor_is_a_64_and_an_ipv4_one_may_come_mapped(world: World) -> None:
    assert all(_sent(world, turn, f"2001:db8:1:1::{turn:x}") for turn in range(10))
    assert not _sent(world, 10, "2001:db8:1:1:ffff::1")
    assert all(_sent(world, 20 + turn, "198.51.100.9") for turn in range(10))
    assert not _sent(world, 30, "::ffff:198.51.100.9")


@pytest.mark.sr("SR-130")
def test_one_address_gets_fifty_in_an_hour(world: World) -> None:
    sent = 0
    for turn in range(70):
        sent += _sent(world, turn, "203.0.113.7")
        world.pass_s(50)
    assert sent == 50


@pytest.mark.sr("SR-130")
@pytest.mark.parametrize("network", ["198.51.100.{}", "2001:db8:1:{:x}::1"])
def test_one_network_gets_its_share_of_an_hour(world: World, network: str) -> None:
    world.configure(limits={"sends_per_network_hour": 30})
    sent = [_sent(world, turn, network.format(turn + 1)) for turn in range(40)]
    assert sum(sent) == 30
    assert _sent(world, 99, "192.0.2.1")


@pytest.mark.sr("SR-130")
def test_slices_of_an_address() -> None:
    def networks(address: str) -> tuple[str, str]:
        return Asked("+79201234567", "b", "sign_in", address, "c").networks()

    assert networks("203.0.113.7") == ("203.0.113.7/32", "203.0.113.0/24")
    assert networks("2001:db8:1:2:3::1") == ("2001:db8:1:2::/64", "2001:db8:1::/48")
    assert networks("::ffff:203.0.113.7") == ("203.0.113.7/32", "203.0.113.0/24")
    assert networks("unknown") == ("unknown", "unknown")


@pytest.mark.sr("SR-130")
def test_a_prefix_has_a_budget_and_other_prefixes_do_not_notice(world: World) -> None:
    world.configure(limits={"sends_per_prefix_hour": 25})
    sent = [_sent(world, turn, f"198.51.{turn}.1") for turn in range(30)]
    assert sum(sent) == 25
    assert _sent(world, 1, "192.0.2.1", prefix="7920124")
    assert "sends_surge_refused" in world.rooms.events


@pytest.mark.sr("SR-130", "SR-204")
def test_after_a_week_a_prefix_may_have_five_times_what_is_usual(world: World) -> None:
    world.configure(limits={"sends_per_prefix_hour": 20})
    world.ephemeral.birth()
    for turn in range(43):
        for more in range(2):
            assert _sent(world, turn * 2 + more, f"198.51.{turn}.{more}")
        world.pass_s(4 * 3600)
    sent = sum(_sent(world, 5000 + turn, f"192.0.{turn}.1") for turn in range(10))
    assert 2 <= sent <= 3, "one in two hours is usual"
    quiet = sum(_sent(world, turn, f"100.64.{turn}.1", prefix="7999999") for turn in range(5))
    assert quiet == 1, "where nothing is usual, a part of the budget is there"


@pytest.mark.sr("SR-131")
def test_pumping_is_throttled_and_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    sent = [_sent(world, turn, f"198.51.{turn}.1") for turn in range(80)]
    assert sent[:50] == [True] * 50
    assert sum(sent[50:]) <= 4, "a trickle is left"
    assert "sends_ratio_refused" in world.rooms.events
    assert [record.cause for record in caplog.records if record.msg == "sends throttled"] == [
        "prefix/7920123"
    ]
    assert _sent(world, 1, "192.0.2.1", prefix="7920124", client="social")
    world.pass_s(1801)
    assert _sent(world, 100, "192.0.2.9")


@pytest.mark.sr("SR-131", "SR-147")
def test_a_browser_that_proved_its_number_is_not_throttled(world: World) -> None:
    world.prove(_number(9999))
    for turn in range(80):
        _sent(world, turn, f"198.51.{turn}.1")
    assert not _sent(world, 100, "192.0.2.1")
    world.pass_s(61)
    assert _sent(world, 9999, "192.0.2.9")
    world.settle()
    assert len(world.texts(_number(9999))) == 2


@pytest.mark.sr("SR-131")
@pytest.mark.parametrize("slice_", ["client", "network"])
def test_a_service_or_a_network_whose_codes_are_not_used_is_throttled(world: World, slice_: str) -> None:
    def one(turn: int) -> bool:
        address = f"198.51.100.{turn}" if slice_ == "network" else f"198.51.{turn}.1"
        client = "store" if slice_ == "client" else f"client-{turn}"
        return _sent(world, turn, address, prefix=f"79201{turn % 100:02d}", client=client)

    sent = [one(turn) for turn in range(70)]
    assert sum(sent) <= 54


@pytest.mark.sr("SR-131")
def test_where_codes_are_used_nothing_is_throttled(world: World) -> None:
    for turn in range(60):
        number, address = _number(turn), f"198.51.{turn}.1"
        started = world.send(number, address=address)
        assert isinstance(started, Started), turn
        if turn % 2:
            wait_for(lambda number=number: bool(world.texts(number)), "no message came")  # type: ignore[misc]
            code = code_in(world.texts(number)[-1])
            assert isinstance(world.otp.answer(started.challenge, code, "b" * 64), Proved)


@pytest.mark.sr("SR-131")
def test_the_spending_ceiling_stops_messages_and_not_pushes(world: World) -> None:
    world.configure(limits={"sends_per_hour": 20})
    sent = [_sent(world, turn, f"198.51.{turn}.1", prefix=f"79201{turn:02d}") for turn in range(25)]
    assert sum(sent) == 20
    assert isinstance(world.ask_push(address="192.0.2.1"), Started)


@pytest.mark.sr("SR-130")
def test_this_machine_is_exempt_outside_production_only(world: World) -> None:
    assert all(_sent(world, turn, "127.0.0.1") for turn in range(15))
    world.configure(profile="production")
    assert sum(_sent(world, 20 + turn, "127.0.0.1") for turn in range(15)) == 10


def test_what_an_address_was_refused_wears_out_nothing_else(world: World) -> None:
    world.configure(limits={"sends_per_prefix_hour": 15})
    assert sum(_sent(world, turn, "203.0.113.7") for turn in range(40)) == 10
    assert sum(_sent(world, 50 + turn, f"198.51.{turn}.1") for turn in range(10)) == 5
