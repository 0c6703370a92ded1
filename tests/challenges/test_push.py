"""A push: the person's yes and the code that only the handset shows, both, once, and few of them."""

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.challenges.outcomes import Dead, NotYet, Refused, Started, Unsupported, Wrong
from tests.challenges.world import BROWSER, NUMBER, OTHER_NUMBER, STRANGER, World, flush, other_than, proved
from tests.support.servers import wait_for
from tests.upstreams.fakes import told


def _settle(world: World, started: Any) -> None:
    """Until the operator's answer to our request has been dealt with."""
    assert isinstance(started, Started), started
    world.settle()


def test_yes_and_the_code_prove_the_number(world: World) -> None:
    challenge, prompt = world.pushed()
    assert world.push.state(challenge, BROWSER) == "waiting"
    assert world.confirm(prompt) == "noted"
    assert world.push.state(challenge, BROWSER) == "approved"
    assertion = proved(world.push.answer(challenge, world.operator.code(prompt), BROWSER))
    assert (assertion.provider, assertion.subject) == ("phone", NUMBER)
    assert assertion.evidence.method == ("swk", "otp")
    assert assertion.evidence.acr == "urn:mostid:acr:2"
    assert assertion.evidence.transaction == prompt["auth_req_id"]
    assert assertion.witness == "5c1e3f0a-pcr"
    assert assertion.witness_issuer == f"{world.operator.issuer}|mostid-demo"


@pytest.mark.sr("SR-137")
def test_a_yes_without_the_code_proves_nothing(world: World) -> None:
    challenge, prompt = world.pushed()
    world.confirm(prompt)
    assert world.push.answer(challenge, "", BROWSER) == Wrong(5)
    code = world.operator.code(prompt)
    assert world.push.answer(challenge, other_than(code), BROWSER) == Wrong(4)


@pytest.mark.sr("SR-137")
def test_the_code_without_a_yes_proves_nothing_and_costs_nothing(world: World) -> None:
    challenge, prompt = world.pushed()
    code = world.operator.code(prompt)
    assert [world.push.answer(challenge, code, BROWSER) for _ in range(7)] == [NotYet()] * 7
    assert world.fails() == 0
    world.confirm(prompt)
    proved(world.push.answer(challenge, code, BROWSER))


@pytest.mark.sr("SR-127", "SR-137")
def test_five_wrong_codes_end_a_push(world: World) -> None:
    challenge, prompt = world.pushed()
    world.confirm(prompt)
    code = world.operator.code(prompt)
    tried = [world.push.answer(challenge, other_than(code, by), BROWSER) for by in range(1, 6)]
    assert tried == [Wrong(4), Wrong(3), Wrong(2), Wrong(1), Dead("too_many")]
    assert world.push.answer(challenge, code, BROWSER) == Dead("too_many")


@pytest.mark.sr("SR-126", "SR-146")
def test_a_push_works_once_in_its_browser_and_for_its_purpose(world: World) -> None:
    challenge, prompt = world.pushed()
    code = world.operator.code(prompt)
    world.confirm(prompt)
    assert world.push.answer(challenge, code, STRANGER) == Dead("foreign")
    assert world.push.answer(challenge, code, BROWSER, purpose="link") == Dead("foreign")
    assert world.push.state(challenge, STRANGER) == "expired"
    proved(world.push.answer(challenge, code, BROWSER))
    assert world.push.answer(challenge, code, BROWSER) == Dead("used")


@pytest.mark.sr("SR-126")
def test_a_push_is_over_after_its_life(world: World) -> None:
    challenge, prompt = world.pushed()
    world.pass_s(121)
    assert world.push.state(challenge, BROWSER) == "expired"
    assert world.push.answer(challenge, world.operator.code(prompt), BROWSER) == Dead("expired")


@pytest.mark.sr("SR-138")
def test_the_handset_shows_service_and_place(world: World) -> None:
    _, prompt = world.pushed()
    assert "Магазин" in prompt["binding_message"]
    assert "203.0.113.7" in prompt["binding_message"]
    _, english = world.pushed(OTHER_NUMBER, locale="en", service="Store")
    assert english["binding_message"].endswith("sign-in to Store from 203.0.113.7. Not you? Decline.")


