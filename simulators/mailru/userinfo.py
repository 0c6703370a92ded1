"""`/userinfo`: the profile. The token comes in the query or in a form, never in a header."""

import json

from flask import Response, request

from simulators.mailru.errors import CONTENT_TYPE, Refused, answer, refusal
from simulators.mailru.vault import Vault
from simulators.person import Person
from simulators.wire import be_slow
from simulators.world import World


class UserInfo:
    """Who the holder of a token is."""

    def __init__(self, world: World, vault: Vault) -> None:
        self._world, self._vault = world, vault

    def answer(self) -> Response:
        """The profile, or an error."""
        switches = self._world.scenario.mailru
        be_slow(switches.slow_s)
        if switches.down:
            return Response(status=503)
        try:
            return self._profile()
        except Refused as refused:
            return refusal(refused)

    def _profile(self) -> Response:
        value = (request.form if request.method == "POST" else request.args).get("access_token", "")
        if not value:
            raise Refused(2)
        token = self._vault.access(value)
        person = self._world.scenario.accounts().get(token.person)
        if person is None:
            raise Refused(6)
        be_slow(person.slow_s)
        profile = profile_of(person, token.client_id)
        if person.malformed:
            return Response(json.dumps(profile)[:-15], 200, {"Content-Type": CONTENT_TYPE})
        return answer(profile)


def profile_of(person: Person, client_id: str) -> dict[str, object]:
    """The members that Mail.ru gives; none says whether the address is verified, and none is empty."""
    said = {
        "id": person.mailru_id,
        "client_id": client_id,
        "email": person.shown_email,
        "name": person.name,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "nickname": person.name,
        "gender": person.gender,
        "birthday": person.birthday,
        "locale": "ru_RU",
        "image": f"https://pictures.mail.example/pic?user={person.mailru_id}&width=180&height=180",
    }
    if person.wrong_claim:
        said[person.wrong_claim] = "wrong"
    return {name: value for name, value in said.items() if value}
