"""One answer for a callback that comes several times: browsers reload, and double what seems slow.

A code of Mail.ru works once, so whoever comes second is given what the first one got, in the same browser only.
"""

import json
from collections.abc import Callable
from contextlib import suppress

from flask import Response, request

from app.keys.sealing import Sealer, Unsealable
from app.signin.journey import Journey, Step
from app.storage.ephemeral import Ephemeral, EphemeralDown
from app.web.pages import gettext

PURPOSE = "upstream"
KEPT_MS = 60_000
"""How long an answer is remembered, and how long a callback that died on its way stops others."""
UNDER_WAY = b"-"


class Repeats:
    """Claims a callback, and remembers the cookies of its answer, sealed for its browser."""

    def __init__(self, journey: Journey, sealer: Sealer, ephemeral: Ephemeral) -> None:
        self._journey, self._sealer, self._ephemeral = journey, sealer, ephemeral

    def once(self, step: Step, state: str, context: bytes, answer: Callable[[], Response]) -> Response | None:
        """The answer, made by the first to come; None while that one is still asking.

        Without the store everybody is the first, and the upstream says no to all but one.
        """
        key = f"callback:{state}"
        try:
            if not self._ephemeral.add(key, UNDER_WAY, KEPT_MS):
                return self._again(step, self._ephemeral.get(key), context)
        except EphemeralDown:
            return answer()
        response = answer()
        with suppress(EphemeralDown):
            self._remember(key, context, response)
        return response

    def _remember(self, key: str, context: bytes, response: Response) -> None:
        if response.status_code != 303:  # nobody came in: whoever comes again may try again
            self._ephemeral.delete(key)
            return
        lines = json.dumps(response.headers.getlist("Set-Cookie")).encode()
        self._ephemeral.put(key, self._sealer.seal(PURPOSE, lines, b"repeat/" + context).encode(), KEPT_MS)

    def _again(self, step: Step, kept: bytes | None, context: bytes) -> Response | None:
        if kept is None or kept == UNDER_WAY:
            return None
        try:
            lines = json.loads(self._sealer.open(PURPOSE, kept.decode(), b"repeat/" + context))
        except Unsealable:
            return self._journey.expired(step.ask)
        response = self._journey.onward(step)
        for line in lines:
            response.headers.add("Set-Cookie", line)
        return response

    def wait(self, step: Step) -> Response:
        """The page meanwhile: this very address has the answer in a moment."""
        return self._journey.render(
            "error.html",
            step,
            title=gettext("Signing you in"),
            text=gettext("This takes a moment. Press Continue to go on to {service}.").format(
                service=step.service.name
            ),
            next_url=request.full_path,
            next_label=None,
            reference="",
        )
