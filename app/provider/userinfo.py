"""The userinfo endpoint (OIDC Core §5.3)."""

import json
from collections.abc import Mapping
from typing import Any

from app.clients.registry import Client
from app.grants.claims import userinfo
from app.grants.locator import Place, open_place
from app.keys.encryption import Recipient
from app.keys.signing import BadToken
from app.provider.client_certificate import BadCertificate
from app.provider.dpop import BadProof
from app.provider.encryption import recipient_of
from app.provider.errors import BadBearer, ProtocolError, bearer_answer, error_answer
from app.provider.parts import Parts
from app.provider.resource_metadata import address
from app.provider.step_up import Demand, check
from app.web.request import Answer, Request, json_answer, jwt_answer

BEARER, DPOP = "bearer", "dpop"


class UserinfoEndpoint:
    """`GET` and `POST /userinfo`, for an access token with `openid` whose grant may be used (SR-078)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._said = {"resource_metadata": address(parts.settings)}  # RFC 9728 §5.1

    def __call__(self, request: Request) -> Answer:
        """The claims that the token's scopes stand for, in one statement."""
        try:
            answer = self._answer(request)
        except BadBearer as error:
            answer = bearer_answer(error, request, self._said, takes_dpop=True)
        except ProtocolError as error:
            answer = error_answer(error, request)
        return self._parts.dpop.with_nonce(request, answer)

    def _answer(self, request: Request) -> Answer:
        scheme, text = presented_token(request)
        token, place = self._read(text)
        client = self._parts.clients.get(str(token["client_id"]))
        if client is None:
            raise BadBearer("its client is disabled")
        bound = token.get("cnf", {}).get("jkt")
        if scheme == DPOP:
            self._check_proof(request, text, bound, client)
        elif bound is not None:
            raise BadBearer("bound to a key, and no bearer token", scheme="DPoP")  # RFC 9449 §7.2
        elif "x5t#S256" in token.get("cnf", ()):
            self._check_certificate(request, token["cnf"]["x5t#S256"])
        scopes = _scopes(token, client)
        wanted = client.metadata
        if wanted.userinfo_acr or wanted.userinfo_max_age:
            check(token, Demand(wanted.userinfo_acr, wanted.userinfo_max_age), self._parts.clock.now())
        recipient = self._recipient(client)
        parts = self._parts
        known = userinfo(request.tx, parts.data_keys, place, scopes, client.scopes, parts.moment())
        if known is None:
            raise BadBearer("grant, person or session has ended")
        algorithm = client.metadata.userinfo_signed_response_alg
        if recipient is None and not algorithm:
            return json_answer(200, known)
        return jwt_answer("application/jwt", self._token(known, client, algorithm, recipient))

    def _recipient(self, client: Client) -> Recipient | None:
        """To whom the answer is encrypted; asked before the first statement, for keys may have to be fetched."""
        wanted = client.metadata
        algorithm, content = wanted.userinfo_encrypted_response_alg, wanted.userinfo_encrypted_response_enc
        if not algorithm:
            return None
        return recipient_of(self._parts.client_keys, client, algorithm, content)

    def _token(
        self, known: Mapping[str, Any], client: Client, algorithm: str, recipient: Recipient | None
    ) -> str:
        """The claims signed, encrypted, or signed and then encrypted (OIDC Core §5.3.2, §10.2)."""
        if recipient is not None and not algorithm:
            return recipient.encrypted(json.dumps(known, ensure_ascii=False).encode())
        signed = self._parts.mint.userinfo(known, client, algorithm)
        return signed if recipient is None else recipient.nested(signed)

    def _read(self, token: str) -> tuple[Mapping[str, Any], Place]:
        """The claims of an access token of a person, made for us. Raises BadBearer."""
        try:
            claims = self._parts.access_tokens.read(token)
        except BadToken as error:
            raise BadBearer(str(error)) from None
        place = open_place(self._parts.sealer, str(claims.get("jti", "")))
        if claims.get("aud") != self._parts.settings.issuer or place is None:
            raise BadBearer("for another resource, or a service's own", section="RFC 9068 §4")  # SR-049
        return claims, place

    def _check_proof(self, request: Request, token: str, bound: str | None, client: Client) -> None:
        """Whether the key that the token is bound to made a proof for it and this request (RFC 9449 §7.1). Raises BadBearer."""
        if bound is None:
            raise BadBearer("a bearer token, bound to no key", section="RFC 9449 §7.1")
        nonce = client.metadata.dpop_require_nonce
        try:
            held = self._parts.dpop.jkt_of_request(request, access_token=token, require_nonce=nonce)
        except BadProof as error:
            raise BadBearer(str(error), error.code) from None
        if held != bound:
            raise BadBearer("bound to another key", section="RFC 9449 §7.1")

    def _check_certificate(self, request: Request, bound: str) -> None:
        """Whether the token comes with the certificate that it is bound to (RFC 8705 §3). Raises BadBearer."""
        try:
            presented = self._parts.certificates.presented(request)
        except BadCertificate as error:
            raise BadBearer(f"mutual TLS: {error}", section="RFC 8705 §3") from None
        if presented.thumbprint != bound:
            raise BadBearer("bound to another certificate", section="RFC 8705 §3")


def _scopes(claims: Mapping[str, Any], client: Client) -> list[str]:
    """What the token may read, as far as its client is still allowed to. Raises BadBearer."""
    scopes = [scope for scope in str(claims.get("scope", "")).split() if scope in client.scopes]
    if "openid" not in scopes:
        raise BadBearer("without openid", "insufficient_scope", 403, "openid")
    return scopes


def presented_token(request: Request) -> tuple[str, str]:
    """The scheme in lower case, and the token from the header, or from a POSTed form (RFC 6750 §2, RFC 9449 §7.1).

    Never from the address (SR-041). Raises BadBearer.
    """
    if "access_token" in request.query:
        raise BadBearer("token in the address", "invalid_request", 400, section="RFC 6750 §2.3")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    posted = request.form.get("access_token") if request.method == "POST" else None
    if scheme and scheme.lower() not in (BEARER, DPOP):
        raise BadBearer("another scheme than Bearer and DPoP", "")
    if (scheme and posted) or "access_token" in request.form.repeated:
        raise BadBearer("more than one token", "invalid_request", 400, section="RFC 6750 §2")
    given = posted or token.strip()
    if not given:
        raise BadBearer("no token", "")
    return scheme.lower() or BEARER, given
