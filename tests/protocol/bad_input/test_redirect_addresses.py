"""Every way into the provider that takes a redirect address, met with hundreds of addresses that are nearly right."""

from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, answered
from tests.protocol.bad_input.watch import Watch
from tests.protocol.rfc7591.test_registration import MINE, manage
from tests.protocol.rfc7591.test_registration import post as register
from tests.protocol.rfc7591.test_registration import token as initial_token
from tests.protocol.rfc9101.signing import Signing
from tests.provider.mutations import mutations
from tests.provider.tokens import exchange, post, tokens

WEB = "https://shop.example/oauth/callback"
WITH_QUERY = "https://shop.example/callback?tenant=1&to=%D1%8F"
LOOPBACK = "http://127.0.0.1:8200/oauth/callback"
NATIVE = "com.example.shop.application:/callback"
MANY = 250


ADDRESSES = [WEB, WITH_QUERY, LOOPBACK, NATIVE]


@pytest.fixture(params=ADDRESSES)
def bank(deployment: Deployment, request: pytest.FixtureRequest) -> Signing:
    """A service that may come in by every way."""
    kind = {"application_type": "native"} if request.param == NATIVE else {}
    addresses = {"redirect_uris": [request.param], "post_logout_redirect_uris": [request.param]}
    return Signing.register(deployment, "bank", **addresses, **kind)


@pytest.fixture
def watch(deployment: Deployment, bank: Signing) -> Watch:
    return Watch(deployment, (bank.service.redirect_uri,), (bank.service.secret or "",))


def wrong(bank: Signing) -> list[str]:
    """Addresses that are nearly its own."""
    made = mutations(bank.service.redirect_uri)
    assert len(made) >= MANY
    return made


@pytest.mark.sr("SR-001", "SR-003", "SR-005")
def test_authorization_requests(signed_in: Browser, bank: Signing, watch: Watch) -> None:
    with watch.nothing_changes():
        for uri in wrong(bank):
            watch.page(signed_in.authorize(bank.service, redirect_uri=uri), uri)
            watch.page(signed_in.post("/authorize", data=bank.service.request(redirect_uri=uri)), uri)
    assert "code" in answered(signed_in.authorize(bank.service))


@pytest.mark.sr("SR-001", "SR-003", "SR-005")
def test_request_objects(signed_in: Browser, bank: Signing, watch: Watch) -> None:
    """Inside it counts, whatever stands beside it; beside a bad one it tells where that is said, if it is right."""
    expired = bank.sign(bank.claims(exp=1))
    with watch.nothing_changes():
        for uri in wrong(bank):
            signed = bank.sign(bank.claims(redirect_uri=uri))
            if len(signed) < 6_000:
                watch.page(bank.visit(signed_in, signed), uri)
            watch.page(bank.visit(signed_in, expired, redirect_uri=uri), uri)
    assert "code" in answered(bank.visit(signed_in, bank.sign()))


@pytest.mark.sr("SR-001", "SR-003")
def test_pushed_requests(browser: Browser, bank: Signing, watch: Watch) -> None:
    def refused(answer: TestResponse, uri: str) -> None:
        watch.look(answer, uri)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request"), uri

    with watch.nothing_changes():
        for uri in wrong(bank):
            refused(post(browser, "/par", bank.service, dict(bank.service.request(redirect_uri=uri))), uri)
            signed = bank.sign(bank.claims(redirect_uri=uri))
            refused(post(browser, "/par", bank.service, {"request": signed}), uri)
    assert post(browser, "/par", bank.service, dict(bank.service.request())).status_code == 201


@pytest.mark.sr("SR-001", "SR-027")
def test_the_code_exchange(signed_in: Browser, bank: Signing, watch: Watch) -> None:
    """A code is for the very address that it was sent to, and a wrong one does not spend it."""
    code = signed_in.code(bank.service)
    with watch.nothing_changes():
        for uri in wrong(bank):
            answer = watch.look(exchange(signed_in, bank.service, code, redirect_uri=uri), uri)
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant"), uri
    assert exchange(signed_in, bank.service, code).status_code == 200


