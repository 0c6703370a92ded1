"""Bad proofs and bad assertions change nothing, wherever they are shown: what they came with is good afterwards."""

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.protocol.bad_input.watch import Watch
from tests.protocol.rfc7523.signer import TYPE, Signer, ask
from tests.protocol.rfc7523.test_client_assertions import changes
from tests.protocol.rfc9449.test_proofs import BAD
from tests.provider.proofs import Holder, bound_tokens, exchange
from tests.provider.proofs import ask as userinfo


@pytest.mark.sr("SR-043", "SR-044", "SR-061", "SR-062", "SR-063")
@pytest.mark.rule("RFC 9449", "4.3", "a bad proof spends neither a code nor a token, at any endpoint")
def test_bad_proofs(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    holder = Holder(deployment.clock)
    watch = Watch(deployment, (store.redirect_uri,), (store.secret or "",))
    code, given = signed_in.code(store), bound_tokens(signed_in, store, holder)
    headers = {"Authorization": store.basic}
    assert len(BAD) >= 30
    with watch.nothing_changes():
        for name, make in BAD.items():
            text = make(holder)
            if not (text.isascii() and text.isprintable()):
                continue  # such a header does not arrive
            answers = [
                exchange(signed_in, store, code, text),
                signed_in.post("/par", data=store.request(), headers=headers | {"DPoP": text}),
                userinfo(signed_in, given["access_token"], text),
            ]
            for answer in answers:
                watch.look(answer, name)
                assert answer.status_code in {400, 401}, (name, answer.text)
                assert answer.json["error"] == "invalid_dpop_proof", (name, answer.text)
    assert exchange(signed_in, store, code, holder.proof()).status_code == 200
    assert userinfo(signed_in, given["access_token"], holder.bound(given["access_token"])).status_code == 200


@pytest.mark.sr("SR-030", "SR-031", "SR-033")
@pytest.mark.rule("RFC 7523", "3", "a bad assertion opens no endpoint, and a good one does afterwards")
def test_bad_assertions(deployment: Deployment, browser: Browser) -> None:
    deployment.clock_file.advance(60)
    robot = Signer(deployment, "robot").register()
    bad, watch = changes(robot), Watch(deployment, ())
    assert len(bad) >= 40
    del bad["iat before our memory"]  # the client's own, and good once: that it was seen is remembered
    with watch.nothing_changes():
        for name, make in bad.items():
            for path in ("/token", "/introspect", "/revoke", "/par", "/device_authorization"):
                answer = watch.look(ask(browser, make(), path, token="x"), (name, path))
                assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"}), (name, path)
    form = {"client_assertion_type": TYPE, "client_assertion": robot.assertion(), "token": "x"}
    assert browser.post("/introspect", data=form).json == {"active": False}
