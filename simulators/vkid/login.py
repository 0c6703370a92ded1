"""The sign-in and consent page."""

import secrets
from collections.abc import Callable

from flask import Response, render_template, request

from simulators.pages import Page, choose, chosen, message, remember
from simulators.person import Person
from simulators.vkid import ask
from simulators.vkid.ask import Ask
from simulators.vkid.vault import Grant, Vault
from simulators.world import World

COOKIE = "sim_vk_session"
DEVICE_COOKIE = "sim_vk_device"
Act = Callable[[Ask], Page]


class LoginPage:
    """`/vkid/authorize`. Whoever agreed once goes straight through, in the same browser, unless `prompt` says otherwise."""

    def __init__(self, world: World, vault: Vault) -> None:
        self._world, self._vault = world, vault

    def get(self) -> Page:
        """Show the page, or go straight back."""
        return self._answer(self._arrive)

    def post(self) -> Page:
        """The person's answer: `person`, and `decision` allow or deny."""
        return self._answer(self._decide)

    def _answer(self, act: Act) -> Page:
        switches = self._world.scenario.vkid
        if switches.down:
            return message("VK ID is not answering", "That is what the scenario says.", 503)
        try:
            asked = ask.read(request.args, switches)
        except ask.BadAsk as bad:
            return message("This request cannot be answered", str(bad), 400)
        return _found(asked.back(error=asked.error)) if asked.error else act(asked)

    def _arrive(self, asked: Ask) -> Page:
        accounts, known = self._world.scenario.vk_accounts(), chosen(COOKIE)
        if known in accounts and not asked.asks_anew:
            return self._back(asked, known, accounts[known])
        if "none" in asked.prompts:
            return _found(asked.back(error="login_required"))
        return self._page(accounts, known)

    def _decide(self, asked: Ask) -> Page:
        accounts = self._world.scenario.vk_accounts()
        decision, key = request.form.get("decision"), choose(accounts, request.form.get("person", ""))
        if decision == "deny":
            return _found(asked.back(error="access_denied"))
        if decision != "allow" or key is None:
            return self._page(accounts, key or "", "Choose a person."), 400
        return remember(self._back(asked, key, accounts[key]), key, COOKIE)

    def _page(self, accounts: dict[str, Person], key: str, problem: str = "") -> str:
        return render_template(
            "simulators/account.html",
            title="Sign in to VK ID",
            accounts=accounts,
            selected=key if key in accounts else next(iter(accounts), ""),
            client=self._world.scenario.mobileid.client_name,
            problem=problem,
        )

    def _back(self, asked: Ask, key: str, person: Person) -> Response:
        if person.refuse:
            return _found(asked.back(error="access_denied"))
        life = self._world.scenario.vkid.code_life_s
        device = request.cookies.get(DEVICE_COOKIE) or secrets.token_urlsafe(48)
        grant = Grant(
            key, asked.client_id, device, asked.scopes, asked.redirect_uri, asked.challenge,
            self._world.clock.now() + life,
        )  # fmt: skip
        answer = {"code": self._vault.new_code(grant), "device_id": device, "type": "code_v2"}
        response = _found(asked.back(**answer, expires_in=str(int(life)), ext_id=secrets.token_urlsafe(16)))
        response.set_cookie(DEVICE_COOKIE, device, httponly=True, samesite="Lax")
        return response


def _found(address: str) -> Response:
    return Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})
