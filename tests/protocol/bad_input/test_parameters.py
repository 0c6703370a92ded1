"""Authorization requests in which one or two parameters are missing, empty or repeated: what comes of each is reckoned
from the specifications by an oracle of its own.
"""

from collections.abc import Iterator
from itertools import combinations, permutations
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deployment, Service, answered
from tests.protocol.bad_input.oracle import KNOWN, PAGE, Expected, Pairs, authorization, pushed
from tests.protocol.bad_input.watch import Watch
from tests.provider.tokens import claims, tokens

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def good(signed_in: Browser, store: Service) -> list[tuple[str, str]]:
    """A request that says everything there is to say, and is answered with a code."""
    hint = tokens(signed_in, store)["id_token"]
    more = {
        "prompt": "none", "max_age": "86400", "login_hint": "maria@mail.ru", "ui_locales": "ru", "claims_locales": "ru",
        "acr_values": "urn:mostid:acr:1", "response_mode": "query", "display": "page", "resource": ISSUER,
        "claims": '{"userinfo":{"given_name":null}}', "dpop_jkt": "k" * 43, "id_token_hint": hint,
    }  # fmt: skip
    assert claims(hint)["aud"] == store.client_id
    request = [*store.request(**more).items(), ("strange", "1")]
    assert {name for name, _ in request} == KNOWN | {"strange"}
    return request


@pytest.fixture
def watch(deployment: Deployment, store: Service) -> Watch:
    return Watch(deployment, (store.redirect_uri,), (store.secret or "",))


OTHERS = {
    "prompt": "login",
    "resource": "https://other.example",
    "response_mode": "form_post",
    "state": "other",
}
"""A second value that would mean something else."""


def variants(good: Pairs) -> Iterator[tuple[str, Pairs]]:
    """All requests that lack one or two parameters, repeat one or two, or lack one and repeat another."""
    names = [name for name, _ in good]
    yield "whole", good
    for name in names:
        yield f"no {name}", _without(good, name)
        yield f"empty {name}", [(one, "" if one == name else value) for one, value in good]
        yield f"{name} and empty", [*good, (name, "")]
        yield f"empty and {name}", [(name, ""), *good]
        yield f"{name} twice the same", [*good, (name, dict(good)[name])]
        yield f"{name} twice", [*good, (name, OTHERS.get(name, "x"))]
        yield f"{name} twice, the other first", [(name, OTHERS.get(name, "x")), *good]
    for one, two in combinations(names, 2):
        yield f"no {one}, {two}", _without(_without(good, one), two)
        yield f"{one}, {two} twice", [*good, (one, OTHERS.get(one, "x")), (two, dict(good)[two])]
    for one, two in permutations(names, 2):
        yield f"no {one}, {two} twice", [*_without(good, one), (two, OTHERS.get(two, "x"))]


def _without(pairs: Pairs, name: str) -> Pairs:
    return [(one, value) for one, value in pairs if one != name]


def came_true(expected: Expected, answer: TestResponse, about: str) -> None:
    """The answer at the authorization endpoint is one of those that may be."""
    if expected.errors == {PAGE}:
        assert answer.status_code == 400, about
        assert "Location" not in answer.headers, about
        return
    got = answered(answer)
    assert got.get("state") == expected.state, about
    assert got["iss"] == ISSUER, about
    assert ("code" in got) == (not expected.errors), about
    assert expected.errors == frozenset() or got["error"] in expected.errors, about


@pytest.mark.sr("SR-004", "SR-005", "SR-007", "SR-008", "SR-009")
@pytest.mark.rule(
    "RFC 6749",
    "3.1",
    "every parameter comes once; what is missing, empty or repeated is refused as it must be",
)
def test_authorization_by_get(good: Pairs, signed_in: Browser, watch: Watch) -> None:
    made = list(variants(good))
    assert len(made) > 900
    with watch.nothing_changes():
        for about, pairs in made:
            answer = watch.look(signed_in.get(f"/authorize?{urlencode(pairs)}"), about)
            came_true(authorization(pairs), answer, about)


@pytest.mark.sr("SR-004", "SR-005", "SR-007", "SR-008", "SR-009")
@pytest.mark.rule("OIDC Core", "3.1.2.1", "a POSTed request is checked as one by GET")
def test_authorization_by_post(good: Pairs, signed_in: Browser, watch: Watch) -> None:
    """What is wrong is said at once; what is right comes back by GET, where the cookies are, for its code."""
    with watch.nothing_changes():
        for about, pairs in variants(good):
            answer = watch.look(signed_in.post("/authorize", data=urlencode(pairs), content_type=FORM), about)
            came_true(authorization(pairs), signed_in.follow(answer), about)


@pytest.mark.sr("SR-004")
def test_query_and_body_together(good: Pairs, signed_in: Browser, watch: Watch) -> None:
    with watch.nothing_changes():
        for name, value in good:
            for rest in (good, _without(good, name)):
                answer = signed_in.post(
                    f"/authorize?{urlencode({name: value})}", data=urlencode(rest), content_type=FORM
                )
                watch.page(answer, name)


@pytest.mark.sr("SR-004", "SR-007", "SR-025")
@pytest.mark.rule("RFC 9126", "2.3", "what is pushed is checked as the authorization endpoint would check it")
def test_pushed_requests(good: Pairs, browser: Browser, store: Service, watch: Watch) -> None:
    sent, taken = {"Authorization": store.basic}, 0
    before = watch.state()
    for about, pairs in variants(good):
        answer = browser.post("/par", data=urlencode(pairs), content_type=FORM, headers=sent)
        expected, taken = pushed(pairs).errors, taken + (watch.look(answer, about).status_code == 201)
        assert (answer.status_code == 201) == (not expected), (about, answer.text)
        assert not expected or (answer.status_code, answer.json["error"] in expected) == (400, True), about
    after = watch.state()
    assert {name for name in after if after[name] != before[name]} == {"ephemeral"}
    assert len(after["ephemeral"]) == len(before["ephemeral"]) + taken


@pytest.mark.soak
@pytest.mark.sr("SR-004", "SR-005", "SR-007")
def test_three_at_a_time(good: Pairs, signed_in: Browser, watch: Watch) -> None:
    """Every three parameters left out, and every three repeated."""
    names = [name for name, _ in good]
    with watch.nothing_changes():
        for three in combinations(names, 3):
            fewer = [(name, value) for name, value in good if name not in three]
            more = [*good, *((name, OTHERS.get(name, "x")) for name in three)]
            for pairs in (fewer, more):
                answer = watch.look(signed_in.get(f"/authorize?{urlencode(pairs)}"), three)
                came_true(authorization(pairs), answer, str(three))
