"""Everything that we give out, or take in, brought to every place that takes something: it is good in its own place alone."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deployment, Service, answered
from tests.html import read
from tests.protocol.bad_input.watch import Watch
from tests.protocol.rfc7523.signer import TYPE, Signer
from tests.protocol.rfc7591.test_registration import MINE
from tests.protocol.rfc7591.test_registration import post as register
from tests.protocol.rfc7591.test_registration import token as initial_token
from tests.protocol.rfc9101.signing import Signing
from tests.protocol.rfc9126.pushing import pushed, visit
from tests.provider.proofs import Holder
from tests.provider.tokens import exchange, introspect, post, refresh, tokens, userinfo

MODES = ["query", "form_post", "jwt"]


@pytest.fixture
def bank(deployment: Deployment) -> Signing:
    """A service that uses everything there is."""
    more = {
        "response_modes": MODES,
        "userinfo_signed_response_alg": "RS256",
        "introspection_signed_response_alg": "RS256",
    }
    return Signing.register(deployment, "bank", **more)


@pytest.fixture
def things(deployment: Deployment, signed_in: Browser, bank: Signing) -> Mapping[str, str]:
    """One of each."""
    deployment.clock_file.advance(60)
    service, robot = bank.service, Signer(deployment, "robot").register()
    given = tokens(signed_in, service, "openid profile offline_access")
    own = signed_in.post("/token", data={
        "grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": robot.assertion()})  # fmt: skip
    answer = register(signed_in, MINE, initial_token(deployment)).json
    waiting = parse_qs(urlsplit(signed_in.authorize(service, prompt="login").location).query)["ask"][0]
    form = read(signed_in.get(f"/signin?{urlencode({'ask': waiting})}")).forms[0]
    return {
        "access": given["access_token"], "refresh": given["refresh_token"], "id": given["id_token"],
        "own access": own.json["access_token"], "code": signed_in.code(service),
        "signed userinfo": userinfo(signed_in, given["access_token"]).text,
        "signed introspection": post(signed_in, "/introspect", service, {"token": given["access_token"]}).text,
        "signed answer": answered(signed_in.authorize(service, response_mode="jwt"))["response"],
        "ask": waiting, "csrf": form.fields["csrf_token"], "session": signed_in.cookie("sid") or "",
        "pushed": pushed(signed_in, service), "object": bank.sign(), "proof": Holder(deployment.clock).proof(),
        "assertion": robot.assertion(), "secret": service.secret or "",
        "registration": answer["registration_access_token"], "initial": initial_token(deployment),
    }  # fmt: skip


@pytest.mark.sr("SR-046", "SR-049", "SR-064", "SR-074", "SR-078")
@pytest.mark.rule("RFC 8725", "3.11", "what was made for one use is refused in every other")
def test_everything_in_every_place(
    deployment: Deployment, signed_in: Browser, bank: Signing, things: Mapping[str, str]
) -> None:
    service, good = bank.service, dict[str, set[str]]()
    watch = Watch(deployment, (service.redirect_uri,))

    def works(place: str, name: str, answer: TestResponse, *, good_if: bool) -> None:
        watch.look(answer, (place, name))
        if good_if:
            good.setdefault(place, set()).add(name)

    with watch.nothing_changes():
        for name, text in things.items():
            plain = {"Authorization": f"Bearer {text}"}
            answer = userinfo(signed_in, text)
            works("userinfo", name, answer, good_if=answer.status_code == 200)
            answer = signed_in.get(
                "/userinfo", headers={"Authorization": f"DPoP {text}", "DPoP": things["proof"]}
            )
            works("userinfo, bound", name, answer, good_if=answer.status_code == 200)
            if name != "code":  # it would be redeemed
                answer = exchange(signed_in, service, text)
                works("code", name, answer, good_if=answer.status_code == 200)
            if name != "refresh":
                answer = refresh(signed_in, service, text)
                works("refresh", name, answer, good_if=answer.status_code == 200)
            answer = signed_in.authorize(service, id_token_hint=text)
            works("hint", name, answer, good_if="code=" in answer.headers.get("Location", ""))
            answer = signed_in.get(f"/authorize?{urlencode({'ask': text})}")
            works("ask", name, answer, good_if=answer.status_code == 303)
            if name != "pushed":
                answer = visit(signed_in, service, text)
                works("reference", name, answer, good_if="code=" in answer.headers.get("Location", ""))
            answer = bank.visit(signed_in, text)
            works("object", name, answer, good_if="code=" in answer.headers.get("Location", ""))
            if name != "assertion":
                form = {"client_assertion_type": TYPE, "client_assertion": text, "token": "x"}
                works("assertion", name, signed_in.post("/introspect", data=form), good_if=False)
                assert signed_in.post("/introspect", data=form).status_code in {400, 401}, name
            answer = register(signed_in, {**MINE, "redirect_uris": []}, text)
            works("registration", name, answer, good_if=answer.status_code != 401)
            answer = signed_in.get("/register/bank", headers=plain)
            works("management", name, answer, good_if=answer.status_code == 200)
            with_secret = Service(service.client_id, text, service.redirect_uri)
            answer = post(signed_in, "/introspect", with_secret, {"token": "x"})
            works("secret", name, answer, good_if=answer.status_code == 200)
    assert good == {
        "userinfo": {"access"}, "hint": {"id"}, "ask": {"ask"}, "object": {"object"}, "registration": {"initial"},
        "secret": {"secret"},
    }  # fmt: skip
    assert exchange(signed_in, service, things["code"]).status_code == 200


@pytest.mark.sr("SR-046", "SR-064")
def test_everything_at_introspection(signed_in: Browser, deployment: Deployment, store: Service) -> None:
    given = tokens(signed_in, store, "openid profile offline_access")
    texts = {
        "code": signed_in.code(store),
        "id": given["id_token"],
        "secret": store.secret or "",
        "pushed": pushed(signed_in, store),
    }
    assert [name for name, text in texts.items() if introspect(signed_in, store, text)["active"]] == []
    assert introspect(signed_in, store, given["access_token"])["iss"] == ISSUER
    assert introspect(signed_in, store, given["refresh_token"])["active"] is True


@pytest.mark.sr("SR-023")
def test_a_code_is_nowhere_in_the_stores(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    """Nothing is written when one is given, so a dump holds none."""
    watch = Watch(deployment, (store.redirect_uri,))
    with watch.nothing_changes():
        codes = [answered(watch.look(signed_in.authorize(store), number))["code"] for number in range(20)]
    state = repr(watch.state())
    assert len(set(codes)) == 20
    assert not [code for code in codes if code in state or code[20:60] in state]
