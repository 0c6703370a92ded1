"""Signing in with an OpenID Provider: authorization code flow with PKCE, from nothing but the issuer's address."""

from collections.abc import Callable, Mapping
from ssl import create_default_context
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client

from examples.service.customer import Customer, Journey
from examples.service.discovery import Discovery
from examples.service.failures import Refused, Untrusted, told_apart
from examples.service.id_token import verify
from examples.service.registration import Registration

TIMEOUT_S = 5
RENEW_BEFORE_S = 20
"""An access token that ends this soon is renewed, so that it does not end on the way."""


class RelyingParty:
    """This service as a client of one provider."""

    def __init__(self, us: Registration, scope: str, now: Callable[[], float]) -> None:
        self._us, self._scope, self._now = us, scope, now
        self._trust = create_default_context()
        self._http = httpx2.Client(timeout=TIMEOUT_S, verify=self._trust, trust_env=False)
        self._provider = Discovery(us.issuer, self._http, now)

    def begin(self, *, silent: bool, back_to: str, language: str, order: str = "") -> Journey:
        """Where to send the browser, and what to keep until it is back. Raises Unreachable.

        `silent`: answer at once, signed in or not, and show no page (OIDC Core §3.1.2.1, prompt=none).
        `order`: what the person shall allow in full, this once, as JSON (RFC 9396).
        """
        nonce, verifier = generate_token(43), generate_token(64)
        extra = {"nonce": nonce, "ui_locales": language} | ({"prompt": "none"} if silent else {})
        if order:
            extra["authorization_details"] = order
        with told_apart(), self._client(scope=self._scope, redirect_uri=self._us.redirect_uri) as client:
            endpoint = self._provider.metadata()["authorization_endpoint"]
            url, state = client.create_authorization_url(
                endpoint, state=generate_token(43), code_verifier=verifier, **extra
            )
        return Journey(url, state, nonce, verifier, silent, back_to)

    def finish(self, journey: Journey, answer: Mapping[str, str]) -> Customer:
        """Exchange the code and learn who it is. Raises Refused, Unreachable, Untrusted.

        The caller has found the journey by the answer's `state` in this browser's own session.
        """
        with told_apart():
            self._check_sender(answer)
            if "error" in answer:
                raise Refused(answer["error"])
            with self._client(redirect_uri=self._us.redirect_uri) as client:
                tokens = client.fetch_token(
                    self._provider.metadata()["token_endpoint"],
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=journey.verifier,
                )
            claims = self._verified(tokens, journey.nonce)
            return self._customer(claims["sub"], tokens, tokens.get("refresh_token", ""))

    def renew(self, customer: Customer) -> Customer:
        """A new access token for the same person (RFC 6749 §6). Raises Refused, Unreachable, Untrusted."""
        if not customer.refresh_token:
            raise Refused("invalid_grant")
        with told_apart(), self._client() as client:
            endpoint = self._provider.metadata()["token_endpoint"]
            tokens = client.refresh_token(endpoint, refresh_token=customer.refresh_token)
            if "id_token" in tokens and self._verified(tokens, None)["sub"] != customer.sub:
                raise Untrusted("the renewed ID token names somebody else")  # OIDC Core §12.2
            tokens.setdefault("id_token", customer.id_token)
            return self._customer(customer.sub, tokens, customer.refresh_token)

    def needs_renewal(self, customer: Customer) -> bool:
        """Whether the access token has ended, or is about to."""
        return customer.ends_at - self._now() < RENEW_BEFORE_S

    def forget(self, customer: Customer) -> None:
        """Tell the provider that we give the person's tokens back (RFC 7009). Raises Unreachable, Refused."""
        with told_apart(), self._client() as client:
            endpoint = self._provider.metadata()["revocation_endpoint"]
            answer = client.revoke_token(
                endpoint, token=customer.refresh_token, token_type_hint="refresh_token"
            )
            answer.raise_for_status()

    def sign_out_url(self, customer: Customer, state: str, language: str) -> str:
        """Where the person signs out everywhere (OIDC RP-Initiated Logout §2). Raises Unreachable."""
        with told_apart():
            endpoint = self._provider.metadata()["end_session_endpoint"]
        values = {
            "id_token_hint": customer.id_token,
            "post_logout_redirect_uri": self._us.signed_out_uri,
            "state": state,
            "ui_locales": language,
        }
        return f"{endpoint}?{urlencode(values)}"

    def _client(self, **parameters: str) -> OAuth2Client:
        """A client for one call: it carries that call's tokens."""
        return OAuth2Client(
            self._us.client_id, self._us.client_secret,
            token_endpoint_auth_method="client_secret_basic", code_challenge_method="S256",
            timeout=TIMEOUT_S, verify=self._trust, trust_env=False, **parameters,
        )  # fmt: skip

    def _check_sender(self, answer: Mapping[str, str]) -> None:
        """The answer names its issuer where the provider promises that (RFC 9207 §2.4)."""
        promised = self._provider.metadata().get("authorization_response_iss_parameter_supported", False)
        if ("iss" in answer or promised) and answer.get("iss") != self._provider.issuer:
            raise Untrusted("the answer comes from another issuer")
        if "code" not in answer and "error" not in answer:
            raise Untrusted("the answer says nothing")

    def _verified(self, tokens: Mapping[str, Any], nonce: str | None) -> dict[str, Any]:
        return verify(
            tokens["id_token"], self._provider, self._us.client_id,
            nonce=nonce, access_token=tokens["access_token"], now=self._now(),
        )  # fmt: skip

    def _customer(self, sub: str, tokens: Mapping[str, Any], refresh_token: str) -> Customer:
        now = self._now()
        return Customer(
            sub=sub,
            claims=self._userinfo(tokens["access_token"], sub),
            scope=tokens.get("scope", self._scope),
            access_token=tokens["access_token"],
            refresh_token=tokens.get("refresh_token", refresh_token),
            id_token=tokens["id_token"],
            renewed_at=now,
            ends_at=now + int(tokens["expires_in"]),
            allowed=tokens.get("authorization_details", ()),
        )

    def _userinfo(self, access_token: str, sub: str) -> dict[str, Any]:
        """What the provider says of the person now; it must be the same person (OIDC Core §5.3.2)."""
        address = self._provider.metadata()["userinfo_endpoint"]
        answer = self._http.get(address, headers={"Authorization": f"Bearer {access_token}"})
        answer.raise_for_status()
        claims: dict[str, Any] = answer.json()
        if claims.get("sub") != sub:
            raise Untrusted("userinfo speaks of somebody else")
        return claims
