"""What applications call: tokens, the person, and the ends of both. Parameters come in the body, in the query, or in both."""

import re
from collections.abc import Callable, Mapping

from flask import Response, request

from simulators.person import Person
from simulators.vkid.vault import Grant, Refused, Vault
from simulators.wire import be_slow, challenge_of, json_answer, same
from simulators.world import World

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
SEXES = {"f": 1, "m": 2}
Given = Mapping[str, str]
Made = Callable[[Given], dict[str, object]]


class Doors:
    """Knows one application."""

    def __init__(self, world: World, vault: Vault) -> None:
        self._world, self._vault = world, vault

    def auth(self) -> Response:
        """`POST /oauth2/auth`: a code or a refresh token becomes a new pair."""
        return self._answer(self._tokens)

    def user_info(self) -> Response:
        """`POST /oauth2/user_info`: who the holder of a token is."""
        return self._answer(self._user)

    def public_info(self) -> Response:
        """`POST /oauth2/public_info`: the same in masks, for an ID token."""
        return self._answer(self._masked)

    def end(self) -> Response:
        """`POST /oauth2/logout` and `POST /oauth2/revoke`."""
        return self._answer(self._ended)

    def _answer(self, make: Made) -> Response:
        switches = self._world.scenario.vkid
        be_slow(switches.slow_s)
        if switches.down:
            return Response(status=503)
        given = {**request.args.to_dict(), **request.form.to_dict()}
        try:
            self._check_client(given)
            body = make(given)
        except Refused as refused:
            status = 401 if refused.error == "invalid_client" else switches.error_status
            said = {"error": refused.error, "error_description": refused.description}
            return json_answer(status, said | {"state": given.get("state", "")})
        text = json_answer(200, body)
        if self._is_malformed(given):
            text.set_data(text.get_data()[:-15])
        return text

    def _check_client(self, given: Given) -> None:
        switches = self._world.scenario.vkid
        if given.get("client_id") != switches.client_id:
            raise Refused("invalid_client", "client_id is unknown")
        if "client_secret" in given and not same(given["client_secret"], switches.client_secret):
            raise Refused("invalid_client", "client_secret is wrong")

    def _tokens(self, given: Given) -> dict[str, object]:
        kinds = {"authorization_code": self._exchanged, "refresh_token": self._refreshed}
        find = kinds.get(given.get("grant_type", ""))
        if find is None or not given.get("state"):
            raise Refused("invalid_request", "grant_type or state is missing or invalid")
        grant = find(given)
        if grant.client_id != given["client_id"] or not same(grant.device_id, given.get("device_id", "")):
            raise Refused("invalid_request", "device_id is missing or invalid")
        switches, person = self._world.scenario.vkid, self._person(grant)
        be_slow(person.slow_s)
        return {
            **self._vault.new_tokens(grant, switches.token_life_s),
            "token_type": "Bearer",
            "expires_in": switches.token_life_s,
            "user_id": int(person.vkid_id),
            "state": "another" if switches.wrong_state else given["state"],
            "scope": " ".join(sorted(grant.scopes)),
        }

    def _exchanged(self, given: Given) -> Grant:
        grant, verifier = self._vault.spend_code(given.get("code", "")), given.get("code_verifier", "")
        if grant.redirect_uri != given.get("redirect_uri"):
            raise Refused("invalid_request", "redirect_uri is missing or invalid")
        if not VERIFIER.fullmatch(verifier) or not same(challenge_of(verifier), grant.challenge):
            raise Refused("invalid_request", "verifier is missing or invalid")
        return grant

    def _refreshed(self, given: Given) -> Grant:
        return self._vault.spend_refresh(given.get("refresh_token", ""))

    def _user(self, given: Given) -> dict[str, object]:
        grant = self._held(given)
        person = self._person(grant)
        be_slow(person.slow_s)
        return {
            "user": {name: value for name, value in _profile(person, grant.scopes).items() if value != ""}
        }

    def _masked(self, given: Given) -> dict[str, object]:
        grant = self._vault.id_token(given.get("id_token", ""))
        person = self._person(grant)
        email, number = person.shown_email, person.number
        masked = {
            "user_id": person.vkid_id,
            "first_name": person.first_name,
            "last_name": f"{person.last_name[:1]}.",
            "email": f"{email[:2]}***@{email.partition('@')[2]}" if email else "",
            "phone": f"{number[:2]} *** *** ** {number[-2:]}" if number else "",
        }
        return {"user": {name: value for name, value in masked.items() if value}}

    def _ended(self, given: Given) -> dict[str, object]:
        self._held(given)
        self._vault.drop_access(given["access_token"])
        return {"response": 1}

    def _held(self, given: Given) -> Grant:
        """Whose token came, in the body: an address would be written down on its way. Raises Refused."""
        grant = self._vault.access(request.form.get("access_token", ""))
        if grant.client_id != given["client_id"]:
            raise Refused("invalid_token", "token is of another application")
        return grant

    def _person(self, grant: Grant) -> Person:
        person = self._world.scenario.vk_accounts().get(grant.person)
        if person is None:
            raise Refused("invalid_token", "user is deleted")
        return person

    def _is_malformed(self, given: Given) -> bool:
        if not request.path.endswith("/user_info"):
            return False
        return self._person(self._vault.access(given["access_token"])).malformed


def _profile(person: Person, scopes: frozenset[str]) -> dict[str, object]:
    """The members that VK ID gives for these scopes; none says whether the address is verified."""
    said: dict[str, object] = {
        "user_id": person.vkid_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "avatar": f"https://pictures.vk.example/{person.vkid_id}?size=200x200",
        "sex": SEXES.get(person.gender, 0),
        "verified": False,
        "birthday": person.birthday,
        "email": person.shown_email if "email" in scopes else "",
        "phone": person.number.lstrip("+") if "phone" in scopes else "",
    }
    return said | ({person.wrong_claim: "wrong"} if person.wrong_claim else {})
