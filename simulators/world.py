"""What the simulators share."""

from dataclasses import dataclass

from simulators.clock import Clock
from simulators.handset.handsets import Handsets
from simulators.mailbox.mails import Mails
from simulators.outbound import Outbound
from simulators.scenario import Scenario
from simulators.timetable import Timetable


@dataclass(frozen=True, slots=True)
class World:
    """Built once, passed down."""

    origin: str
    """Where the simulators are: `http://localhost:8100`."""
    clock: Clock
    scenario: Scenario
    timetable: Timetable
    outbound: Outbound
    handsets: Handsets
    mails: Mails


def build(origin: str, mostid: str, clock: Clock) -> World:
    """A world in which nothing has happened yet."""
    scenario, timetable = Scenario(mostid, clock), Timetable(clock)
    return World(origin, clock, scenario, timetable, Outbound(), Handsets(clock), Mails(clock))
