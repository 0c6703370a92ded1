"""The end of every way in: the proof becomes an identity, the identity a session, in one transaction."""

import logging
from dataclasses import dataclass

from flask import Response, request

from app.identity.numbers import masked
from app.identity.outcomes import Kind, Outcome, Visit
from app.identity.proofs import Act, Binding, Proof
from app.lifecycle.aside import Sessions, leave, put_aside
from app.sessions.ask import browser_hash
from app.sessions.browser import BrowserSession, Proved
from app.sessions.others import Present
from app.signin.device import Devices
from app.signin.journey import Journey, Step
from app.storage.database import Transaction
from app.upstreams.base import Assertion
from app.web.pages import gettext

log = logging.getLogger("mostid.signin")

SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Opened:
    """The session's cookie value, and who is kept aside."""

    cookie: str
    others: Sessions


class Finish:
    """Takes an assertion, gives the person back to `/authorize`."""

    def __init__(self, journey: Journey, devices: Devices) -> None:
        self._journey, self._devices = journey, devices
        self._parts = journey.parts

    def __call__(
        self,
        step: Step,
        assertion: Assertion,
        *,
        shared: bool,
        start_new: bool = False,
        proof: Proof | None = None,
    ) -> Response:
        """Resolve, open the session, go on; or show why not."""
        device = self._devices.read()
        visit = Visit(
            now=self._parts.clock.now(),
            locale=self._parts.pages.language(),
            proved_links=frozenset(device.links),
            start_new=start_new,
        )
        outcome, opened = self._parts.storage.run(
            lambda tx: self._resolve(tx, assertion, visit, shared, proof), write=True
        )
        self._parts.metrics.event(f"signin_{assertion.provider}_{outcome.kind}")
        if opened is None:
            return self._not_in(step, assertion, outcome, shared=shared)
        response = self._journey.onward(step)
        life = None if shared else self._parts.settings.lifetimes.session_absolute_s
        self._parts.cookies.set(response, "sid", opened.cookie, life)
        self._journey.remember(response, opened.others)
        if not shared:
            remembered = outcome.link_id if outcome.remember else None
            name = assertion.claims.get("name", "")  # never the one of whoever was here before
            self._devices.write(response, device.after(assertion.provider, name, remembered))
        return response

    def _resolve(
        self, tx: Transaction, assertion: Assertion, visit: Visit, shared: bool, proof: Proof | None
    ) -> tuple[Outcome, Opened | None]:
        """In one transaction: who it is, and their session."""
        parts = self._parts
        if proof is not None and not parts.proofs.spend(tx, proof):
            return Outcome(Kind.REFUSED, reason=SPENT), None
        outcome = parts.linking.resolve(tx, assertion, visit)
        if outcome.root is None or outcome.link_id is None:
            return outcome, None
        here = self._journey.present(tx)
        known = next((session for session in here.all if session.identity_id == outcome.root), None)
        others = self._kept(tx, here, known, visit.now, shared=shared)
        proved = Proved(outcome.root, outcome.link_id, outcome.auth_time, outcome.acr, outcome.amr)
        browser = bytes.fromhex(browser_hash(parts.browser.id()))
        return outcome, Opened(parts.sessions.open(tx, proved, browser, shared=shared, known=known), others)

    def _kept(
        self,
        tx: Transaction,
        here: Present,
        known: BrowserSession | None,
        now: int,
        *,
        shared: bool,
    ) -> Sessions:
        """Whoever was signed in here before is kept aside; on a shared computer they are signed out."""
        sessions = self._parts.sessions
        others = here.without(known)
        former = here.current if here.current != known else None
        if shared:
            leave(tx, sessions, (*others, *((former,) if former else ())), now)
            return ()
        if former is None:
            return others
        return put_aside(tx, sessions, former, others, now, overlaps=False)

    def _not_in(self, step: Step, assertion: Assertion, outcome: Outcome, *, shared: bool) -> Response:
        log.info(
            "not signed in",
            extra={
                "reference": request.environ["mostid.reference"],
                "cause": f"{outcome.kind} {outcome.reason}",
            },
        )
        if outcome.reason == SPENT:  # pressed twice: whoever is in goes on
            return self._journey.onward(step)
        if outcome.kind is not Kind.NEEDS_OTHER_PROOF:
            return self._journey.render(
                "signin/upstream_error.html",
                step,
                status=403,
                text=gettext("You cannot sign in this way. Use another way in, or ask support."),
                ways=(),
                retry=None,
                shared=shared,
            )
        proof = self._parts.proofs.seal(
            assertion, Binding(Act.SIGN_IN, browser_hash(self._parts.browser.id()))
        )
        return self.ask_otherwise(step, assertion, proof, shared=shared)

    def ask_otherwise(self, step: Step, assertion: Assertion, proof: str, *, shared: bool) -> Response:
        """The page for a number that may have changed hands. `proof`: the assertion, sealed."""
        number = masked(assertion.subject)
        return self._journey.render(
            "signin/handed_over.html", step, masked=number, proof=proof, shared=shared
        )