@pytest.mark.sr("SR-134", "SR-135", "SR-170")
def test_our_page_never_gets_the_code_and_the_store_keeps_no_number(world: World) -> None:
    challenge, prompt = world.pushed()
    code = world.operator.code(prompt)
    started = world.ask_push()
    assert code not in f"{challenge} {started}"
    for place in (f"push:{challenge}", f"push-transaction:{challenge}"):
        wait_for(lambda place=place: world.ephemeral.get(place) is not None, "not kept")  # type: ignore[misc]
        kept = world.ephemeral.get(place) or b""
        for secret in (
            NUMBER[1:],
            prompt["nonce"],
            prompt["client_notification_token"],
            prompt["auth_req_id"],
        ):
            assert secret.encode() not in kept


# Bombing


@pytest.mark.sr("SR-138")
def test_one_push_waits_for_a_number_at_a_time(world: World) -> None:
    challenge, prompt = world.pushed()
    again = world.ask_push()
    assert isinstance(again, Started)
    assert again.challenge == challenge, "its own browser is shown the one that waits"
    stranger = world.ask_push(browser=STRANGER)
    assert isinstance(stranger, Started), "any other sees nothing unusual"
    assert stranger.challenge != challenge
    world.settle()
    assert len(world.operator.prompts) == 1
    code = world.operator.code(prompt)
    world.confirm(prompt)
    assert world.push.answer(stranger.challenge, code, STRANGER) == Wrong(4)
    assert world.push.state(stranger.challenge, STRANGER) == "waiting"
    proved(world.push.answer(challenge, code, BROWSER))


@pytest.mark.sr("SR-138")
def test_three_in_ten_minutes_and_ten_in_a_day_then_silence(world: World) -> None:
    def reach(turn: int) -> bool:
        before = len(world.operator.prompts)
        _settle(world, world.ask_push(browser=f"{turn:064d}", address=f"198.51.{turn}.1"))
        world.pass_s(125)
        return len(world.operator.prompts) > before

    reached = [turn * 125 for turn in range(50) if reach(turn)]
    assert reached[:4] == [0, 125, 250, 625]
    assert max(sum(start <= at < start + 600 for at in reached) for start in reached) == 3
    assert len(reached) == 10
    world.pass_s(86_400)
    assert reach(60)


@pytest.mark.sr("SR-138")
def test_a_success_ends_the_count_of_prompts(world: World) -> None:
    for turn in range(5):
        challenge, prompt = world.pushed(address=f"198.51.{turn}.1")
        world.confirm(prompt)
        proved(world.push.answer(challenge, world.operator.code(prompt), BROWSER))


@pytest.mark.sr("SR-138", "SR-146")
def test_counts_of_prompts_survive_the_loss_of_the_ephemeral_store(world: World) -> None:
    for _ in range(4):
        _settle(world, world.ask_push())
        flush(world)
    assert len(world.operator.prompts) == 3


@pytest.mark.sr("SR-130")
def test_an_address_that_asks_too_often_gets_no_push(world: World) -> None:
    asked = [world.ask_push(f"+7920123450{turn}" if turn < 10 else OTHER_NUMBER) for turn in range(11)]
    assert [type(outcome) for outcome in asked] == [Started] * 10 + [Refused]


@pytest.mark.sr("SR-138", "SR-147")
def test_bombing_leaves_the_owner_a_code_by_sms(world: World) -> None:
    for turn in range(20):
        world.ask_push(browser=STRANGER, address=f"198.51.{turn}.1")
        world.pass_s(125)
    world.prove()


# What the operator answers to a request


def test_a_number_that_is_not_served_goes_to_sms_at_once(world: World) -> None:
    world.operator.answer(told({"error": "not_found_entity"}, 404))
    started = world.ask_push()
    _settle(world, started)
    assert isinstance(started, Started)
    assert world.push.state(started.challenge, BROWSER) == "failed"
    assert world.push.answer(started.challenge, "123456", BROWSER) == Dead("failed")
    assert world.ask_push() == Unsupported()
    assert world.ask_push(browser=STRANGER) == Unsupported()
    assert isinstance(world.ask_push(OTHER_NUMBER), Started)
    world.pass_s(86_401)
    assert isinstance(world.ask_push(), Started)


