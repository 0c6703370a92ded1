"""MostID's Mobile ID connector at the simulator, by call back and by polling."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from app.storage.clock import Clock
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.http import Http
from app.upstreams.mobile_id import Ended, MobileId, NotServed
from config.settings import Settings
from tests.services import ClockFile
from tests.simulation import Simulation, wait_until
from tests.simulators.mostid import MostId

NUMBER = "+79201234567"
MESSAGE = "Код 482913: вход в Store, адрес 127.0.0.1. Если это не вы, откажитесь."
Connect = Callable[..., MobileId]


@pytest.fixture
def connect(development: Settings, mostid: MostId, clock: Clock) -> Iterator[Connect]:
    """Makes a connector whose key the listener publishes; keywords are settings."""
    http = Http(clock, lambda _event: None)

    def make(**changed: Any) -> MobileId:
        settings = development.mobile_id.model_copy(update=changed)
        connector = MobileId(settings, http, clock, issuer=mostid.url)
        mostid.keys = [RSAKey.import_key(key) for key in connector.public_jwks()["keys"]]
        return connector

    yield make
    http.close()


def result(connector: MobileId, mostid: MostId, message: str = MESSAGE) -> Any:
    """What the connector makes of the first call back."""
    prompt = connector.prompt(NUMBER, "reference")
    transaction = connector.send(prompt, message)
    call = mostid.wait()
    assert call.authorization == f"Bearer {prompt.token}"
    return connector.read(prompt, transaction, call.body)


@pytest.mark.parametrize("encoding", ["json", "form"])
def test_yes_is_believed(connect: Connect, simulation: Simulation, mostid: MostId, encoding: str) -> None:
    simulation.set_person("maria", approve=True)
    found = result(connect(encoding=encoding), mostid)
    assert isinstance(found, Assertion)
    assert (found.subject, found.evidence.method) == (NUMBER, ("swk",))
    assert found.witness


def test_the_handset_shows_the_code_of_the_message(
    connect: Connect, simulation: Simulation, mostid: MostId
) -> None:
    connector = connect()
    connector.send(connector.prompt(NUMBER, "reference"), MESSAGE)
    push = simulation.pushes(NUMBER, 1)[0]
    assert (push["message"], push["code"]) == (MESSAGE, "482913")


@pytest.mark.parametrize(
    ("switches", "state"),
    [({"refuse": True}, "refused"), ({"no_applet": True}, "failed"), ({"busy": True}, "failed")],
)
def test_other_ends(
    connect: Connect, simulation: Simulation, mostid: MostId, switches: dict[str, bool], state: str
) -> None:
    simulation.set_person("maria", **switches)
    assert result(connect(), mostid) == Ended(state)


@pytest.mark.parametrize("switch", ["blocked", "not_subscriber"])
def test_numbers_that_are_not_served(connect: Connect, simulation: Simulation, switch: str) -> None:
    simulation.set_person("maria", **{switch: True})
    connector = connect()
    with pytest.raises(NotServed):
        connector.send(connector.prompt(NUMBER, "reference"), MESSAGE)


@pytest.mark.parametrize(
    "switches",
    [{"malformed": True}]
    + [
        {"wrong_claim": name}
        for name in (
            "signature",
            "iss",
            "aud",
            "azp",
            "nonce",
            "exp",
            "hashed_login_hint",
            "recipient",
            "amr",
        )
    ],
)
def test_what_is_wrong_is_not_believed(
    connect: Connect, simulation: Simulation, mostid: MostId, switches: dict[str, Any]
) -> None:
    simulation.set_person("maria", approve=True, **switches)
    with pytest.raises(UpstreamError):
        result(connect(), mostid)


def test_polling(connect: Connect, simulation: Simulation, clock_file: ClockFile) -> None:
    connector = connect(polling=True)
    prompt = connector.prompt(NUMBER, "reference")
    transaction = connector.send(prompt, "")
    push = simulation.pushes(NUMBER, 1)[0]
    assert connector.poll(prompt, transaction) is None
    simulation.answer_push(push["id"], yes=True)
    wait_until(lambda: simulation.pushes(NUMBER)[0]["state"] == "yes", "not answered")
    clock_file.advance(2)
    assert isinstance(connector.poll(prompt, transaction), Assertion)
