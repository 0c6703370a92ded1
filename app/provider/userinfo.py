"""The userinfo endpoint (OIDC Core §5.3)."""

from app.grants.claims import userinfo
from app.grants.locator import open_place
from app.keys.signing import BadToken
from app.provider.errors import bearer_answer
from app.provider.parts import Parts
from app.web.request import Answer, Request, json_answer


class UserinfoEndpoint:
    """`GET` and `POST /userinfo`, for an access token with `openid` whose grant is alive (SR-078)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __call__(self, request: Request) -> Answer:
        """The claims that the grant's scopes stand for, in one statement."""
        token = bearer_token(request)
        if token is None:
            return bearer_answer(401)
        try:
            claims = self._parts.signing.verify(token, "at+jwt")
        except BadToken:
            return bearer_answer(401, "invalid_token")
        scopes = str(claims.get("scope", "")).split()
        place = open_place(self._parts.sealer, str(claims.get("jti", "")))
        if claims.get("aud") != self._parts.settings.issuer or place is None:
            return bearer_answer(401, "invalid_token")
        if "openid" not in scopes:
            return bearer_answer(403, "insufficient_scope", "openid")
        if self._parts.clients.get(str(claims["client_id"])) is None:
            return bearer_answer(401, "invalid_token")
        known = userinfo(request.tx, self._parts.data_keys, place.identity_id, place.grant_id, scopes)
        if known is None:
            return bearer_answer(401, "invalid_token")
        return json_answer(200, known)


def bearer_token(request: Request) -> str | None:
    """The token from the header, or from a POSTed form (RFC 6750 §2); never from the address (SR-041)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if token:
        return token.strip() if scheme.lower() == "bearer" else None
    return request.form.get("access_token")