def test_any_other_failure_shows_and_may_be_tried_again(world: World) -> None:
    world.operator.answer(told({"error": "status_conflict"}, 409))
    started = world.ask_push()
    _settle(world, started)
    assert isinstance(started, Started)
    assert world.push.state(started.challenge, BROWSER) == "failed"
    assert isinstance(world.ask_push(browser=STRANGER), Started), "the place of the number is free"


@pytest.mark.sr("SR-191", "SR-192")
def test_an_operator_that_hangs_delays_neither_pages_nor_messages(world: World) -> None:
    world.operator.answer(lambda wire: wire.hang())
    for turn in range(6):
        assert isinstance(world.ask_push(f"+7920123450{turn}"), Started)
    world.sent()
    first = world.ask_push("+79201234500")
    assert isinstance(first, Started)
    _settle(world, first)
    assert world.push.state(first.challenge, BROWSER) == "failed"


# Callbacks


@pytest.mark.sr("SR-139")
def test_a_callback_needs_the_token_of_its_request(world: World) -> None:
    challenge, prompt = world.pushed()
    body, token = world.operator.success(prompt), prompt["client_notification_token"]
    assert len(token.partition(".")[2]) >= 22
    bearers = ("", "Bearer", "Bearer ", f"Basic {token}", token, f"Bearer {token}x", f"Bearer {token[:-1]}",
               f"Bearer {challenge}", f"Bearer {challenge}.", f"Bearer  {token}", f"Bearer {token.lower()}",
               "Bearer .", "Bearer é.", f"Bearer {token.partition('.')[2]}")  # fmt: skip
    for bearer in bearers:
        assert world.push.notify(bearer, body) == "refused", bearer
    assert world.push.state(challenge, BROWSER) == "waiting"
    assert world.push.notify(f"bearer {token}", body) == "noted"


@pytest.mark.sr("SR-139")
def test_a_late_callback_counts_for_nothing(world: World) -> None:
    challenge, prompt = world.pushed()
    world.pass_s(121)
    assert world.confirm(prompt) == "refused"
    assert world.push.state(challenge, BROWSER) == "expired"


@pytest.mark.sr("SR-139")
def test_the_first_result_stands(world: World) -> None:
    challenge, prompt = world.pushed()
    bearer, operator = world.operator.bearer(prompt), world.operator
    denied = operator.failure(prompt, "authorization_error", "Subscriber denied the request")
    assert world.push.notify(bearer, denied) == "noted"
    assert world.push.notify(bearer, denied) == "refused"
    assert world.confirm(prompt) == "refused"
    assert world.push.state(challenge, BROWSER) == "refused"
    assert world.push.answer(challenge, operator.code(prompt), BROWSER) == Dead("refused")


@pytest.mark.sr("SR-139")
def test_of_many_results_at_once_one_counts(world: World) -> None:
    challenge, prompt = world.pushed()
    denied = world.operator.failure(prompt, "authorization_error", "Subscriber denied the request")
    bodies = [world.operator.success(prompt), denied] * 4
    together = threading.Barrier(len(bodies))

    def notify(body: str) -> str:
        together.wait()
        return world.push.notify(world.operator.bearer(prompt), body)

    with ThreadPoolExecutor(len(bodies)) as pool:
        noted = list(pool.map(notify, bodies))
    assert noted.count("noted") == 1
    first = "approved" if noted.index("noted") % 2 == 0 else "refused"
    assert world.push.state(challenge, BROWSER) == first


@pytest.mark.sr("SR-139")
def test_a_callback_after_the_push_was_used_counts_for_nothing(world: World) -> None:
    challenge, prompt = world.pushed()
    world.confirm(prompt)
    proved(world.push.answer(challenge, world.operator.code(prompt), BROWSER))
    assert world.confirm(prompt) == "refused"


