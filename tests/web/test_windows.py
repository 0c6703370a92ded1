"""The brake per address counts each visitor by itself, in bounded memory."""

import pytest

from app.storage.clock import Clock
from app.web import windows
from app.web.windows import AddressWindows
from tests.services import ClockFile


@pytest.mark.sr("SR-130", "SR-202")
def test_no_number_of_networks_fills_the_memory(clock: Clock, clock_file: ClockFile) -> None:
    """Once so many were seen in a minute, newcomers share one count; whoever is known keeps their own."""
    brake, most = AddressWindows(clock, 2, exempt_loopback=False), windows.MOST_ADDRESSES
    networks = [f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1" for number in range(most)]
    assert all(brake.admit(address) for address in networks)
    newcomers = [f"198.51.100.{number}" for number in range(4)]
    assert [brake.admit(address) for address in newcomers] == [True, True, False, False]
    assert not brake.has_room("198.51.100.9")
    assert [brake.admit(networks[0]) for _ in range(2)] == [True, False]
    assert brake.has_room(networks[1])
    clock_file.advance(60)
    assert all(brake.admit(address) for address in newcomers)
