"""Pushes by other operators: a yes alone where the handset shows no code, and results that are asked for."""

import pytest

from app.challenges.outcomes import Dead, NotYet, Unsupported
from tests.challenges.world import BROWSER, STRANGER, World, proved
from tests.upstreams.fakes import told

# A yes alone


@pytest.fixture
def bare(world: World) -> World:
    """An operator that shows no code."""
    world.configure(mobile_id={"shows_code": False})
    return world


@pytest.mark.sr("SR-137", "SR-138")
def test_a_browser_that_never_proved_the_number_causes_no_bare_push(bare: World) -> None:
    assert bare.ask_push() == Unsupported()
    bare.settle()
    assert not bare.operator.prompts


@pytest.mark.sr("SR-137")
def test_a_bare_push_opens_a_browser_that_proved_the_number_and_says_what_it_was(bare: World) -> None:
    bare.prove()
    challenge, prompt = bare.pushed()
    assert "binding_message" not in prompt
    assert bare.push.answer(challenge, "", BROWSER) == NotYet()
    bare.confirm(prompt)
    assertion = proved(bare.push.answer(challenge, "", BROWSER))
    assert assertion.evidence.method == ("swk",)
    assert assertion.evidence.acr == "urn:mostid:acr:1"
    assert assertion.witness
    assert bare.push.answer(challenge, "", BROWSER) == Dead("used")
    assert bare.ask_push(browser=STRANGER) == Unsupported()


@pytest.mark.sr("SR-137")
def test_a_bare_push_is_for_nothing_but_signing_in(bare: World) -> None:
    bare.prove()
    for purpose in ("link", "merge", "change_number", "admin", "step_up"):
        assert bare.ask_push(purpose=purpose) == Unsupported()


# Where results are asked for


@pytest.fixture
def polled(world: World) -> World:
    """An operator that is asked for results."""
    world.configure(mobile_id={"polling": True})
    world.operator.fake.replies["/mc-token"] = told({"error": "authorization_pending"}, 400)
    return world


def test_a_result_is_asked_for_not_more_often_than_allowed(polled: World) -> None:
    challenge, prompt = polled.pushed()
    polled.settle()
    assert prompt["response_type"] == "mc_si_polling"
    for _ in range(5):
        assert polled.push.state(challenge, BROWSER) == "waiting"
    assert polled.operator.asked("/mc-token") == 1
    asked = polled.operator.fake.received[-1].form
    assert asked["auth_req_id"] == prompt["auth_req_id"]
    token = polled.operator.id_token(prompt, recipient=None)
    polled.operator.fake.replies["/mc-token"] = told({"id_token": token, "access_token": "x"})
    assert polled.push.state(challenge, BROWSER) == "waiting"
    polled.pass_s(2.1)
    proved(polled.push.answer(challenge, polled.operator.code(prompt), BROWSER))
    assert polled.operator.asked("/mc-token") == 2


def test_a_no_that_is_asked_for_ends_it(polled: World) -> None:
    challenge, _ = polled.pushed()
    polled.settle()
    polled.operator.fake.replies["/mc-token"] = told({}, 500)
    assert polled.push.state(challenge, BROWSER) == "waiting"
    polled.operator.fake.replies["/mc-token"] = told({"error": "access_denied"}, 400)
    polled.pass_s(2.1)
    assert polled.push.state(challenge, BROWSER) == "refused"