@pytest.mark.sr("SR-139")
def test_results_of_two_pushes_cannot_be_swapped(world: World) -> None:
    mine, my_prompt = world.pushed()
    theirs, their_prompt = world.pushed(OTHER_NUMBER, browser=STRANGER)
    world.settle()
    operator = world.operator
    swaps: tuple[tuple[dict[str, Any], str], ...] = (
        (my_prompt, operator.success(their_prompt)),
        (their_prompt, operator.success(my_prompt)),
        (my_prompt, operator.success(my_prompt, operator.id_token(their_prompt))),
        (my_prompt, operator.success(my_prompt | {"auth_req_id": their_prompt["auth_req_id"]})),
        (my_prompt, operator.success(my_prompt | {"correlation_id": their_prompt["correlation_id"]})),
        (my_prompt, operator.success(my_prompt, nonce=their_prompt["nonce"])),
        (my_prompt, operator.success(my_prompt, hashed_login_hint=_hint(OTHER_NUMBER))),
    )
    for prompt, body in swaps:
        assert world.push.notify(operator.bearer(prompt), body) == "refused"
    for challenge, browser in ((mine, BROWSER), (theirs, STRANGER)):
        assert world.push.state(challenge, browser) == "waiting"
    assert world.confirm(my_prompt) == "noted"


def _hint(number: str) -> str:
    return hashlib.sha256(f"MSISDN:{number[1:]}".encode()).hexdigest()


@pytest.mark.sr("SR-118", "SR-139")
def test_a_malformed_callback_is_refused(world: World) -> None:
    challenge, prompt = world.pushed()
    for body in ("", "{}", '{"auth_req_id": 1}', "{" * 5000, "\ufffd"):
        assert world.push.notify(world.operator.bearer(prompt), body) == "refused"
    assert world.push.state(challenge, BROWSER) == "waiting"


def test_after_a_failure_another_push_may_follow(world: World) -> None:
    challenge, prompt = world.pushed()
    body = world.operator.failure(prompt, "authorization_error", "Subscriber consent waiting time expired")
    assert world.push.notify(world.operator.bearer(prompt), body) == "noted"
    assert world.push.state(challenge, BROWSER) == "expired"
    _settle(world, world.ask_push(browser=STRANGER))
    assert len(world.operator.prompts) == 2, "the place of the number is free"


def test_a_code_of_the_operators_own_is_not_asked_for(world: World) -> None:
    challenge, prompt = world.pushed()
    assert world.push.notify(world.operator.bearer(prompt), world.operator.code_needed(prompt)) == "noted"
    assert world.push.state(challenge, BROWSER) == "failed"
    assert "/sms_otp/send/1" not in {received.target for received in world.operator.fake.received}


def test_a_result_may_come_before_the_answer_to_our_request(world: World) -> None:
    challenge, prompt = world.pushed()
    world.settle()
    world.ephemeral.delete(f"push-transaction:{challenge}")
    assert world.confirm(prompt) == "noted"
    assert world.push.state(challenge, BROWSER) == "approved"


@pytest.mark.sr("SR-201")
def test_a_result_that_cannot_be_checked_now_may_come_again(world: World) -> None:
    challenge, prompt = world.pushed()
    keys = world.operator.fake.replies.pop("/jwks")
    assert world.confirm(prompt) == "later"
    assert world.push.state(challenge, BROWSER) == "waiting"
    world.operator.fake.replies["/jwks"] = keys
    world.pass_s(11)
    assert world.confirm(prompt) == "noted"


@pytest.mark.sr("SR-146")
def test_losing_the_store_ends_a_push_and_an_old_copy_does_not_revive_it(world: World) -> None:
    challenge, prompt = world.pushed()
    world.confirm(prompt)
    places = (f"push:{challenge}", f"push-result:{challenge}")
    old = {place: world.ephemeral.get(place) for place in places}
    code = world.operator.code(prompt)
    proved(world.push.answer(challenge, code, BROWSER))
    flush(world)
    assert world.push.answer(challenge, code, BROWSER) == Dead("expired")
    assert world.confirm(prompt) == "refused"
    for place, value in old.items():
        assert value is not None
        world.ephemeral.put(place, value, 120_000)
    assert world.push.answer(challenge, code, BROWSER) == Dead("used")


def test_the_keys_for_our_requests_are_public(world: World) -> None:
    (key,) = world.push.public_jwks()["keys"]
    assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}
    assert json.dumps(key)
