"""Session rows and their cookies, on each database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from app.keys.keyring import Keyring
from app.keys.sealing import Sealer
from app.sessions.browser import BrowserSession, BrowserSessions, Proved
from app.sessions.tables import sessions as table
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ids import uuid7
from config.limits import LifetimeSettings
from tests.services import ClockFile
from tests.web.world import settings

BROWSER = bytes(16)
DAY = 86_400


class World:
    """Sessions over one store, each act in a transaction of its own."""

    def __init__(self, storage: Storage, clock: Clock, lifetimes: LifetimeSettings) -> None:
        self.storage, self.clock = storage, clock
        self.sessions = BrowserSessions(Sealer(Keyring(settings().keys), ("session",)), clock, lifetimes)

    def proved(self, identity: UUID | None = None, acr: str = "urn:mostid:acr:1") -> Proved:
        now = self.clock.now()
        return Proved(identity or uuid7(now), uuid7(now), now, acr, ("fed",))

    def open(self, proved: Proved, known: BrowserSession | None = None, *, shared: bool = False) -> str:
        return self.storage.run(
            lambda tx: self.sessions.open(tx, proved, BROWSER, shared=shared, known=known), write=True
        )

    def find(self, cookie: str | None) -> BrowserSession | None:
        return self.storage.run(lambda tx: self.sessions.find(tx, cookie))

    def found(self, cookie: str) -> BrowserSession:
        session = self.find(cookie)
        assert session is not None
        return session

    def end(self, session: BrowserSession) -> bool:
        return self.storage.run(
            lambda tx: self.sessions.end(tx, session.identity_id, session.id, "signed_out"), write=True
        )

    def renew(self, session: BrowserSession, *, overlaps: bool = True) -> str | None:
        """The cookie of the session under its new name."""
        renewed = self.storage.run(lambda tx: self.sessions.renew(tx, session, overlaps=overlaps), write=True)
        return self.sessions.cookie(renewed) if renewed is not None else None

    def touch(self, session: BrowserSession) -> None:
        self.storage.run(lambda tx: self.sessions.touch(tx, session), write=True)

    def rows(self) -> list[Any]:
        with self.storage.transaction() as tx:
            return list(tx.execute(select(table)).all())


Make = Callable[..., World]


@pytest.fixture
def make(storage_url: str, clock: Clock) -> Iterator[Make]:
    storage = Storage(storage_url, clock)
    yield lambda **lifetimes: World(storage, clock, LifetimeSettings(**lifetimes))
    storage.close()


@pytest.fixture
def world(make: Make) -> World:
    return make()


def test_a_cookie_finds_its_session_by_one_statement(world: World) -> None:
    proved = world.proved(acr="urn:mostid:acr:2")
    cookie = world.open(proved)
    seen: list[str] = []
    event.listen(world.storage.reader, "before_cursor_execute", lambda *args: seen.append(args[2]))
    session = world.found(cookie)
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) == 1
    assert (session.identity_id, session.link_id, session.auth_time) == (
        proved.identity_id,
        proved.link_id,
        proved.auth_time,
    )
    assert (session.acr, session.amr, session.generation) == ("urn:mostid:acr:2", ("fed",), 1)


@pytest.mark.sr("SR-080")
def test_no_other_value_finds_anything(make: Make, world: World) -> None:
    cookie = world.open(world.proved())
    foreign = make().open(world.proved())  # sealed by other keys
    changed = [
        cookie[:at] + ("A" if cookie[at] != "A" else "B") + cookie[at + 1 :] for at in range(len(cookie))
    ]
    for value in (
        *changed,
        foreign,
        None,
        "",
        "x",
        "я",
        cookie + "=",
        cookie * 2,
        cookie.swapcase(),
        "A" * 9000,
    ):
        assert world.find(value) is None


@pytest.mark.sr("SR-086")
def test_a_session_ends_when_it_is_not_used(world: World, clock_file: ClockFile) -> None:
    cookie = world.open(world.proved())
    clock_file.advance(14 * DAY - 30)
    assert world.find(cookie) is not None
    clock_file.advance(31)
    assert world.find(cookie) is None
    clock_file.advance(-3600)  # no clock brings more than the time itself back
    assert world.find(cookie) is not None


@pytest.mark.sr("SR-086")
def test_use_keeps_a_session_but_not_beyond_its_end(world: World, clock_file: ClockFile) -> None:
    cookie = world.open(world.proved())
    for _ in range(3):
        clock_file.advance(9 * DAY)
        world.touch(world.found(cookie))
    clock_file.advance(3 * DAY - 30)
    assert world.find(cookie) is not None
    clock_file.advance(31)
    assert world.find(cookie) is None


@pytest.mark.sr("SR-086")
def test_limits_can_be_stricter(make: Make, clock_file: ClockFile) -> None:
    world = make(session_idle_s=600, session_absolute_s=1200)
    idle = world.open(world.proved())
    used = world.open(world.proved())
    clock_file.advance(500)
    world.touch(world.found(used))
    clock_file.advance(200)
    assert world.find(idle) is None
    assert world.find(used) is not None


@pytest.mark.sr("SR-086")
def test_a_session_on_a_shared_device_is_short_on_the_server_too(world: World, clock_file: ClockFile) -> None:
    cookie = world.open(world.proved(), shared=True)
    assert world.found(cookie).shared
    clock_file.advance(DAY // 2 - 30)
    assert world.find(cookie) is not None
    clock_file.advance(31)
    assert world.find(cookie) is None


def test_use_is_written_down_now_and_then(world: World, clock_file: ClockFile) -> None:
    cookie = world.open(world.proved())
    assert not world.found(cookie).stale
    clock_file.advance(3600)
    assert not world.found(cookie).stale
    clock_file.advance(7 * 3600)
    session = world.found(cookie)
    assert session.stale
    world.touch(session)
    assert not world.found(cookie).stale


@pytest.mark.sr("SR-082")
def test_each_sign_in_raises_the_generation(world: World, clock_file: ClockFile) -> None:
    """The former cookie lives a moment at its old assurance, so that a lost answer signs nobody out; older ones do not."""
    proved = world.proved()
    first = world.open(proved)
    clock_file.advance(100)
    stronger = replace(world.proved(proved.identity_id, "urn:mostid:acr:2"), amr=("sms", "otp"))
    second = world.open(stronger, world.found(first))
    assert second != first
    assert len(world.rows()) == 1
    now, then = world.found(second), world.found(first)
    assert (now.acr, now.amr, now.auth_time, now.generation) == (
        "urn:mostid:acr:2",
        ("sms", "otp"),
        stronger.auth_time,
        2,
    )
    assert (then.acr, then.amr, then.auth_time, then.generation) == (
        proved.acr,
        proved.amr,
        proved.auth_time,
        1,
    )
    assert then.proved_at + 100_000 <= now.proved_at
    clock_file.advance(15)
    assert world.find(first) is not None
    clock_file.advance(16)
    assert world.find(first) is None
    assert world.find(second) is not None


@pytest.mark.sr("SR-082")
def test_only_the_generation_before_lives_on(world: World) -> None:
    proved = world.proved()
    cookies = [world.open(proved)]
    for _ in range(3):
        cookies.append(world.open(proved, world.found(cookies[-1])))
    assert [world.find(cookie) is not None for cookie in cookies] == [False, False, True, True]


@pytest.mark.sr("SR-082")
def test_a_former_cookie_keeps_its_own_assurance_when_an_older_one_signs_in(world: World) -> None:
    """A sign-in that began two cookies ago is not lost, and lowers or raises nobody else's proof."""
    weak = world.proved()
    first = world.open(weak)
    strong = replace(world.proved(weak.identity_id, "urn:mostid:acr:2"), amr=("sms", "otp"))
    second = world.open(strong, world.found(first))
    third = world.open(replace(weak, amr=("user",)), world.found(first))
    then, now = world.found(second), world.found(third)
    assert (then.generation, then.acr, then.amr, then.auth_time) == (
        2,
        strong.acr,
        strong.amr,
        strong.auth_time,
    )
    assert (now.generation, now.acr, now.amr) == (3, weak.acr, ("user",))
    assert world.find(first) is None


