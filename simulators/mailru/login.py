"""The sign-in and consent page."""

from collections.abc import Callable

from flask import Response, render_template, request

from simulators.mailru import ask
from simulators.mailru.ask import Ask
from simulators.mailru.vault import Code, Vault
from simulators.pages import Page, choose, chosen, message, remember
from simulators.person import Person
from simulators.world import World

Act = Callable[[Ask], Page]


class LoginPage:
    """`/login`. Whoever agreed once goes straight through, in the same browser, unless `prompt_force` says otherwise."""

    def __init__(self, world: World, vault: Vault) -> None:
        self._world, self._vault = world, vault

    def get(self) -> Page:
        """Show the page, or go straight back."""
        return self._answer(self._arrive)

    def post(self) -> Page:
        """The person's answer: `person`, and `decision` allow or deny."""
        return self._answer(self._decide)

    def _answer(self, act: Act) -> Page:
        switches = self._world.scenario.mailru
        if switches.down:
            return message("Mail.ru is not answering", "That is what the scenario says.", 503)
        try:
            asked = ask.read(request.args, switches)
        except ask.BadAsk as bad:
            return message("This request cannot be answered", str(bad), 400)
        return _found(asked.back(error=asked.error)) if asked.error else act(asked)

    def _arrive(self, asked: Ask) -> Page:
        accounts = self._world.scenario.accounts()
        known = chosen()
        hinted = choose(accounts, asked.hint) or ""
        if known in accounts and not asked.force and hinted in {"", known}:
            return self._back(asked, known, accounts[known])
        return self._page(accounts, hinted or known)

    def _decide(self, asked: Ask) -> Page:
        accounts = self._world.scenario.accounts()
        decision, key = request.form.get("decision"), choose(accounts, request.form.get("person", ""))
        if decision == "deny":
            return _found(asked.back(error="access_denied"))
        if decision != "allow" or key is None:
            return self._page(accounts, key or "", "Choose a person."), 400
        return remember(self._back(asked, key, accounts[key]), key)

    def _page(self, accounts: dict[str, Person], key: str, problem: str = "") -> str:
        selected = key if key in accounts else next(iter(accounts), "")
        client = self._world.scenario.mobileid.client_name
        return render_template(
            "simulators/account.html",
            title="Sign in to Mail.ru",
            accounts=accounts,
            selected=selected,
            client=client,
            problem=problem,
        )

    def _back(self, asked: Ask, key: str, person: Person) -> Response:
        if person.refuse:
            return _found(asked.back(error="access_denied"))
        expires_at = self._world.clock.now() + self._world.scenario.mailru.code_life_s
        code = Code(key, asked.client_id, asked.redirect_uri, asked.challenge, expires_at)
        return _found(asked.back(code=self._vault.new_code(code)))


def _found(address: str) -> Response:
    return Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})
