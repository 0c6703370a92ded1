"""Whatever Mail.ru answers, the outcome is an assertion or an UpstreamError (SR-118)."""

from collections.abc import Callable
from typing import Any

import pytest

from app.storage.clock import Clock
from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from app.upstreams.mailru import MailRu
from tests.upstreams.fakes import Fake, Reply, told
from tests.upstreams.samples import MALFORMED, REJECTED, UNAVAILABLE
from tests.upstreams.world import mailru_settings

PLACES = ("/token", "/userinfo")
VARIANTS = [
    pytest.param(kind, reply, id=f"{kind}: {name}")
    for kind, replies in (("malformed", MALFORMED), ("rejected", REJECTED), ("unavailable", UNAVAILABLE))
    for name, reply in replies.items()
]
TYPES: list[Any] = [None, 0, 1, 12345, 1.0, True, False, "", [], ["1"], {}, {"id": "1"}]


def failure(mailru: MailRu) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        mailru.finish({"code": "code"}, "v" * 43, "https://id.example.ru/back")
    assert caught.value.provider == "mailru"
    return caught.value


@pytest.fixture
def make(client: Callable[..., Http], fake: Fake, clock: Clock) -> Callable[..., MailRu]:
    """A connector whose upstream answers well, until a test changes that."""
    fake.replies = {"/token": told({"access_token": "t"}), "/userinfo": told({"id": "1"})}
    return lambda **limits: MailRu(mailru_settings(fake), client(**limits), clock)


@pytest.fixture
def mailru(make: Callable[..., MailRu]) -> MailRu:
    return make()


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("kind", "reply"), VARIANTS)
def test_every_odd_answer_is_a_clean_failure(
    make: Callable[..., MailRu], fake: Fake, place: str, kind: str, reply: Reply
) -> None:
    fake.replies[place] = reply
    error = failure(make(total_s=0.3) if kind == "unavailable" else make())
    assert error.kind == kind, error.detail
    paths = [request.target for request in fake.received]
    assert paths == list(
        PLACES[: PLACES.index(place) + 1]
    )  # nothing is tried twice, nothing follows a failure


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize(("place", "member"), [("/token", "access_token"), ("/userinfo", "id")])
@pytest.mark.parametrize("value", TYPES, ids=repr)
def test_a_required_member_of_another_type_is_malformed(
    mailru: MailRu, fake: Fake, place: str, member: str, value: object
) -> None:
    fake.replies[place] = told({member: value})
    assert failure(mailru).kind == "malformed"


@pytest.mark.sr("SR-118")
@pytest.mark.parametrize("value", [0, 1, True, [], ["a@mail.ru"], {"a": "b"}], ids=repr)
def test_an_email_of_another_type_is_malformed(mailru: MailRu, fake: Fake, value: object) -> None:
    fake.replies["/userinfo"] = told({"id": "1", "email": value})
    assert failure(mailru).kind == "malformed"


def test_nobody_listening_is_unavailable(mailru: MailRu, fake: Fake) -> None:
    fake.close()
    assert failure(mailru).kind == "unavailable"


@pytest.mark.parametrize("code", ["", "x" * 2049])
def test_a_code_that_cannot_be_one_is_not_sent(mailru: MailRu, fake: Fake, code: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        mailru.finish({"code": code}, "v" * 43, "https://id.example.ru/back")
    assert caught.value.kind == "rejected"
    assert fake.received == []
