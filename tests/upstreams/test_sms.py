"""The SMS gateway: what is handed over, and what its answers mean."""

import time
from base64 import b64encode
from collections.abc import Callable

import pytest

from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from app.upstreams.sms import Sms
from tests.upstreams.fakes import Fake, Reply, made, told
from tests.upstreams.samples import NOT_STRICT, UNAVAILABLE
from tests.upstreams.world import SECRET, sms_settings

NUMBER, TEXT = "+79201234567", "Код 123456: вход в Store. Никому не говорите\n@id.example.ru #123456"


def done(code: object = 0) -> bytes:
    return told({"result": {"msg_id": "m1", "status": {"code": code, "description": "ok"}}})


@pytest.fixture
def sms(client: Callable[..., Http], fake: Fake) -> Sms:
    return Sms(sms_settings(fake), client())


def failure(sms: Sms) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        sms.send(NUMBER, TEXT, "challenge")
    assert caught.value.provider == "sms"
    return caught.value


def test_a_message_is_handed_over(sms: Sms, fake: Fake) -> None:
    fake.replies["/sms"] = done()
    sms.send(NUMBER, TEXT, "challenge")
    (request,) = fake.received
    assert request.method == "POST"
    assert request.headers["authorization"] == "Basic " + b64encode(f"REG_mostid:{SECRET}".encode()).decode()
    assert request.json == {"from": "MostID", "to": 79201234567, "message": TEXT, "msg_id": "challenge"}


@pytest.mark.parametrize("code", [1, -1, 42, 9007199254740991])
def test_a_code_that_is_not_zero_is_a_rejection(sms: Sms, fake: Fake, code: int) -> None:
    fake.replies["/sms"] = done(code)
    error = failure(sms)
    assert (error.kind, error.detail) == ("rejected", f"code {code}")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "rejected"), (403, "rejected"), (400, "unavailable"), (404, "unavailable"), (202, "unavailable")],
)
def test_statuses(sms: Sms, fake: Fake, status: int, kind: str) -> None:
    fake.replies["/sms"] = made("{}", status)
    assert failure(sms).kind == kind


@pytest.mark.parametrize("reply", UNAVAILABLE.values(), ids=UNAVAILABLE.keys())
def test_a_gateway_in_trouble_is_unavailable(http: Http, fake: Fake, reply: Reply) -> None:
    fake.replies["/sms"] = reply
    assert failure(Sms(sms_settings(fake), http, total_s=0.3)).kind == "unavailable"


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("body", NOT_STRICT.values(), ids=NOT_STRICT.keys())
def test_an_answer_that_is_not_strict_json_is_malformed(sms: Sms, fake: Fake, body: bytes) -> None:
    fake.replies["/sms"] = made(body)
    assert failure(sms).kind == "malformed"


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("code", ["0", None, False, 0.0, [], {}, ""], ids=repr)
def test_a_code_of_another_type_is_no_success(sms: Sms, fake: Fake, code: object) -> None:
    fake.replies["/sms"] = done(code)
    assert failure(sms).kind == "malformed"


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(
    "answer",
    [{}, {"result": None}, {"result": []}, {"result": {}}, {"result": {"status": 0}}, {"code": 0}],
    ids=repr,
)
def test_an_answer_without_a_code_is_no_success(sms: Sms, fake: Fake, answer: object) -> None:
    fake.replies["/sms"] = told(answer)
    assert failure(sms).kind == "malformed"


@pytest.mark.sr("SR-191")
def test_a_gateway_has_5_seconds(client: Callable[..., Http], fake: Fake) -> None:
    def late(wire: object) -> None:
        wire.closing.wait(0.8)  # type: ignore[attr-defined]
        wire.send(done())  # type: ignore[attr-defined]

    fake.replies["/sms"] = late
    began = time.monotonic()
    Sms(sms_settings(fake), client(total_s=0.3)).send(NUMBER, TEXT, "challenge")
    assert time.monotonic() - began > 0.7


@pytest.mark.sr("SR-121")
def test_switched_off_it_sends_nothing(http: Http, fake: Fake) -> None:
    assert failure(Sms(sms_settings(fake, enabled=False), http)).kind == "unavailable"
    assert fake.received == []
