"""A visit to Mail.ru or VK ID and back. Nothing is stored: the ask and the verifier wait in a cookie named after the state."""

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request

from app.keys.sealing import Unsealable
from app.sessions.ask import browser_hash
from app.signin.finish import Finish
from app.signin.journey import Journey, Step
from app.signin.repeats import Repeats
from app.upstreams.base import Assertion, UpstreamError
from app.web.pages import gettext, origin_of

log = logging.getLogger("mostid.signin")

PURPOSE = "upstream"
NAMES = {"mailru": "Mail.ru", "vkid": "VK ID"}
"""Where people have accounts, as they know it, by the names of providers."""
MOST_VISITS = 4
STATE_LENGTH = 22


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the browser while the person is away."""

    ask: str
    verifier: str
    shared: bool


class UpstreamVisit:
    """Sends a browser to an account's home and knows it again when it returns (SR-084)."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._parts = journey.parts

    def origins(self) -> tuple[str, ...]:
        """Where the form of the first page may lead."""
        accounts, ways = self._parts.accounts, self._parts.settings.ways
        return tuple(origin_of(account.address) for name, account in accounts.items() if name in ways)

    def start(self, step: Step, provider: str, *, shared: bool) -> Response:
        """Off there."""
        parts, state = self._parts, secrets.token_urlsafe(16)
        verifier = secrets.token_urlsafe(48)
        value = {"v": verifier, "s": shared, "t": parts.clock.now()}
        sealed = parts.sealer.seal(PURPOSE, json.dumps(value).encode(), self.context(provider, state))
        url = parts.accounts[provider].begin(
            state,
            verifier,
            self._redirect_uri(provider),
            force=step.ask.force,
            login_hint=step.ask.parameters.get("login_hint", ""),
            locale=parts.pages.language(),
        )
        response = parts.pages.redirect(url)
        waiting = parts.cookies.matching("txn_")
        for kind in waiting[: max(0, len(waiting) - MOST_VISITS + 1)]:
            parts.cookies.clear(response, kind)
        parts.cookies.set(
            response, f"txn_{state}", f"{sealed}.{step.text}", parts.settings.lifetimes.upstream_s
        )
        return response

    def returned(self, provider: str, state: str) -> Waiting | str | None:
        """What waited for this state in this browser; the ask alone when it was used before; None for a foreign one.

        A state that was given to another provider counts as used (RFC 9700 §4.4: mix-up).
        """
        if len(state) != STATE_LENGTH:
            return None
        sealed, dot, ask = (self._parts.cookies.read(f"txn_{state}") or "").partition(".")
        if not dot:
            return None
        try:
            value = json.loads(self._parts.sealer.open(PURPOSE, sealed, self.context(provider, state)))
        except Unsealable:
            return ask
        age = self._parts.clock.now() - value["t"]
        if age > self._parts.settings.lifetimes.upstream_s * 1000:
            return ask
        return Waiting(ask, value["v"], value["s"])

    def spend(self, response: Response, state: str, ask: str) -> None:
        """The state is used up. Its ask stays, so that a repeated callback goes on instead of failing."""
        self._parts.cookies.set(
            response, f"txn_{state}", f"-.{ask}", self._parts.settings.lifetimes.upstream_s
        )

    def fetch(self, provider: str, answer: Mapping[str, str], waiting: Waiting) -> Assertion:
        """Ask there who it was. Raises UpstreamError."""
        account = self._parts.accounts[provider]
        return account.finish(answer, waiting.verifier, self._redirect_uri(provider))

    def context(self, provider: str, state: str) -> bytes:
        """What belongs to one visit of this browser alone."""
        return f"{provider}/{state}/{browser_hash(self._parts.browser.id())}".encode()

    def _redirect_uri(self, provider: str) -> str:
        return self._parts.settings.issuer + callback_of(provider)


def callback_of(provider: str) -> str:
    """Where a provider sends browsers back to."""
    return f"/signin/{provider}/callback"


class CallbackPage:
    """`GET /signin/mailru/callback`, and the same of VK ID."""

    def __init__(self, journey: Journey, visit: UpstreamVisit, finish: Finish, provider: str) -> None:
        self._journey, self._visit, self._finish, self._provider = journey, visit, finish, provider
        self._repeats = Repeats(journey, journey.parts.sealer, journey.parts.ephemeral)

    def get(self) -> Response:
        """Take the person back: only this browser, only once; whatever else comes goes on where it was going."""
        state = request.args.get("state", "")
        waiting = self._visit.returned(self._provider, state)
        if waiting is None:
            return self._journey.expired(None)
        step = self._journey.step_of(waiting if isinstance(waiting, str) else waiting.ask)
        if isinstance(step, Response):
            return step
        if isinstance(waiting, str):
            return self._journey.onward(step)
        visit, context = self._visit, self._visit.context(self._provider, state)
        answer = self._repeats.once(step, state, context, lambda: self._complete(step, waiting))
        if answer is None:
            return self._repeats.wait(step)
        visit.spend(answer, state, waiting.ask)
        return answer

    def _complete(self, step: Step, waiting: Waiting) -> Response:
        if "error" in request.args:
            return self._trouble(step, UpstreamError(self._provider, "refused", "error at return"), waiting)
        try:
            assertion = self._visit.fetch(self._provider, request.args, waiting)
        except UpstreamError as error:
            return self._trouble(step, error, waiting)
        return self._finish(step, assertion, shared=waiting.shared)

    def _trouble(self, step: Step, error: UpstreamError, waiting: Waiting) -> Response:
        """One page for everything that can go wrong there; the log alone says what it was."""
        log.warning(
            "upstream trouble",
            extra={
                "reference": request.environ["mostid.reference"],
                "upstream": error.provider,
                "kind": error.kind,
                "cause": error.detail,
            },
        )
        self._journey.parts.metrics.event(f"upstream_{error.provider}_{error.kind}")
        ways = tuple(way for way in self._journey.parts.settings.ways if way != error.provider)
        text, status = _told(error.kind, NAMES[error.provider])
        return self._journey.render(
            "signin/upstream_error.html", step, status=status, text=text, ways=ways, retry=error.provider,
            names=NAMES, shared=waiting.shared, redirects_to=self._visit.origins(),
        )  # fmt: skip


def _told(kind: str, name: str) -> tuple[str, int]:
    """What a person is told of it, and the status."""
    if kind == "refused":
        return gettext(
            "You did not confirm the sign-in at {name}. Try again or use another way in.", name=name
        ), 200
    if kind == "unavailable":
        return gettext(
            "{name} is not answering. Use another way in or try again in a minute.", name=name
        ), 503
    text = gettext("{name} could not confirm the sign-in. Use another way in or try again.", name=name)
    return text, 502 if kind == "malformed" else 400
