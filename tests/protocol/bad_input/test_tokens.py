"""Tokens that are not what they say, at every endpoint that reads one: none is believed, and nothing comes of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, RSAKey

from app.keys.keyring import Keyring
from app.keys.lifecycle import unwrap_private
from tests.deployment import ISSUER, Browser, Deployment, Service, answered
from tests.protocol.bad_input.smith import (
    ALGORITHMS,
    BY_ANYBODY,
    LOOSE,
    TWISTED,
    TYPES,
    Make,
    Smith,
    audiences,
    claims,
)
from tests.protocol.bad_input.watch import Watch
from tests.protocol.rfc9101.signing import TYPE, Signing
from tests.provider.tokens import claims as claims_of
from tests.provider.tokens import header, introspect, post, tokens, userinfo


@pytest.fixture
def watch(deployment: Deployment, store: Service) -> Watch:
    return Watch(deployment, (store.redirect_uri,), (store.secret or "",))


@pytest.fixture
def given(signed_in: Browser, store: Service) -> Mapping[str, Any]:
    """Good tokens."""
    return tokens(signed_in, store, "openid profile offline_access")


def smith_of(deployment: Deployment, token: str, other_type: str) -> Smith:
    """Who holds our own keys, and a token that they made."""
    rows = {row.kid: row for row in deployment.rows("signing_keys") if row.state == "current"}
    head, keyring = header(token), Keyring(deployment.settings.keys)
    kind = {"ES256": ECKey, "RS256": RSAKey}[head["alg"]]
    key = kind.import_key(unwrap_private(rows[head["kid"]], keyring))
    other = next(kid for kid, row in rows.items() if row.algorithm != head["alg"])
    return Smith(head, claims_of(token), key, other, other_type, head["alg"])


@pytest.fixture
def access(deployment: Deployment, given: Mapping[str, Any]) -> Smith:
    return smith_of(deployment, given["access_token"], "JWT")


@pytest.fixture
def hint(deployment: Deployment, given: Mapping[str, Any]) -> Smith:
    return smith_of(deployment, given["id_token"], "at+jwt")


def about_claims(deployment: Deployment) -> dict[str, Make]:
    return claims(int(deployment.clock.now() // 1000), ISSUER)


def past(deployment: Deployment) -> dict[str, Make]:
    now = int(deployment.clock.now() // 1000)
    return {f"expired {ago}": lambda s, ago=ago: s.told(exp=now - ago) for ago in (0, 1, 86_400, now - 1)}


def test_there_are_enough(deployment: Deployment) -> None:
    assert len(BY_ANYBODY) >= 120
    assert len(BY_ANYBODY | about_claims(deployment) | TWISTED | TYPES | LOOSE | audiences(ISSUER)) >= 200


@pytest.mark.sr("SR-061", "SR-062", "SR-063", "SR-064", "SR-065", "SR-078")
@pytest.mark.rule("RFC 6750", "3.1", "whatever is wrong with a token, it is invalid_token")
def test_access_tokens_at_userinfo(
    deployment: Deployment, signed_in: Browser, access: Smith, watch: Watch
) -> None:
    bad = BY_ANYBODY | TYPES | TWISTED | about_claims(deployment) | past(deployment) | audiences(ISSUER)
    with watch.nothing_changes():
        for name, make in bad.items():
            text = make(access)
            if text.isascii() and text.isprintable():  # nothing else fits into a header
                answer = watch.look(userinfo(signed_in, text), name)
                assert answer.status_code == 401, (name, answer.text)
                assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"], name
            answer = watch.look(signed_in.post("/userinfo", data={"access_token": text}), name)
            assert (answer.status_code, answer.json["error"]) in {
                (401, "invalid_token"),
                (413, "invalid_request"),
            }, name
    assert userinfo(signed_in, access.good()).status_code == 200


@pytest.mark.sr("SR-046", "SR-061", "SR-062", "SR-063", "SR-064", "SR-065")
@pytest.mark.rule("RFC 7662", "2.2", "of a token that is not good nothing is said but that it is not active")
def test_access_tokens_at_introspection(
    deployment: Deployment, browser: Browser, store: Service, access: Smith, watch: Watch
) -> None:
    """Whom a token is for does not matter to the client that it was given to."""
    bad = BY_ANYBODY | TYPES | TWISTED | about_claims(deployment) | past(deployment)
    with watch.nothing_changes():
        for name, make in bad.items():
            answer = watch.look(post(browser, "/introspect", store, {"token": make(access)}), name)
            assert answer.status_code in {200, 413}, name
            assert answer.status_code == 413 or answer.json == {"active": False}, name
    assert introspect(browser, store, access.good())["active"] is True


@pytest.mark.sr("SR-045", "SR-061", "SR-062", "SR-063", "SR-064")
@pytest.mark.rule("RFC 7009", "2.2", "what is no token of ours is answered with 200, and ends nothing")
def test_access_tokens_at_revocation(
    browser: Browser, store: Service, access: Smith, hint: Smith, watch: Watch
) -> None:
    with watch.nothing_changes():
        for name, make in (BY_ANYBODY | TYPES | TWISTED).items():
            answer = watch.look(post(browser, "/revoke", store, {"token": make(access)}), name)
            assert answer.status_code in {200, 413}, name
        for name, make in BY_ANYBODY.items():
            answer = watch.look(post(browser, "/revoke", store, {"token": make(hint)}), name)
            assert answer.status_code in {200, 413}, name
        for token in (hint.good(), access.good() + "x", "x"):
            assert post(browser, "/revoke", store, {"token": token}).status_code == 200
    assert introspect(browser, store, access.good())["active"] is True


@pytest.mark.sr("SR-061", "SR-062", "SR-063", "SR-064", "SR-065")
@pytest.mark.rule("OIDC Core", "3.1.2.1", "a hint that is no ID token of ours for this client is refused")
def test_hints_of_authorization_requests(
    deployment: Deployment, signed_in: Browser, store: Service, hint: Smith, access: Smith, watch: Watch
) -> None:
    """An expired one still says whom it means."""
    bad = BY_ANYBODY | TYPES | TWISTED | about_claims(deployment) | audiences(store.client_id)
    texts = {name: make(hint) for name, make in bad.items()} | {"an access token": access.good()}
    with watch.nothing_changes():
        for name, text in texts.items():
            answer = watch.look(signed_in.authorize(store, id_token_hint=text), name)
            if answer.status_code == 400:
                assert len(text) > 6_000 or "\0" in text, name
                continue
            assert answered(answer).get("error") == "invalid_request", name
    assert "code" in answered(signed_in.authorize(store, id_token_hint=hint.good()))


@pytest.mark.sr("SR-061", "SR-062", "SR-063", "SR-064", "SR-065", "SR-091")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout",
    "2",
    "a hint that is no ID token of ours signs nobody out: the person is asked",
)
def test_hints_of_logout_requests(
    deployment: Deployment, signed_in: Browser, store: Service, hint: Smith, access: Smith, watch: Watch
) -> None:
    bad = BY_ANYBODY | TYPES | TWISTED | about_claims(deployment) | audiences(store.client_id)
    texts = {name: make(hint) for name, make in bad.items()} | {"an access token": access.good()}
    with watch.nothing_changes():
        for name, text in texts.items():
            asked = {"id_token_hint": text, "post_logout_redirect_uri": store.redirect_uri, "state": "x"}
            answer = watch.look(signed_in.get(f"/logout?{urlencode(asked)}"), name)
            assert (answer.status_code, answer.mimetype) in {(200, "text/html"), (400, "text/html")}, name
            assert answer.status_code == 200 or len(text) > 6_000 or "\0" in text, name
    assert signed_in.code(store)


@pytest.mark.sr("SR-061", "SR-062", "SR-063", "SR-064", "SR-065")
@pytest.mark.rule("RFC 9101", "6.2", "whatever is wrong with a request object, it is invalid_request_object")
def test_request_objects(deployment: Deployment, signed_in: Browser) -> None:
    """Of its times and its audience RFC 9101 §4 leaves more open than for our own tokens."""
    bank = Signing.register(deployment, "bank")
    head = {"alg": "ES256", "kid": bank.key.kid, "typ": TYPE}
    smith = Smith(head, bank.claims(), bank.key, "second", "client-authentication+jwt")
    watch = Watch(deployment, (bank.service.redirect_uri,), (bank.service.secret or "",))
    bad = (
        BY_ANYBODY | TYPES | TWISTED | LOOSE | about_claims(deployment) | past(deployment) | audiences(ISSUER)
    )
    wrong = {}
    with watch.nothing_changes():
        for name, make in bad.items():
            text = make(smith)
            pushed = watch.look(post(signed_in, "/par", bank.service, {"request": text}), name)
            if pushed.status_code != 413 and (pushed.status_code, pushed.json.get("error")) != (
                400,
                "invalid_request_object",
            ):
                wrong[name] = pushed.text
            answer = watch.look(bank.visit(signed_in, text), name)
            if answer.status_code != 400 and answered(answer).get("error") != "invalid_request_object":
                wrong[f"{name}, by GET"] = answer.location
    assert wrong == {}
    assert "code" in answered(bank.visit(signed_in, smith.good()))


def test_what_is_made_unchanged_is_good(access: Smith, signed_in: Browser) -> None:
    """So a bad one is bad for one reason only."""
    for text in (access.said(), access.headed(), access.told(), access.cut()):
        assert userinfo(signed_in, text).status_code == (200 if text.count(".") == 2 else 401)
    assert len(ALGORITHMS) > 30


@pytest.mark.soak
@pytest.mark.sr("SR-061", "SR-062")
def test_every_letter_of_a_token_counts(
    deployment: Deployment, signed_in: Browser, store: Service, access: Smith, hint: Smith, watch: Watch
) -> None:
    """Each letter changed, left out, doubled; each beginning; at every endpoint that reads tokens."""
    for smith in (access, hint):
        text = smith.good()
        changed = [text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :] for at in range(len(text))]
        changed += [text[:at] + text[at + 1 :] for at in range(len(text))]
        changed += [text[:at] + text[at] + text[at:] for at in range(len(text))]
        changed += [text[:at] for at in range(1, len(text))]
        with watch.nothing_changes():
            for one in {*changed} - {text}:
                assert watch.look(userinfo(signed_in, one), one).status_code == 401, one
                answer = watch.look(post(signed_in, "/introspect", store, {"token": one}), one)
                assert answer.json == {"active": False}, one
                assert watch.look(post(signed_in, "/revoke", store, {"token": one}), one).status_code == 200
                assert answered(watch.look(signed_in.authorize(store, id_token_hint=one), one)).get(
                    "error"
                ), one
