"""RFC 9728: what our own API says of itself as a protected resource, and how its challenges lead there."""

import json
import re
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.deployment import HTTPS, ISSUER, Browser, Deploy, Deployment, Service
from tests.provider.proofs import Holder, ask, bound_tokens
from tests.provider.tokens import claims, tokens, userinfo

DOCUMENT, SERVER = "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"


@pytest.mark.rule("RFC 9728", "3.3", "the resource is the identifier that the well-known path was put into")
@pytest.mark.rule("RFC 9728", "2", "the document says where tokens for it come from, and how it takes them")
@pytest.mark.parametrize("issuer", [ISSUER, HTTPS])
def test_the_document(deploy: Deploy, issuer: str) -> None:
    browser = deploy(issuer=issuer).client()
    answer = browser.get(DOCUMENT)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    server = browser.get(SERVER).json
    assert answer.json == {
        "resource": issuer,
        "resource_name": "MostID",
        "authorization_servers": [server["issuer"]],
        "jwks_uri": server["jwks_uri"],
        "scopes_supported": ["openid", "profile", "email", "phone"],
        "bearer_methods_supported": ["header", "body"],
        "resource_signing_alg_values_supported": server["userinfo_signing_alg_values_supported"],
        "dpop_signing_alg_values_supported": server["dpop_signing_alg_values_supported"],
    }


@pytest.mark.rule("RFC 9728", "4", "the authorization server names its protected resource")
def test_each_names_the_other(browser: Browser) -> None:
    resource, server = browser.get(DOCUMENT).json, browser.get(SERVER).json
    assert server["protected_resources"] == [resource["resource"]]
    assert resource["authorization_servers"] == [server["issuer"]]
    assert set(resource["scopes_supported"]) <= set(server["scopes_supported"])


@pytest.mark.rule(
    "RFC 9728", "2", "what is announced works: tokens for the resource, and each way to present them"
)
def test_what_is_announced_works(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    said = signed_in.get(DOCUMENT).json
    access = tokens(signed_in, store, " ".join(said["scopes_supported"]), resource=said["resource"])[
        "access_token"
    ]
    assert claims(access)["aud"] == said["resource"]
    presented = {
        "header": lambda: userinfo(signed_in, access),
        "body": lambda: signed_in.post("/userinfo", data={"access_token": access}),
        "query": lambda: signed_in.get(f"/userinfo?access_token={access}"),
    }
    assert {way for way, act in presented.items() if act().status_code == 200} == {
        *said["bearer_methods_supported"]
    }
    holder = Holder(deployment.clock)
    bound = bound_tokens(signed_in, store, holder)["access_token"]
    assert holder.alg in said["dpop_signing_alg_values_supported"]
    assert ask(signed_in, bound, holder.bound(bound)).status_code == 200


@pytest.mark.rule("RFC 9728", "2", "what depends on the deployment is there where it holds")
def test_what_depends_on_the_deployment(deploy: Deploy) -> None:
    written = {
        "service_documentation": "https://shop.ru/developers",
        "op_policy_uri": "https://shop.ru/privacy",
        "op_tos_uri": "https://shop.ru/terms",
    }
    proxied: dict[str, Any] = {"client_certificates": True, "trusted_proxies": ("127.0.0.1/32",)}
    said = deploy(issuer=HTTPS, **written, **proxied).client().get(DOCUMENT).json
    assert said["tls_client_certificate_bound_access_tokens"] is True
    assert said["resource_documentation"] == written["service_documentation"]
    assert said["resource_policy_uri"] == written["op_policy_uri"]
    assert said["resource_tos_uri"] == written["op_tos_uri"]


@pytest.mark.rule(
    "RFC 9728",
    "2.2",
    "where metadata is signed the document is, by a key of its key set, and says who vouches",
)
def test_a_signed_document(deploy: Deploy) -> None:
    browser = deploy(signed_metadata=True).client()
    said = browser.get(DOCUMENT).json
    signed = said.pop("signed_metadata")
    keys = KeySet.import_key_set(browser.get("/jwks.json").json)
    assert jwt.decode(signed, keys, algorithms=["RS256"]).claims == {"iss": ISSUER, **said}
    assert "signed_metadata" not in deploy().client().get(DOCUMENT).json


@pytest.mark.rule("RFC 9728", "5.1", "each challenge of userinfo says where the document is")
@pytest.mark.parametrize("issuer", [ISSUER, HTTPS])
def test_challenges_lead_there(deploy: Deploy, issuer: str) -> None:
    deployment = deploy(issuer=issuer)
    browser, store = deployment.client(), deployment.register("store")
    deployment.sign_in(browser)
    answers = [
        browser.get("/userinfo"),
        userinfo(browser, "x"),
        browser.get("/userinfo?access_token=x"),
        userinfo(browser, tokens(browser, store, "email")["access_token"]),
        ask(browser, "x", None),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 400, 403, 401]
    for answer in answers:
        found = re.findall(r'resource_metadata="([^"]*)"', answer.headers["WWW-Authenticate"])
        assert found == [f"{issuer}{DOCUMENT}"]
    path = found[0].removeprefix(issuer)
    assert browser.get(path).json["resource"] == issuer


@pytest.mark.rule("RFC 9728", "5.1", "other endpoints are no resource of tokens, and do not say so")
def test_registration_is_another_matter(browser: Browser) -> None:
    answer = browser.post("/register", data=json.dumps({}), content_type="application/json")
    assert answer.status_code == 401
    assert "resource_metadata" not in answer.headers["WWW-Authenticate"]


@pytest.mark.rule("RFC 9728", "3.2", "the document is JSON that anybody may keep for a while")
@pytest.mark.sr("SR-072")
def test_the_document_is_cacheable(deployment: Deployment, browser: Browser) -> None:
    server = browser.get(SERVER)
    with deployment.statements() as seen:
        answer = browser.get(DOCUMENT)
    assert [statement for statement in seen if "FROM versions" not in statement] == []
    assert answer.headers["Cache-Control"] == server.headers["Cache-Control"]
    tag = answer.headers["ETag"]
    again = browser.get(DOCUMENT, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    head = browser.head(DOCUMENT)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(answer.data)))
    assert browser.post(DOCUMENT).status_code == 405
