"""A code by SMS: our own code, sent through the gateway, typed on our page."""

import json
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from app.challenges import codes
from app.challenges.budget import Budget
from app.challenges.outcomes import Dead, Proved, Refused, Started, Wrong
from app.challenges.sending import Sender
from app.keys.keyed import KeyedValues
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from app.upstreams.base import Assertion, Evidence
from app.upstreams.sms import Sms
from config.settings import Settings

ACR = "urn:mostid:acr:2"
AMR = ("otp", "sms")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is kept while a code waits: never the code (SR-135)."""

    number: str
    browser: str
    digest: str
    address: str
    client_id: str


class Otp:
    """Starts and answers challenges by SMS."""

    def __init__(
        self,
        ephemeral: Ephemeral,
        budget: Budget,
        sender: Sender,
        sms: Sms,
        keyed: KeyedValues,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._ephemeral, self._budget, self._sender, self._sms = ephemeral, budget, sender, sms
        self._keyed, self._clock, self._settings = keyed, clock, settings
        self._life_ms = settings.lifetimes.otp_s * 1000

    def start(
        self, number: str, *, browser: str, address: str, client_id: str, service: str, locale: str
    ) -> Started | Refused:
        """Send a code to a number (E.164). A former code of this browser for it dies (SR-132)."""
        admitted = self._budget.admit_send(number, address=address, client_id=client_id)
        if isinstance(admitted, Refused):
            return admitted
        challenge, code = secrets.token_urlsafe(16), codes.new_code()
        digest = self._keyed.code_hash(challenge, code).hex()
        self._replace(number, browser, challenge)
        waiting = Waiting(number, browser, digest, address, client_id)
        self._ephemeral.put(_key(challenge), json.dumps(asdict(waiting)).encode(), self._life_ms)
        text = self.text(code, service, locale)
        if not self._sender.submit("sms", lambda: self._sms.send(number, text, challenge)):
            return Refused("queue")
        return Started(challenge, self._clock.now() + self._life_ms, admitted)

    def answer(self, challenge: str, text: str, browser: str) -> Proved | Wrong | Dead:
        """Try a code. Every try is counted, here and on the number, before it is compared (SR-127, SR-128)."""
        raw = self._ephemeral.get(_key(challenge))
        if raw is None:
            return Dead("used" if self._ephemeral.get(f"otp:used:{challenge}") else "expired")
        waiting = Waiting(**json.loads(raw))
        if not secrets.compare_digest(waiting.browser, browser):
            return Dead("foreign")
        most = self._settings.limits.otp_tries_per_challenge
        code = codes.typed(text)
        if code is None:
            return Wrong(most - int(self._ephemeral.get(f"otp:tries:{challenge}") or 0))
        tries = self._ephemeral.increment(f"otp:tries:{challenge}", self._life_ms)
        if tries > most or not self._budget.attempt(waiting.number):
            return Dead("too_many")
        if not codes.matches(self._keyed, challenge, code, bytes.fromhex(waiting.digest)):
            return Wrong(most - tries) if tries < most else Dead("too_many")
        if self._ephemeral.take(_key(challenge)) is None:
            return Dead("used")
        self._ephemeral.put(f"otp:used:{challenge}", b"1", self._life_ms)
        self._budget.succeed(waiting.number, address=waiting.address, client_id=waiting.client_id)
        evidence = Evidence(AMR, ACR, self._clock.now(), challenge)
        return Proved(Assertion("phone", waiting.number, evidence, {}, frozenset({"phone_number"})))

    def text(self, code: str, service: str, locale: str) -> str:
        """The message, of the template that the operator approved; ends with the origin-bound line (SR-136)."""
        sms = self._settings.sms
        template = sms.template_en if locale == "en" else sms.template_ru
        shown = service if len(service) <= sms.longest_service else "MostID"
        host = urlsplit(self._settings.issuer).hostname or ""
        return template.format(code=code, service=shown, host=host)

    def _replace(self, number: str, browser: str, challenge: str) -> None:
        """This browser's former challenge for this number is over."""
        place = f"otp:of:{browser}:{self._keyed.code_hash(browser, number).hex()[:32]}"
        former = self._ephemeral.get(place)
        if former is not None:
            self._ephemeral.delete(_key(former.decode()))
        self._ephemeral.put(place, challenge.encode(), self._life_ms)


def _key(challenge: str) -> str:
    return f"otp:{challenge}"
