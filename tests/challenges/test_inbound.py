"""A message from the owner: the way in that nobody can use up."""

import base64
import json
from typing import Any

import pytest

from app.challenges.inbound import Inbound, Shown
from app.challenges.outcomes import Dead, NotYet, Proved, Refused, Started, Unsupported
from app.upstreams.base import UpstreamError
from app.upstreams.sms_inbox import SmsInbox
from config.upstream import SmsSettings
from tests.challenges.world import ADDRESS, BROWSER, NUMBER, OTHER_NUMBER, STRANGER, World, flush, other_than


@pytest.fixture
def writing(world: World) -> World:
    """A deployment that people may write to."""
    world.configure(
        sms=world.settings.sms.model_copy(update={"inbound_number": "8464"}), limits={"sms_gaps_s": ()}
    )
    return world


def _inbound(world: World) -> Inbound:
    return Inbound(world.rooms.parts)


def _shown(
    world: World, number: str = NUMBER, browser: str = BROWSER, address: str = ADDRESS, **more: str
) -> Shown:
    shown = _inbound(world).start(number, browser=browser, address=address, client_id="store", **more)
    assert isinstance(shown, Shown)
    return shown


@pytest.mark.sr("SR-147")
def test_a_code_that_the_phone_sends_proves_the_number(writing: World) -> None:
    inbound, shown = _inbound(writing), _shown(writing)
    assert inbound.answer(shown.challenge, BROWSER) == NotYet()
    assert inbound.state(shown.challenge, BROWSER) == "waiting"
    assert inbound.received(NUMBER, f"{shown.code[:3]} {shown.code[3:]}")
    assert inbound.state(shown.challenge, BROWSER) == "arrived"
    proved = inbound.answer(shown.challenge, BROWSER)
    assert isinstance(proved, Proved)
    assert proved.assertion.subject == NUMBER
    assert proved.assertion.evidence.acr == "urn:mostid:acr:2"
    assert inbound.answer(shown.challenge, BROWSER) == Dead("used")
    assert not inbound.received(NUMBER, shown.code)


@pytest.mark.sr("SR-139", "SR-147")
def test_a_message_counts_for_its_own_number_code_browser_purpose_and_time(writing: World) -> None:
    inbound, shown = _inbound(writing), _shown(writing)
    assert not inbound.received(OTHER_NUMBER, shown.code)
    for text in (
        other_than(shown.code),
        "",
        "hello",
        shown.code[:5],
        shown.code + "1",
        "1" + shown.code,
        "x" * 2000,
    ):
        assert not inbound.received(NUMBER, text), text
    assert inbound.received(NUMBER, f"Код {shown.code}, спасибо")
    for browser, purpose in ((STRANGER, "sign_in"), (BROWSER, "link")):
        assert inbound.answer(shown.challenge, browser, purpose=purpose) == Dead("foreign")
        assert inbound.state(shown.challenge, browser, purpose=purpose) == "expired"
    writing.pass_s(301)
    assert inbound.answer(shown.challenge, BROWSER) == Dead("expired")
    late = _shown(writing)
    writing.pass_s(301)
    assert not inbound.received(NUMBER, late.code)


def test_several_browsers_wait_each_with_its_own_code(writing: World) -> None:
    inbound = _inbound(writing)
    mine, theirs = _shown(writing), _shown(writing, browser=STRANGER)
    assert inbound.received(NUMBER, mine.code)
    assert inbound.answer(theirs.challenge, STRANGER) == NotYet()
    assert isinstance(inbound.answer(mine.challenge, BROWSER), Proved)


@pytest.mark.sr("SR-146")
def test_losing_the_store_ends_it_and_an_old_copy_does_not_revive_it(writing: World) -> None:
    inbound, shown = _inbound(writing), _shown(writing)
    inbound.received(NUMBER, shown.code)
    places = (f"inbound:{shown.challenge}", f"inbound-arrived:{shown.challenge}")
    old = {place: writing.ephemeral.get(place) for place in places}
    assert isinstance(inbound.answer(shown.challenge, BROWSER), Proved)
    flush(writing)
    assert inbound.answer(shown.challenge, BROWSER) == Dead("expired")
    for place, value in old.items():
        assert value is not None
        writing.ephemeral.put(place, value, 300_000)
    assert inbound.answer(shown.challenge, BROWSER) == Dead("used")


