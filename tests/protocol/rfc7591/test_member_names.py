"""Names of members that mean something inside: nobody sets a member by another one's name."""

from typing import Any

import pytest
from sqlalchemy import update

from app.clients.metadata import ClientMetadata
from app.clients.tables import KIND, clients
from app.storage.versions import bump
from tests.deployment import REDIRECT, Browser, Deploy, Deployment
from tests.protocol.rfc7591.registering import post, put

MINE = {"redirect_uris": [REDIRECT], "client_name": "Читальня"}
URL = "https://evil.example/"
INNER = [*ClientMetadata.model_fields, "scope", "translations"]


def stored(deployment: Deployment, client_id: str) -> dict[str, Any]:
    (row,) = [row for row in deployment.rows("clients") if row.client_id == client_id]
    return dict(row.metadata)


@pytest.mark.sr("SR-056", "SR-057", "SR-058")
@pytest.mark.rule("RFC 7591", "2", "members are set by their own names, and operators' members by operators")
def test_translations_are_no_way_round(deployment: Deployment, browser: Browser) -> None:
    plain = post(browser, MINE).json
    good = stored(deployment, plain["client_id"])
    for name in INNER:
        document = MINE | {"translations": {name: URL}, "client_name#en": "Reading room"}
        made = post(browser, document)
        assert made.status_code == 201, (name, made.text)
        assert stored(deployment, made.json["client_id"]) == good | {"client_name#en": "Reading room"}, name
        changed = put(browser, made.json, document)
        assert changed.status_code == 200, (name, changed.text)
        assert stored(deployment, made.json["client_id"]) == good | {"client_name#en": "Reading room"}, name


@pytest.mark.sr("SR-057")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_name#ru", "A" * 61),
        ("client_name#", "Name"),
        ("client_name#\x01", "Name"),
        ("client_name#ru#en", "Name"),
        ("client_name#" + "a" * 40, "Name"),
        ("client_name#ru", 5),
        ("policy_uri#ru", "https://a.example/" + "a" * 600),
    ],
)
def test_translations_have_a_form_and_a_length(browser: Browser, member: str, value: object) -> None:
    answer = post(browser, MINE | {member: value})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")


@pytest.mark.rule(
    "RFC 7591", "3.2.2", "an address that cannot be read is refused where no name is given, too"
)
@pytest.mark.parametrize(
    "uri", ["https://user@host.example/cb", "https://[zz]/cb", "https:///cb", "https://a:b:c/", "x"]
)
def test_a_bad_address_without_a_name(browser: Browser, uri: str) -> None:
    answer = post(browser, {"redirect_uris": [uri]})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.sr("SR-024")
def test_ids_that_are_none(deploy: Deploy, storage_url: str) -> None:
    browser = deploy(database_url=storage_url).client()
    for path in ("%00", "a%00b", "%F0%9F%92%A9", "a" * 400, "-", "."):
        assert browser.get(f"/register/{path}", headers={"Authorization": "Bearer rat_x"}).status_code == 401


def test_one_damaged_record_harms_nobody_else(deployment: Deployment, browser: Browser) -> None:
    for name in ("good", "damaged"):
        deployment.register(name, initiate_login_uri="https://shop.example/go", first_party=True)
    damaged = stored(deployment, "damaged") | {"first_party": URL}
    with deployment.storage.transaction(write=True) as tx:
        tx.execute(update(clients).where(clients.c.client_id == "damaged").values(metadata=damaged))
        bump(tx, KIND)
    deployment.clock_file.advance(5)
    page = browser.get("/")
    assert page.status_code == 200
    assert page.text.count("https://shop.example/go") == 1
    assert browser.get("/jwks.json", headers={"Origin": "https://shop.example"}).status_code == 200
    assert browser.get("/authorize?client_id=damaged").status_code == 400
