"""The first page of the journey: which way in. The usual one comes first."""

from dataclasses import dataclass

from flask import Response, request

from app.signin.device import Devices
from app.signin.journey import Journey, Step, is_shared
from app.signin.upstream import NAMES, UpstreamVisit
from app.web.pages import gettext

PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Way:
    """One button."""

    way: str
    name: str | None
    usual: bool


class ChoosePage:
    """`GET` and `POST /signin`."""

    def __init__(self, journey: Journey, devices: Devices, upstream: UpstreamVisit) -> None:
        self._journey, self._devices, self._upstream = journey, devices, upstream

    def get(self) -> Response:
        """Show the ways in."""
        step = self._journey.step()
        if isinstance(step, Response):
            return step
        return self.show(step)

    def post(self) -> Response:
        """Go the way that was chosen."""
        step = self._journey.posted()
        if isinstance(step, Response):
            return step
        pages = self._journey.parts.pages
        if request.form.get("decision") == "deny":
            return pages.redirect(self._journey.refusal(step))
        if "forget" in request.form:
            response = pages.redirect(step.url_shared("/signin"))
            self._devices.forget(response)
            return response
        way, shared = request.form.get("way", ""), is_shared()
        if way not in self._journey.parts.settings.ways:
            return self.show(step, gettext("Choose one of these ways."))
        if way == PHONE:
            return pages.redirect(step.url_shared("/signin/phone"))
        return self._upstream.start(step, way, shared=shared)

    def show(self, step: Step, problem: str | None = None, status: int = 200) -> Response:
        """The page, with a sentence about what went wrong before, if anything did."""
        device = self._devices.read()
        demanded = step.wants_phone and step.ask.demanded  # no other way in leads anywhere
        ways = [PHONE] if demanded else list(self._journey.parts.settings.ways)
        usual = PHONE if step.wants_phone else device.way
        ways.sort(key=lambda way: way != usual)
        shown = [Way(way, device.name or None if way == device.way else None, way == usual) for way in ways]
        return self._journey.render(
            "signin/choose.html",
            step,
            status=status,
            ways=shown,
            names=NAMES,
            known=bool(device.way),
            problem=problem,
            shared=is_shared(),
            policy_uri=step.client.policy_uri or None,
            tos_uri=step.client.tos_uri or None,
            redirects_to=self._upstream.origins(),
        )
