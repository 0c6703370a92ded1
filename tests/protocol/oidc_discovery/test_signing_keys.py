"""What discovery says of our signing keys: algorithms that can sign now, and its own values under their signature."""

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import delete

from app.keys.keyring import Keyring
from app.keys.lifecycle import KIND, KeyLifecycle
from app.keys.tables import signing_keys
from app.storage.versions import bump
from tests.deployment import ISSUER, Browser, Deploy, Deployment
from tests.provider.tokens import header

DOCUMENT, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
LISTS = [f"{answer}_signing_alg_values_supported"
         for answer in ("id_token", "userinfo", "introspection", "authorization")]  # fmt: skip
HOUR = 3_600


def lifecycle(deployment: Deployment) -> KeyLifecycle:
    keyring = Keyring(deployment.settings.keys)
    return KeyLifecycle(keyring, deployment.clock, deployment.settings.lifetimes)


@pytest.mark.rule(
    "OIDC Discovery",
    "3",
    "an algorithm is announced from when its key may sign, after an upgrade an hour later",
)
@pytest.mark.sr("SR-069")
def test_an_upgrade_announces_new_algorithms_when_they_sign(deployment: Deployment, browser: Browser) -> None:
    def upgraded(tx: Any) -> None:
        """As a deployment is that has had two algorithms from its beginning."""
        tx.execute(delete(signing_keys).where(signing_keys.c.algorithm.in_(("PS256", "EdDSA"))))
        bump(tx, KIND)

    deployment.storage.run(upgraded, write=True)
    keys = lifecycle(deployment)
    deployment.storage.run(keys.ensure, write=True)
    deployment.clock_file.advance(2)
    published = {key["alg"] for key in browser.get("/jwks.json").json["keys"]}
    assert published == {"ES256", "RS256", "PS256", "EdDSA"}
    assert [browser.get(DOCUMENT).json[name] for name in LISTS] == [["ES256", "RS256"]] * 4
    deployment.clock_file.advance(HOUR)
    deployment.storage.run(keys.begin, write=True)
    deployment.clock_file.advance(2)
    said = browser.get(DOCUMENT).json
    assert [said[name] for name in LISTS] == [["ES256", "RS256", "PS256", "EdDSA"]] * 4
    assert browser.get(OAUTH).json == said


def test_before_the_first_key(deployment: Deployment, browser: Browser) -> None:
    """A deployment that was not finished says what it can do, and nothing of it is kept for good."""

    def without(tx: Any) -> None:
        tx.execute(delete(signing_keys))
        bump(tx, KIND)

    deployment.storage.run(without, write=True)
    said = browser.get(DOCUMENT).json
    assert (said["issuer"], [said[name] for name in LISTS]) == (ISSUER, [[]] * 4)
    deployment.storage.run(lifecycle(deployment).ensure, write=True)
    deployment.clock_file.advance(2)
    assert browser.get(DOCUMENT).json[LISTS[0]] == ["ES256", "RS256", "PS256", "EdDSA"]


@pytest.mark.rule(
    "RFC 8414", "2.1", "signed metadata is a JWT of the issuer with every value, and never within itself"
)
def test_signed_metadata(deploy: Deploy) -> None:
    deployment = deploy(signed_metadata=True)
    browser = deployment.client()
    plain = browser.get(DOCUMENT).json
    assert browser.get(OAUTH).json == plain
    signed = plain.pop("signed_metadata")
    keys = KeySet.import_key_set(browser.get("/jwks.json").json)
    claims = jwt.decode(signed, keys, algorithms=["RS256"]).claims
    assert claims == {"iss": ISSUER, **plain}
    other = deploy_twin(deploy, deployment)
    assert other.get(DOCUMENT).json["signed_metadata"] == signed  # all processes say the same


def deploy_twin(deploy: Deploy, deployment: Deployment) -> Browser:
    """Another process over the same database."""
    return deploy(signed_metadata=True, database_url=deployment.settings.database).client()


@pytest.mark.rule("RFC 8414", "2.1", "without the setting there is no signed metadata")
def test_off_by_default(browser: Browser) -> None:
    assert "signed_metadata" not in browser.get(DOCUMENT).json


@pytest.mark.rule("RFC 8414", "2.1", "after a rotation the signature is by the new key, which is published")
@pytest.mark.sr("SR-071")
@pytest.mark.parametrize("emergency", [False, True])
def test_signed_metadata_follows_the_keys(deploy: Deploy, emergency: bool) -> None:
    deployment = deploy(signed_metadata=True)
    browser = deployment.client()
    before = browser.get(DOCUMENT)
    deployment.clock_file.advance(HOUR + 10)
    deployment.storage.run(lambda tx: lifecycle(deployment).rotate(tx, emergency=emergency), write=True)
    deployment.clock_file.advance(2)
    after = browser.get(DOCUMENT)
    kids = [header(answer.json["signed_metadata"])["kid"] for answer in (before, after)]
    assert kids[0] != kids[1]
    published = {key["kid"] for key in browser.get("/jwks.json").json["keys"]}
    assert kids[1] in published
    assert (kids[0] in published) != emergency
    assert before.headers["ETag"] != after.headers["ETag"]
    with deployment.statements() as seen:
        assert browser.get(DOCUMENT).data == after.data
    assert [one for one in seen if "FROM versions" not in one] == []


@pytest.mark.rule("RFC 8414", "2.1", "signed metadata is no token of anybody")
@pytest.mark.sr("SR-064")
def test_it_is_no_token(deploy: Deploy) -> None:
    deployment = deploy(signed_metadata=True)
    browser, store = deployment.client(), deployment.register("store")
    signed = browser.get(DOCUMENT).json["signed_metadata"]
    assert browser.get("/userinfo", headers={"Authorization": f"Bearer {signed}"}).status_code == 401
    assert "error=invalid_request" in browser.authorize(store, id_token_hint=signed).location


@pytest.mark.sr("SR-068")
def test_no_cache_keeps_the_document_longer_than_the_key_that_signed_it(deploy: Deploy) -> None:
    browser = deploy(signed_metadata=True, lifetimes={"key_retire_s": 600}).client()
    said = browser.get(DOCUMENT).headers["Cache-Control"].split(", ")
    assert sum(int(part.partition("=")[2]) for part in said[1:]) <= 600


def test_it_is_json_that_a_library_reads(deploy: Deploy) -> None:
    """Signed or not, the document stays below what clients read."""
    raw = deploy(signed_metadata=True).client().get(DOCUMENT).data
    assert len(raw) < 16_384
    assert json.loads(raw)["issuer"] == ISSUER