@pytest.mark.sr("SR-147", "SR-128", "SR-129", "SR-138")
def test_a_flood_of_everything_leaves_it_open_and_the_proof_ends_the_flood(writing: World) -> None:
    world = writing
    for turn in range(25):
        browser, address = f"{turn:064d}", f"198.51.{turn}.1"
        world.ask_push(browser=browser, address=address)
        started = world.send(browser=browser, address=address)
        assert isinstance(started, Started)
        for guess in range(5):
            world.otp.answer(started.challenge, f"{guess:06d}", browser)
        world.pass_s(130)
    sent, prompted = world.settle(), len(world.operator.prompts)
    assert isinstance(world.send(), Started)
    assert isinstance(world.ask_push(), Started)
    assert (world.settle(), len(world.operator.prompts)) == (sent, prompted), (
        "neither reaches the owner any more"
    )
    inbound, shown = _inbound(world), _shown(world)
    assert inbound.received(NUMBER, shown.code)
    assert isinstance(inbound.answer(shown.challenge, BROWSER), Proved)


@pytest.mark.sr("SR-202")
def test_an_address_gets_so_many_codes_to_send_and_messages_do_not_count_there(writing: World) -> None:
    for turn in range(12):
        writing.send(f"+792011100{turn:02d}")
    shown = [
        _inbound(writing).start(NUMBER, browser=BROWSER, address=ADDRESS, client_id="store")
        for _ in range(11)
    ]
    assert [type(each) for each in shown] == [Shown] * 10 + [Refused]


def test_without_a_number_to_write_to_it_is_not_offered(world: World) -> None:
    started = _inbound(world).start(NUMBER, browser=BROWSER, address=ADDRESS, client_id="store")
    assert started == Unsupported()


# The gateway's call


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_only_the_gateway_is_heard() -> None:
    inbox = SmsInbox(SmsSettings(login="REG_mostid", password="secret:with:colons"))  # type: ignore[arg-type]
    good = _basic("REG_mostid", "secret:with:colons")
    assert inbox.is_gateway(good)
    assert inbox.is_gateway(good.replace("Basic", "basic"))
    strangers = ("", "Basic", "Basic ", "Basic ***", "Basic é", good[:-4], good.replace("Basic", "Bearer"),
                 _basic("REG_mostid", ""), _basic("reg_mostid", "secret:with:colons"), good + "x")  # fmt: skip
    assert not any(inbox.is_gateway(stranger) for stranger in strangers)


GOOD: dict[str, Any] = {"msg_id": "1", "from": 79201234567, "to": "8464", "message": "482913"}


@pytest.mark.parametrize("sender", [79201234567, "79201234567", "+79201234567"])
def test_a_message_is_read(sender: int | str) -> None:
    incoming = SmsInbox(SmsSettings()).read(json.dumps(GOOD | {"from": sender}))
    assert (incoming.number, incoming.text) == (NUMBER, "482913")


BAD = [
    "", "[]", "{}", '{"from": 79201234567}', '{"message": "482913"}',
    *(json.dumps(GOOD | changed) for changed in (
        {"from": True}, {"from": 7.5}, {"from": None}, {"from": "MegaFon"}, {"from": "0" * 11}, {"from": "7" * 16},
        {"from": 1}, {"from": -79201234567}, {"message": 482913}, {"message": None}, {"message": "4" * 1001},
    )),
]  # fmt: skip


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("body", BAD)
def test_a_malformed_message_is_refused(body: str) -> None:
    with pytest.raises(UpstreamError):
        SmsInbox(SmsSettings()).read(body)
