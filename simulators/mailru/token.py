"""`POST /token`: a code or a refresh token becomes an access token."""

import re

from flask import Response, request

from simulators.mailru.errors import Refused, answer, refusal
from simulators.mailru.vault import Vault
from simulators.wire import basic, be_slow, challenge_of, same
from simulators.world import World

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class TokenEndpoint:
    """Knows one confidential client."""

    def __init__(self, world: World, vault: Vault) -> None:
        self._world, self._vault = world, vault

    def post(self) -> Response:
        """A token, or an error."""
        switches = self._world.scenario.mailru
        be_slow(switches.slow_s)
        if switches.down:
            return Response(status=503)
        try:
            return self._grant(request.form.get("grant_type", ""))
        except Refused as refused:
            return refusal(refused)

    def _grant(self, grant_type: str) -> Response:
        if grant_type == "authorization_code":
            return self._exchange()
        if grant_type == "refresh_token":
            return self._refresh()
        raise Refused(2)

    def _exchange(self) -> Response:
        form, client_id = request.form, self._client()
        code = self._vault.spend_code(form.get("code", ""))
        verifier = form.get("code_verifier", "")
        if code.client_id != client_id or code.redirect_uri != form.get("redirect_uri"):
            raise Refused(2)
        if not VERIFIER.fullmatch(verifier) or not same(challenge_of(verifier), code.challenge):
            raise Refused(2)
        return self._token(code.person, client_id, self._vault.new_refresh(code.person, client_id))

    def _refresh(self) -> Response:
        """With the client's id alone: applications on phones, whose way this is, keep no secret."""
        client_id, value = request.form.get("client_id", ""), request.form.get("refresh_token", "")
        switches = self._world.scenario.mailru
        if client_id != switches.client_id:
            raise Refused(1)
        token = self._vault.refresh(value, client_id)
        if not switches.refresh_repeats_token:
            return self._token(token.person, client_id)
        self._vault.drop_refresh(value)
        return self._token(token.person, client_id, self._vault.new_refresh(token.person, client_id))

    def _client(self) -> str:
        """Who asks: by HTTP Basic, or by credentials in the body, if those are accepted today."""
        switches, given = self._world.scenario.mailru, basic()
        client_id, secret = given or (
            request.form.get("client_id", ""), request.form.get("client_secret", ""),
        )  # fmt: skip
        if client_id != switches.client_id or (given is None and switches.refuse_body_auth):
            raise Refused(1)
        if not same(secret, switches.client_secret):
            raise Refused(3)
        return client_id

    def _token(self, person: str, client_id: str, refresh: str = "") -> Response:
        found = self._world.scenario.people.get(person)
        be_slow(found.slow_s if found else 0)
        life = self._world.scenario.mailru.token_life_s
        body: dict[str, object] = {
            "access_token": self._vault.new_access(person, client_id, life),
            "expires_in": life,
            "token_type": "Bearer",
        }
        return answer(body | ({"refresh_token": refresh} if refresh else {}))