@pytest.mark.sr("SR-082")
def test_a_deployment_may_let_the_former_cookie_die_at_once(make: Make) -> None:
    world = make(session_overlap_s=0)
    proved = world.proved()
    first = world.open(proved)
    second = world.open(proved, world.found(first))
    assert world.find(first) is None
    assert world.find(second) is not None


@pytest.mark.sr("SR-083")
def test_somebody_else_never_gets_the_session_that_is_there(world: World) -> None:
    planted = world.open(world.proved())
    victim = world.proved()
    cookie = world.open(victim, world.found(planted))
    assert len(world.rows()) == 2
    assert world.found(cookie).identity_id == victim.identity_id
    assert world.found(planted).identity_id != victim.identity_id


@pytest.mark.sr("SR-087")
def test_an_ended_session_is_over_everywhere_at_once(make: Make, world: World) -> None:
    proved = world.proved()
    cookies = [world.open(proved) for _ in range(3)]
    sessions = [world.found(cookie) for cookie in cookies]
    assert world.end(sessions[0])
    assert not world.end(sessions[0])
    assert [world.find(cookie) is not None for cookie in cookies] == [False, True, True]
    live = world.storage.run(lambda tx: world.sessions.end_all(tx, proved.identity_id, "blocked"), write=True)
    assert set(live) == {sessions[1].id, sessions[2].id}
    assert [world.find(cookie) for cookie in cookies] == [None] * 3
    assert {row.ended_reason for row in world.rows()} == {"signed_out", "blocked"}


