"""Authlib's clients, as they come: on requests, on httpx, and on httpx without waiting."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey, RSAKey

from tests.clients_of_others.conftest import visit
from tests.deployment import Browser, Service
from tests.protocol.rfc7523.signer import public
from tests.races.served import Served

SCOPE = "openid profile email offline_access"
Client = Any
"""Both clients have the same methods, and Authlib has no types."""


@pytest.fixture(scope="module")
def server(issuer: str) -> dict[str, Any]:
    """Discovery, as one plain request reads it."""
    return dict(requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json())


@pytest.fixture(params=["client_secret_basic", "client_secret_post", "none"])
def shop(request: pytest.FixtureRequest, served: Served) -> tuple[Service, str]:
    """A service with each of the ways that Authlib has by itself."""
    made = served.deployment.register(
        grant_types=["authorization_code", "refresh_token"]
        + (["client_credentials"] if request.param != "none" else []),
        allowed_scopes=[*SCOPE.split(), "catalogue.read"],
        token_endpoint_auth_method=request.param,
    )
    return made, request.param


@pytest.fixture(params=[OAuth2Session, OAuth2Client])
def client_of(request: pytest.FixtureRequest, server: dict[str, Any]) -> Callable[..., Client]:
    """Makes a client for a service."""

    def make(service: Service, method: str, secret: object = None) -> Client:
        return request.param(
            client_id=service.client_id,
            client_secret=secret or service.secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=service.redirect_uri,
            code_challenge_method="S256",
            token_endpoint=server["token_endpoint"],
        )

    return make


def signed_in(client: Client, server: dict[str, Any], browser: Browser) -> dict[str, Any]:
    """Code and PKCE, as the documentation of Authlib shows it."""
    verifier, nonce = generate_token(48), generate_token()
    url, state = client.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    back = visit(browser, url).location
    return dict(
        client.fetch_token(
            server["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
        )
    )


@pytest.mark.rule("RFC 6749", "4.1", "Authlib's clients sign in, refresh, ask who it is, introspect, revoke")
def test_a_whole_life(
    shop: tuple[Service, str], client_of: Callable[..., Client], server: dict[str, Any], maria: Browser
) -> None:
    service, method = shop
    with client_of(service, method) as client:
        first = signed_in(client, server, maria)
        assert client.get(server["userinfo_endpoint"]).json()["email"] == "maria@mail.ru"
        renewed = client.refresh_token(server["token_endpoint"])
        assert renewed["refresh_token"] != first["refresh_token"]
        assert client.get(server["userinfo_endpoint"]).status_code == 200
        asked = client.introspect_token(server["introspection_endpoint"], token=renewed["access_token"])
        if method == "none":
            assert asked.status_code == 401
        else:
            assert (asked.json()["active"], asked.json()["scope"]) == (True, first["scope"])
        gone = client.revoke_token(
            server["revocation_endpoint"], token=renewed["refresh_token"], token_type_hint="refresh_token"
        )
        assert gone.status_code == 200
        assert client.get(server["userinfo_endpoint"]).status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token(server["token_endpoint"])


@pytest.mark.rule("RFC 6749", "4.4", "Authlib's clients get tokens of their own")
def test_for_itself(
    shop: tuple[Service, str], client_of: Callable[..., Client], server: dict[str, Any]
) -> None:
    service, method = shop
    with client_of(service, method) as client:
        if method == "none":
            with pytest.raises(OAuthError, match="unauthorized_client"):
                client.fetch_token(grant_type="client_credentials", scope="catalogue.read")
            return
        given = client.fetch_token(grant_type="client_credentials", scope="catalogue.read")
        assert (given["token_type"].lower(), given["scope"]) == ("bearer", "catalogue.read")


@pytest.mark.parametrize(
    "key", [RSAKey.generate_key(2048, {"kid": "a"}), ECKey.generate_key("P-256", {"kid": "a"})]
)
@pytest.mark.rule(
    "OIDC Core", "9", "Authlib's own private_key_jwt is understood where an operator allows older libraries"
)
@pytest.mark.sr("SR-031")
def test_its_own_signatures(
    served: Served, client_of: Callable[..., Client], server: dict[str, Any], maria: Browser, key: Any
) -> None:
    service = served.deployment.register(
        allowed_scopes=SCOPE.split(),
        token_endpoint_auth_method="private_key_jwt",
        jwks=public(key),
        assertion_audience="endpoint",
    )
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    with client_of(service, "private_key_jwt", key) as client:
        client.register_client_auth_method(PrivateKeyJWT(server["token_endpoint"], alg=algorithm))
        given = signed_in(client, server, maria)
        assert client.get(server["userinfo_endpoint"]).json()["name"] == "Мария Иванова"
        client.refresh_token(server["token_endpoint"])
        known = client.introspect_token(server["introspection_endpoint"], token=client.token["access_token"])
        assert known.json()["active"]
        assert (
            client.revoke_token(server["revocation_endpoint"], token=given["refresh_token"]).status_code
            == 200
        )


@pytest.mark.rule(
    "RFC 6749", "6", "Authlib's waiting client refreshes by itself, once, when many calls find its token old"
)
def test_without_waiting(served: Served, server: dict[str, Any], maria: Browser) -> None:
    service = served.deployment.register(allowed_scopes=SCOPE.split())
    seen: list[str] = []

    async def keep(token: dict[str, Any], **_: object) -> None:
        seen.append(token["refresh_token"])

    async def act() -> list[int]:
        async with AsyncOAuth2Client(
            service.client_id, service.secret, scope=SCOPE, redirect_uri=service.redirect_uri,
            code_challenge_method="S256", token_endpoint=server["token_endpoint"], update_token=keep,
        ) as client:  # fmt: skip
            verifier = generate_token(48)
            url, state = client.create_authorization_url(
                server["authorization_endpoint"], code_verifier=verifier
            )
            back = visit(maria, url).location
            token = await client.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
            token["expires_at"] = 1
            client.token = token
            calls = (client.get(server["userinfo_endpoint"]) for _ in range(5))
            return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert asyncio.run(act()) == [200] * 5
    assert len(seen) == 1


def test_discovery_is_plain_to_httpx(issuer: str) -> None:
    assert httpx.get(f"{issuer}/.well-known/openid-configuration").json()["issuer"] == issuer
