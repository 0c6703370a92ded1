"""MostID's own connectors at the simulators, with the settings of development: both sides speak one language."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.storage.clock import Clock
from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from app.upstreams.mailru import MailRu
from app.upstreams.sms import Sms
from config.settings import Settings
from tests.simulation import MOSTID, Simulation
from tests.simulators.mailru import VERIFIER, MailRuVisitor, answered

CALLBACK = f"{MOSTID}/signin/mailru/callback"


@pytest.fixture
def http(clock: Clock) -> Iterator[Http]:
    client = Http(clock, lambda _event: None)
    yield client
    client.close()


@pytest.fixture
def mailru(development: Settings, http: Http, clock: Clock) -> MailRu:
    return MailRu(development.mailru, http, clock)


def visit(mailru: MailRu, visitor: MailRuVisitor, person: str) -> dict[str, str]:
    """Where the browser is led when this person has agreed."""
    address = mailru.begin("the state", VERIFIER, CALLBACK, force=True, login_hint="", locale="ru")
    data = {"person": person, "decision": "allow"}
    query = dict(parse_qsl(urlsplit(address).query))
    return answered(visitor.http.post(urlsplit(address).path, params=query, data=data))


@pytest.mark.parametrize(
    ("person", "subject", "verified"),
    [("maria", "1130254817", {"email"}), ("olga", "1130254833", set()), ("timur", "1130254841", set())],
)
def test_mailru_asserts_who_agreed(
    mailru: MailRu, visitor: MailRuVisitor, person: str, subject: str, verified: set[str]
) -> None:
    back = visit(mailru, visitor, person)
    assert back["state"] == "the state"
    assertion = mailru.finish(back, VERIFIER, CALLBACK)
    assert (assertion.subject, assertion.verified) == (subject, verified)


def test_mailru_refuses_a_used_code_and_a_malformed_profile(
    mailru: MailRu, visitor: MailRuVisitor, simulation: Simulation
) -> None:
    code = visit(mailru, visitor, "maria")["code"]
    mailru.finish({"code": code}, VERIFIER, CALLBACK)
    with pytest.raises(UpstreamError, match="rejected"):
        mailru.finish({"code": code}, VERIFIER, CALLBACK)
    simulation.set_person("maria", malformed=True)
    with pytest.raises(UpstreamError, match="malformed"):
        mailru.finish(visit(mailru, visitor, "maria"), VERIFIER, CALLBACK)


def test_sms_is_handed_over_or_refused(development: Settings, http: Http, simulation: Simulation) -> None:
    sms = Sms(development.sms, http)
    sms.send("+79201234567", "Код 482913: вход в Store", "m-1")
    assert simulation.latest_sms("+79201234567") == "Код 482913: вход в Store"
    simulation.set_upstream("sms", code=5)
    with pytest.raises(UpstreamError, match="rejected"):
        sms.send("+79201234567", "text", "m-2")
    simulation.set_upstream("sms", down=True)
    with pytest.raises(UpstreamError, match="unavailable"):
        sms.send("+79201234567", "text", "m-3")
