"""Metadata (OIDC Discovery §3, RFC 8414) and the key set: true, cacheable, and there without a database."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc.jwk import ECKey, KeySet

from tests.deployment import HTTPS, ISSUER, Browser, Deploy, Deployment, Service, answered
from tests.provider.tokens import header, post, tokens, userinfo

FED, PHONE = "urn:mostid:acr:1", "urn:mostid:acr:2"
DOCUMENT, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


@pytest.fixture
def metadata(browser: Browser) -> dict[str, object]:
    return dict(browser.get(DOCUMENT).json)


@pytest.mark.rule("OIDC Discovery", "4.3", "the issuer is the address that the document was read from")
@pytest.mark.rule("RFC 8414", "3.3", "both well-known addresses say the same")
@pytest.mark.parametrize("issuer", [ISSUER, HTTPS])
def test_the_issuer(deploy: Deploy, issuer: str) -> None:
    browser = deploy(issuer=issuer).client()
    document = browser.get(DOCUMENT)
    assert document.content_type == "application/json"
    assert document.json["issuer"] == issuer
    assert browser.get(OAUTH).data == document.data
    for name, value in document.json.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(f"{issuer}/"), name


@pytest.mark.rule("OIDC Discovery", "3", "what must be there is there, in its right type")
def test_what_must_be_there(metadata: dict[str, object]) -> None:
    for name in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert isinstance(metadata[name], str)
    for name, value in metadata.items():
        if name.endswith("_supported"):
            assert isinstance(value, bool if name.endswith("_parameter_supported") else list), name
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]  # type: ignore[operator]
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.rule(
    "OIDC Discovery", "3", "what is not offered is said to be not: request objects default to yes"
)
@pytest.mark.sr("SR-006", "SR-022")
def test_what_is_not_offered_is_not_announced(metadata: dict[str, object]) -> None:
    for name in ("request_uri_parameter_supported",):
        assert metadata[name] is False
    said = json.dumps(metadata)
    for word in ("implicit", "password", "token id_token", "fragment", "plain", 'none"]', "HS256",
                 "backchannel", "frontchannel", "check_session"):  # fmt: skip
        assert word not in said.replace('"client_secret_post","none"]', "]").replace(
            '"client_secret_post", "none"]', "]"
        )


@pytest.mark.rule("OIDC Discovery", "3", "only levels that a way in can give are announced, or asked for")
@pytest.mark.parametrize(("phone", "levels"), [(True, [FED, PHONE]), (False, [FED])])
def test_levels_that_nobody_can_reach_are_not_announced(
    deploy: Deploy, phone: bool, levels: list[str]
) -> None:
    deployment = deploy(sms={"enabled": phone}, mobile_id={"enabled": False})
    browser, store = deployment.client(), deployment.register("store")
    assert browser.get(DOCUMENT).json["acr_values_supported"] == levels
    deployment.sign_in(browser)
    asked = browser.authorize(store, acr_values=PHONE)
    assert asked.location.startswith("/signin?") == phone
    assert ("code" in dict(parse_qsl(urlsplit(asked.location).query))) != phone


@pytest.mark.rule(
    "OIDC Discovery", "3", "every endpoint that is listed answers, and those that are not are not there"
)
def test_every_address_works(deployment: Deployment, browser: Browser, metadata: dict[str, object]) -> None:
    paths = {
        name: urlsplit(str(value)).path
        for name, value in metadata.items()
        if name.endswith(("_endpoint", "_uri"))
    }
    assert browser.get(paths["jwks_uri"]).status_code == 200
    assert browser.get(paths["userinfo_endpoint"]).status_code == 401
    assert browser.get(paths["end_session_endpoint"]).status_code == 200
    assert browser.get(paths["authorization_endpoint"]).status_code == 400
    for name in (
        "token_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
    ):
        assert browser.post(paths[name]).status_code in {400, 401}
    for path in (
        "/bc-authorize",
        "/.well-known/webfinger",
    ):
        assert browser.get(path).status_code == 404


@pytest.mark.rule(
    "OIDC Discovery", "3", "what is announced works: scopes, prompts, levels, methods of authentication"
)
def test_what_is_announced_works(
    deployment: Deployment, browser: Browser, metadata: dict[str, object]
) -> None:
    keys_of_its_own = {"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}
    said: dict[str, list[str]] = {name: value for name, value in metadata.items() if isinstance(value, list)}
    deployment.sign_in(browser)
    service = deployment.register(allowed_scopes=[*said["scopes_supported"]])
    given = tokens(browser, service, scope=" ".join(said["scopes_supported"]))
    assert given["scope"].split() == said["scopes_supported"]
    assert userinfo(browser, given["access_token"]).json.keys() <= set(said["claims_supported"])
    assert metadata["claims_parameter_supported"] is True
    for prompt in said["prompt_values_supported"]:
        assert "error=invalid_request" not in browser.authorize(service, prompt=prompt).location
    for algorithm in said["id_token_signing_alg_values_supported"]:
        signed = deployment.register(id_token_signed_response_alg=algorithm)
        assert header(tokens(browser, signed)["id_token"])["alg"] == algorithm
    for method in said["token_endpoint_auth_methods_supported"]:
        keys = {"jwks": keys_of_its_own} if method == "private_key_jwt" else {}
        assert deployment.register(token_endpoint_auth_method=method, **keys).client_id


@pytest.mark.rule("RFC 7517", "5", "the key set holds public keys with ids; tokens name one of them")
@pytest.mark.sr("SR-072", "SR-068")
def test_the_key_set(deployment: Deployment, browser: Browser, store: Service) -> None:
    answer = browser.get("/jwks.json")
    keys = answer.json["keys"]
    assert {(key["alg"], key["use"]) for key in keys} == {
        (name, "sig") for name in ("ES256", "RS256", "PS256", "EdDSA")
    }
    assert len({key["kid"] for key in keys}) == len(keys) == 8  # current and next of each
    for key in keys:
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
    assert len(KeySet.import_key_set(answer.json).keys) == 8
    deployment.sign_in(browser)
    given = tokens(browser, store)
    for token in (given["id_token"], given["access_token"]):
        assert header(token)["kid"] in {key["kid"] for key in keys}
    assert header(given["id_token"])["alg"] == "RS256"


@pytest.mark.sr("SR-069")
@pytest.mark.parametrize("published", [300, 700, 3600, 7200])
def test_no_cache_keeps_the_keys_longer_than_a_new_one_waits(deploy: Deploy, published: int) -> None:
    browser = deploy(lifetimes={"key_publish_s": published}).client()
    said = browser.get("/jwks.json").headers["Cache-Control"].split(", ")
    fresh, stale = (int(part.partition("=")[2]) for part in said[1:])
    assert fresh >= 300
    assert fresh + stale <= published


@pytest.mark.sr("SR-072")
@pytest.mark.parametrize("path", [DOCUMENT, OAUTH, "/jwks.json"])
def test_the_documents_are_cacheable(deployment: Deployment, browser: Browser, path: str) -> None:
    answer = browser.get(path)
    tag, cache = (
        answer.headers["ETag"],
        dict(part.strip().partition("=")[::2] for part in answer.headers["Cache-Control"].split(",")),
    )
    assert 300 <= int(cache["max-age"]) <= 3600
    assert "public" in cache
    assert int(cache["stale-while-revalidate"]) > 0
    assert "Set-Cookie" not in answer.headers
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = browser.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert browser.get(path, headers={"If-None-Match": '"x"'}).status_code == 200
    head = browser.head(path)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(answer.data)))
    assert browser.post(path).status_code == 405


@pytest.mark.sr("SR-072")
def test_the_documents_need_no_database(deployment: Deployment, browser: Browser) -> None:
    paths = (DOCUMENT, OAUTH, "/jwks.json")
    before = [browser.get(path).data for path in paths]
    with deployment.statements() as seen:
        assert [browser.get(path).data for path in paths] == before
    assert [statement for statement in seen if "FROM versions" not in statement] == []
    deployment.storage.close()
    file = deployment.settings.data_dir / "mostid.db"
    file.unlink()
    file.mkdir()  # nothing that a database could be opened from
    deployment.clock_file.advance(600)
    assert [browser.get(path).data for path in paths] == before
    deployment.clock_file.advance(4000)  # too old to be sure of
    assert browser.get("/jwks.json").status_code == 503
    assert browser.get(DOCUMENT).data == before[0]


def test_a_client_may_start_from_the_document_alone(deployment: Deployment, browser: Browser) -> None:
    """Everything that a library needs is found there: from the first redirect to the claims."""
    metadata = browser.get(DOCUMENT).json
    service = deployment.register("library")
    deployment.sign_in(browser)
    path = urlsplit(metadata["authorization_endpoint"]).path
    answer = browser.get(path, query_string=service.request())
    form = {"grant_type": "authorization_code", "code": answered(answer)["code"],
            "redirect_uri": service.redirect_uri, "code_verifier": service.verifier}  # fmt: skip
    given = post(browser, urlsplit(metadata["token_endpoint"]).path, service, dict(form))
    assert userinfo(browser, given.json["access_token"]).json["name"] == "Мария Иванова"


@pytest.mark.rule("OIDC Discovery", "3", "our policy, terms and documentation are named where there are any")
def test_what_people_may_read_about_us(deploy: Deploy, metadata: dict[str, object]) -> None:
    said = {
        "op_policy_uri": "https://shop.ru/privacy",
        "op_tos_uri": "https://shop.ru/terms",
        "service_documentation": "https://shop.ru/developers",
    }
    assert not said.keys() & metadata.keys()
    assert said.items() <= deploy(**said).client().get(DOCUMENT).json.items()
