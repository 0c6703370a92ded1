"""`/device`: a person types the code that a device shows, signs in anew, and allows or denies (RFC 8628 §3.3).

Nothing is decided by a link: every change is a form of ours, sent by whoever has just proved who they are (SR-048).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from app.challenges.otp import ACR as PHONE_ACR
from app.clients.client import Client
from app.events import audit
from app.grants.authorization_details import NAME as DETAILS
from app.grants.device_requests import GRANT_TYPE, Approval, DeviceRequest, shown, typed
from app.identity.profile import known_as
from app.sessions.ask import Ask, browser_hash
from app.sessions.browser import BrowserSession
from app.signin.choose import PHONE
from app.signin.consent import Asked, asked_of, give, item, record_details
from app.signin.details import deeds, details_of
from app.signin.journey import Journey, Step
from app.storage.database import Transaction, Unavailable
from app.storage.ids import uuid7
from app.web.pages import gettext
from app.web.windows import AddressWindows

PATH = "/device"
FRESH_MS = 300_000
"""How old the proof may be by which a device is allowed."""
TRIES_MS = 600_000


@dataclass(frozen=True, slots=True)
class Approvable:
    """A device that waits, and the person in front of it, who has just signed in here."""

    step: Step
    request: DeviceRequest
    asked: Asked


class DevicePage:
    """`GET` and `POST /device`."""

    def __init__(self, journey: Journey) -> None:
        self._journey, self._parts = journey, journey.parts
        settings = self._parts.settings
        exempt = settings.profile != "production"
        self._windows = AddressWindows(
            self._parts.clock, settings.limits.user_codes_per_address_minute, exempt
        )

    def get(self) -> Response:
        """Ask for the code; or, with an ask, show what the device wants. Changes nothing."""
        if "ask" not in request.args:
            return self._ask_code(request.args.get("user_code", ""))
        found = self._approvable(self._journey.step())
        return found if isinstance(found, Response) else self._show(found)

    def post(self) -> Response:
        """Take the code; or, with an ask, the decision."""
        if "ask" in request.form:
            found = self._approvable(self._journey.posted())
            return found if isinstance(found, Response) else self._decide(found)
        self._parts.forms.check()
        return self._look_up(request.form.get("user_code", ""))

    def _ask_code(self, user_code: str, problem: str | None = None, status: int = 200) -> Response:
        return self._parts.pages.render(
            "signin/device_code.html", status=status, user_code=shown(typed(user_code)), problem=problem
        )

    def _look_up(self, user_code: str) -> Response:
        """From the code to an ask for its request. Each try counts, right or wrong (SR-047)."""
        if not self._may_try():
            return self._ask_code("", gettext("Too many codes were tried. Wait 10 minutes."), 429)
        key = self._parts.devices.find(user_code) if typed(user_code) else None
        waiting = self._parts.devices.read(key) if key else None
        client = self._parts.clients.get(waiting.client_id) if waiting else None
        if waiting is None or client is None or not self._waits(waiting):
            return self._ask_code(
                user_code, gettext("There is no such code. Look at the device, it may show a new one.")
            )
        parameters = {
            "client_id": client.client_id,
            "redirect_uri": "",
            "scope": " ".join(waiting.scope),
            "device": waiting.key,
            "user_code": shown(typed(user_code)),
        }
        if waiting.details:
            parameters[DETAILS] = waiting.details
        browser, now = browser_hash(self._parts.browser.id()), self._parts.clock.now()
        levels = _levels(client)
        ask = self._parts.asks.seal(
            Ask(parameters, browser, now, client.name(""), force=True, device=True, levels=levels)
        )
        return self._parts.pages.redirect(f"{PATH}?{urlencode({'ask': ask})}")

    def _may_try(self) -> bool:
        if not self._windows.admit(request.environ["mostid.address"]):
            return False
        place = f"device-tries:{browser_hash(self._parts.browser.id())}"
        most = self._parts.settings.limits.user_codes_per_browser_10_minutes
        return self._parts.ephemeral.increment(place, TRIES_MS) <= most

    def _waits(self, waiting: DeviceRequest) -> bool:
        return waiting.pending and not self._parts.devices.expired(waiting)

    def _approvable(self, step: Step | Response) -> Approvable | Response:
        """What can be decided now; or the sign-in, or the page that says why not."""
        if isinstance(step, Response):
            return step
        if not step.ask.device:
            return self._parts.pages.redirect(PATH)
        waiting = self._parts.devices.read(step.ask.parameters["device"])
        if waiting is None or not self._waits(waiting) or GRANT_TYPE not in step.client.grant_types:
            return self._gone()
        if details_of(self._parts, step) is None:
            return self._gone()
        asked = self._parts.storage.run(lambda tx: asked_of(tx, self._parts, step))
        now = self._parts.clock.now()
        stale = asked is None or not asked.standing.active or now - asked.session.proved_at > FRESH_MS
        if asked is None or stale or self._wants_phone(step, asked.session):
            return self._parts.pages.redirect(step.url("/signin"))
        return Approvable(step, waiting, asked)

    def _wants_phone(self, step: Step, session: BrowserSession) -> bool:
        """Whether the phone is looked for and was not proved. Asked for once, then a device gets what there is."""
        reached = session.proved_at >= step.ask.made_at or session.acr == PHONE_ACR
        return step.wants_phone and not reached and PHONE in self._parts.settings.ways

    def _show(self, found: Approvable) -> Response:
        client = found.step.client
        here = found.request.address == request.environ["mostid.address"]
        return self._journey.render(
            "signin/device.html",
            found.step,
            items=[item(scope, found.asked) for scope in found.asked.scopes],
            deeds=deeds(self._parts, found.asked.details),
            chooses=not client.first_party,
            shown=found.asked.mark,
            account=known_as(found.asked.claims),
            user_code=found.step.ask.parameters["user_code"],
            at=datetime.fromtimestamp(found.request.made_at / 1000, UTC),
            address=found.request.address,
            here=here,
            agent=found.request.agent,
            policy_uri=client.policy_uri or None,
            tos_uri=client.tos_uri or None,
        )

    def _decide(self, found: Approvable) -> Response:
        """Only a plain yes, to what this very page showed, is a yes."""
        if request.form.get("decision") != "allow":
            return self._end(found, None)
        if request.form.get("shown") != found.asked.mark:
            return self._parts.pages.redirect(found.step.url(PATH))
        return self._write_down(found)

    def _write_down(self, found: Approvable) -> Response:
        """Take the request, then write down what was said, then have the device know.

        Who loses a race has written nothing. Should we end in between, the device hears nothing more, whatever is
        written was said, and no device was let in without a word of it.
        """
        taken = self._parts.devices.take(found.request)
        if taken is None:
            return self._gone()
        try:
            approval = self._parts.storage.run(lambda tx: self._allow(tx, found), write=True)
        except Unavailable:
            self._parts.devices.give_back(taken)
            raise
        return self._end(replace(found, request=taken), approval)

    def _allow(self, tx: Transaction, found: Approvable) -> Approval | None:
        """Write down the consent, and who allowed which device. None when nothing is left to be given."""
        client, session, now = found.step.client, found.asked.session, self._parts.clock.now()
        scope = found.asked.scopes
        if not client.first_party:
            scope = give(tx, found.asked, client.client_id, set(request.form.getlist("scope")), now)
        if not scope:
            return None
        approval = Approval(
            uuid7(now), session.identity_id, session.id, session.link_id, client.client_id, " ".join(scope),
            session.auth_time, session.acr, session.amr, found.request.details,
        )  # fmt: skip
        record_details(tx, found.asked, client.client_id, now)
        detail: dict[str, Any] = {"grant": str(approval.grant_id), "scope": approval.scope}
        audit.record(
            tx,
            "device.approved",
            now,
            identity=session.identity_id,
            client_id=client.client_id,
            detail=detail,
        )
        return approval

    def _end(self, found: Approvable, approval: Approval | None) -> Response:
        if not self._parts.devices.decide(found.request, approval):
            return self._gone()
        self._parts.metrics.event("device_approved" if approval else "device_denied")
        return self._journey.render("signin/device_done.html", found.step, allowed=approval is not None)

    def _gone(self) -> Response:
        return self._parts.pages.error(
            400,
            gettext("This code does not work any more"),
            gettext("Have the device show a new code, and type that one."),
            next_url=PATH,
            next_label=gettext("Type a code"),
        )


def _levels(client: Client) -> tuple[str, ...]:
    """Levels to look for. A device cannot name any: they are what its service may be told at all, or its wish."""
    demanded = client.metadata.userinfo_acr
    return (demanded,) if demanded else client.metadata.default_acr_values