def test_a_session_that_ended_is_never_raised_again(world: World) -> None:
    proved = world.proved()
    first = world.open(proved)
    known = world.found(first)
    world.end(known)
    second = world.open(proved, known)
    assert world.found(second).id != known.id
    assert world.find(first) is None


def test_touching_a_session_that_ended_does_not_revive_it(world: World) -> None:
    cookie = world.open(world.proved())
    known = world.found(cookie)
    world.end(known)
    world.touch(known)
    assert world.find(cookie) is None


def test_many_sign_ins_at_once_leave_one_session_of_the_latest(world: World) -> None:
    proved = world.proved()
    known = world.found(world.open(proved))
    with ThreadPoolExecutor(8) as crowd:
        cookies = list(crowd.map(lambda _: world.open(proved, known), range(8)))
    assert len(set(cookies)) == 8
    assert [row.generation for row in world.rows()] == [9]
    assert (
        sum(world.find(cookie) is not None for cookie in cookies) == 2
    )  # the latest, and the one before for a moment


@pytest.mark.sr("SR-082", "SR-019")
def test_a_new_name_is_no_new_proof(world: World, clock_file: ClockFile) -> None:
    first = world.open(world.proved())
    before = world.found(first)
    clock_file.advance(100)
    second = world.renew(before)
    assert world.found(second or "") == replace(before, generation=2)
    assert world.found(first) == before
    clock_file.advance(31)
    assert world.find(first) is None
    third = world.renew(world.found(second or ""), overlaps=False)
    assert world.find(second) is None
    assert world.found(third or "").generation == 3


@pytest.mark.sr("SR-082")
def test_a_former_cookie_gains_nothing_by_a_new_name(world: World) -> None:
    """It may be renewed as long as it stands on the same proof; a stronger one, or an end, is not for it."""
    weak = world.proved()
    first = world.open(weak)
    before = world.found(first)
    assert world.renew(before) is not None
    assert world.renew(world.found(first)) is not None  # pressed twice
    strong = world.open(replace(weak, acr="urn:mostid:acr:2"), world.found(world.open(weak, before)))
    assert world.renew(before) is None
    assert world.end(world.found(strong))
    assert world.renew(before) is None