@pytest.mark.sr("SR-001", "SR-003", "SR-091")
@pytest.mark.parametrize("bank", [WITH_QUERY, NATIVE], indirect=True)
def test_addresses_after_signing_out(signed_in: Browser, bank: Signing, watch: Watch) -> None:
    hint = tokens(signed_in, bank.service)["id_token"]
    with watch.nothing_changes():
        for uri in wrong(bank):
            asked = {"id_token_hint": hint, "post_logout_redirect_uri": uri, "state": "x"}
            answer = watch.look(signed_in.get(f"/logout?{urlencode(asked)}"), uri)
            assert (answer.status_code, answer.mimetype) == (200, "text/html"), uri
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": bank.service.redirect_uri}
    assert signed_in.get(f"/logout?{urlencode(asked)}").location == bank.service.redirect_uri


def is_exact(uri: str) -> bool:
    """Whether all parsers read this web address in one way: by other rules than those by which it was registered."""
    parts = urlsplit(uri)
    host, labels = parts.hostname or "", (parts.hostname or "").split(".")
    plain = uri.isascii() and uri.isprintable() and not set(uri) & set(" \"'#*<>\\^`{|}")
    named = all(label.replace("-", "x").isalnum() for label in labels) and not labels[-1].isdigit()
    here = parts.scheme in {"http", "https"} and host in {"127.0.0.1", "::1", "localhost"}
    written = parts.netloc.rpartition("@") == ("", "", parts.netloc.lower())
    undotted = not {".", ".."} & set(parts.path.split("/"))
    return plain and written and undotted and (here or (parts.scheme == "https" and named)) and uri in {
        parts.geturl(), f"{parts.geturl()}?",
    }  # fmt: skip


@pytest.mark.sr("SR-003", "SR-051", "SR-053")
@pytest.mark.parametrize("good", [WEB, WITH_QUERY, LOOPBACK])
def test_registrations(deployment: Deployment, browser: Browser, good: str) -> None:
    """An address is registered as it came, where it can be read in one way only, or by its own error not at all."""
    watch = Watch(deployment, ())
    bearer, taken = initial_token(deployment, uses=2_000), 0
    rows = len(deployment.rows("clients"))
    for uri in mutations(good):
        answer = watch.look(register(browser, {**MINE, "redirect_uris": [uri]}, bearer), uri)
        if answer.status_code == 201:
            taken += 1
            assert answer.json["redirect_uris"] == [uri]
            assert is_exact(uri), uri
        else:
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri"), uri
    assert len(deployment.rows("clients")) == rows + taken
    assert taken  # a letter more or less is somebody else's address, and a good one


@pytest.mark.sr("SR-051", "SR-053")
def test_replacements(deployment: Deployment, browser: Browser) -> None:
    client = register(browser, {**MINE, "redirect_uris": [WEB]}, initial_token(deployment)).json
    watch = Watch(deployment, (), (client["client_secret"],))
    bad = [uri for uri in mutations(WEB) if not is_exact(uri)]
    with watch.nothing_changes():
        for uri in bad:
            document = {**MINE, "client_id": client["client_id"], "redirect_uris": [uri]}
            answer = watch.look(manage(browser, client, "PUT", document), uri)
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri"), uri


@pytest.mark.soak
@pytest.mark.sr("SR-001", "SR-003")
def test_mutations_of_mutations(signed_in: Browser, bank: Signing, watch: Watch) -> None:
    """Thousands of addresses that are wrong in two ways."""
    twice = {one for first in wrong(bank)[::4] for one in mutations(first)[::3]}
    with watch.nothing_changes():
        for uri in sorted(twice - {bank.service.redirect_uri, ""}):
            watch.page(signed_in.authorize(bank.service, redirect_uri=uri), uri)
