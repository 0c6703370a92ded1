"""What every step of the journey needs: the ask that travels along, the service it is for, and the way out of trouble."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from app.clients.client import Client
from app.sessions.ask import Ask, Expired, begin_again, browser_hash
from app.sessions.browser import BrowserSession
from app.sessions.others import Present
from app.signin.parts import Parts
from app.storage.database import Transaction
from app.web.forms import StaleForm
from app.web.pages import origin_of


@dataclass(frozen=True, slots=True)
class Service:
    """The service that a page says the person is going to."""

    name: str
    logo_uri: str | None
    accent: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One arrival at a page of the journey."""

    text: str
    """The sealed ask, as pages carry it."""
    ask: Ask
    client: Client
    service: Service

    @property
    def wants_phone(self) -> bool:
        """Whether a level was asked for that Mail.ru alone does not give."""
        return "urn:mostid:acr:2" in self.ask.levels and "urn:mostid:acr:1" not in self.ask.levels

    def url(self, path: str, **more: str) -> str:
        """A page of ours that carries the ask."""
        return f"{path}?{urlencode({'ask': self.text} | more)}"

    def url_shared(self, path: str, **more: str) -> str:
        """The same, and it remembers that others use this device, if that was ticked."""
        return self.url(path, **more, **({"shared": "1"} if is_shared() else {}))


class Journey:
    """Opens asks for the steps."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def step(self) -> Step | Response:
        """The step that this request belongs to, or the page that continues where the person was going."""
        return self.step_of(request.values.get("ask", ""))

    def posted(self) -> Step | Response:
        """The same for a form, which must be one that our page gave this browser. Raises ForgedForm, StaleForm."""
        try:
            self.parts.forms.check()
        except StaleForm:
            step = self.step()
            if isinstance(step, Response):  # the ask is of the former cookies as well: on from the beginning
                return step
            raise
        return self.step()

    def step_of(self, text: str) -> Step | Response:
        """The same for an ask from elsewhere than the request."""
        try:
            ask = self.parts.asks.open(text, browser_hash(self.parts.browser.id()))
        except Expired as expired:
            return self.expired(expired.ask)
        self.parts.pages.use_locales(ask.parameters.get("ui_locales", ""))
        client = self.parts.clients.get(ask.parameters["client_id"])
        if client is None:
            return self.expired(None)
        return Step(text, ask, client, self.service(client))

    def present(self, tx: Transaction) -> Present:
        """Who is signed in in this browser."""
        cookies, browser = self.parts.cookies, self.parts.browser.id()
        return self.parts.others.present(tx, cookies.read("sid"), cookies.read("others"), browser)

    def remember(self, response: Response, others: tuple[BrowserSession, ...]) -> None:
        """Have the browser know whom it keeps aside."""
        sealed = self.parts.others.seal(others, self.parts.browser.id())
        life = self.parts.settings.lifetimes.session_absolute_s
        self.parts.cookies.replace(response, "others", sealed, life)

    def service(self, client: Client) -> Service:
        """How a client is shown, in the reader's language."""
        name = client.name(self.parts.pages.language())
        return Service(name, client.logo_uri or None, client.accent or None)

    def expired(self, ask: Ask | None) -> Response:
        """This step is too old, or was begun in another browser: one click goes on to the same service."""
        url = name = None
        if ask is not None:
            self.parts.pages.use_locales(ask.parameters.get("ui_locales", ""))
            client = self.parts.clients.get(ask.parameters["client_id"])
            name = self.service(client).name if client else ask.service
            url = begin_again(ask, client, self.parts.clock.now(), self.parts.settings.issuer)
        return self.parts.pages.render("signin/expired.html", status=400, continue_url=url, service_name=name)

    def refusal(self, step: Step) -> str:
        """Address that leads back to the service with the person's no."""
        if step.ask.device:
            return step.ask.path  # nobody waits for an answer but the device, which has its own "deny"
        return Step(self.parts.asks.decline(step.ask), step.ask, step.client, step.service).url("/authorize")

    def approved(self, step: Step, approval: str) -> Step:
        """The step with its person's word for what it asks in full."""
        return replace(step, text=self.parts.asks.approve(step.ask, approval))

    def onward(self, step: Step) -> Response:
        """Back to the authorization endpoint, or to the approval of a device: that decides what is next."""
        return self.parts.pages.redirect(step.url(step.ask.path))

    def render(self, template: str, step: Step, **context: Any) -> Response:
        """A page of the journey. Its forms may lead on to the service, and to nobody else."""
        origins = (*context.pop("redirects_to", ()), origin_of(step.ask.parameters["redirect_uri"]))
        return self.parts.pages.render(
            template, ask=step.text, service=step.service, redirects_to=origins, **context
        )


def is_shared() -> bool:
    """Whether the person ticked that others use this device."""
    return request.values.get("shared") in {"1", "on"}
