"""The userinfo endpoint (OIDC Core §5.3)."""

from collections.abc import Mapping
from typing import Any

from app.grants.claims import userinfo
from app.grants.locator import Place, open_place
from app.keys.signing import BadToken
from app.provider.errors import BadBearer, bearer_answer
from app.provider.parts import Parts
from app.web.request import Answer, Request, json_answer, jwt_answer


class UserinfoEndpoint:
    """`GET` and `POST /userinfo`, for an access token with `openid` whose grant may be used (SR-078)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __call__(self, request: Request) -> Answer:
        """The claims that the token's scopes stand for, in one statement."""
        try:
            return self._answer(request)
        except BadBearer as error:
            return bearer_answer(error, request)

    def _answer(self, request: Request) -> Answer:
        token, place = self._read(bearer_token(request))
        scopes = self._scopes(token)
        known = userinfo(request.tx, self._parts.data_keys, place, scopes, self._parts.moment())
        if known is None:
            raise BadBearer("grant, person or session has ended")
        client = self._parts.clients.get(str(token["client_id"]))
        algorithm = client.metadata.userinfo_signed_response_alg if client else ""
        if client and algorithm:  # OIDC Core §5.3.2
            return jwt_answer("application/jwt", self._parts.mint.userinfo(known, client, algorithm))
        return json_answer(200, known)

    def _read(self, token: str) -> tuple[Mapping[str, Any], Place]:
        """The claims of an access token of a person, made for us. Raises BadBearer."""
        try:
            claims = self._parts.signing.verify(token, "at+jwt")
        except BadToken as error:
            raise BadBearer(str(error)) from None
        place = open_place(self._parts.sealer, str(claims.get("jti", "")))
        if claims.get("aud") != self._parts.settings.issuer or place is None:
            raise BadBearer("for another resource, or a service's own", section="RFC 9068 §4")  # SR-049
        return claims, place

    def _scopes(self, claims: Mapping[str, Any]) -> list[str]:
        """What the token may read, as far as its client is still allowed to. Raises BadBearer."""
        client = self._parts.clients.get(str(claims["client_id"]))
        if client is None:
            raise BadBearer("its client is disabled")
        scopes = [scope for scope in str(claims.get("scope", "")).split() if scope in client.scopes]
        if "openid" not in scopes:
            raise BadBearer("without openid", "insufficient_scope", 403, "openid")
        return scopes


def bearer_token(request: Request) -> str:
    """The token from the header, or from a POSTed form (RFC 6750 §2); never from the address (SR-041). Raises BadBearer."""
    if "access_token" in request.query:
        raise BadBearer("token in the address", "invalid_request", 400, section="RFC 6750 §2.3")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    posted = request.form.get("access_token") if request.method == "POST" else None
    if scheme and scheme.lower() != "bearer":
        raise BadBearer("another scheme than Bearer", "")
    if (scheme and posted) or "access_token" in request.form.repeated:
        raise BadBearer("more than one token", "invalid_request", 400, section="RFC 6750 §2")
    given = posted or token.strip()
    if not given:
        raise BadBearer("no token", "")
    return given
