"""The ask: an authorization request that waits, sealed, while its person signs in or decides.

Nothing is stored for strangers; only a request too large to travel is parked for its few minutes.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from app.clients.client import Client
from app.keys.sealing import Sealer, Unsealable
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral

PURPOSE = "ask"
LONGEST = 1_800
INLINE, PARKED = b"i", b"p"
UNBOUND = ""
REMEMBERED_MS = 6 * 3_600_000
"""How long services are trusted to remember what they asked for."""
READABLE_MS = 30 * 86_400_000
"""An expired ask still says where its person was going, so that one click continues there."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A validated request, frozen, and what its person has decided about it."""

    parameters: Mapping[str, str]
    browser: str
    """Hash of the browser cookie that it belongs to; `UNBOUND` for a request that was POSTed to us, which is bound
    when its browser comes back by GET: a cross-site POST carries no cookies of ours."""
    made_at: int
    """ms; a proof, consent or choice that must be newer is measured against this."""
    service: str
    """Name of the service, for the pages."""
    force: bool = False
    """An upstream that knows the person has to ask again all the same."""
    declined: bool = False
    device: bool = False
    """It is not a service's request but the approval of a device; only we make such asks."""
    chosen: str = ""
    """Whom its person chose among those who are signed in: the mark of that session."""
    approval: str = ""
    """Their word for its authorization details, good for one code."""
    levels: tuple[str, ...] = ()
    """Levels to look for, whoever wished for them; the pages offer the way in that gives one."""
    demanded: bool = False
    """Nothing but one of these levels will do."""

    @property
    def path(self) -> str:
        """The page of ours that it goes on at."""
        return "/device" if self.device else "/authorize"


class Expired(Exception):
    """The ask is too old or belongs to another browser; `ask` says where the person was going, if that is known."""

    def __init__(self, ask: Ask | None) -> None:
        super().__init__("expired")
        self.ask = ask


class Asks:
    """Seals and opens asks."""

    def __init__(self, sealer: Sealer, ephemeral: Ephemeral, clock: Clock, life_s: int) -> None:
        self._sealer, self._ephemeral, self._clock, self._life_ms = sealer, ephemeral, clock, life_s * 1000

    def seal(self, ask: Ask) -> str:
        """The text that pages carry, at most 1,800 characters. May raise EphemeralDown for a large one."""
        body = {
            "p": dict(ask.parameters),
            "b": ask.browser,
            "t": ask.made_at,
            "s": ask.service,
            "f": int(ask.force),
            "d": int(ask.declined),
        }
        if ask.device:
            body["v"] = 1
        if ask.chosen:
            body["c"] = ask.chosen
        if ask.approval:
            body["a"] = ask.approval
        if ask.levels:
            body["l"] = ask.levels
        if ask.demanded:
            body["m"] = 1
        raw = zlib.compress(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(), 1)
        sealed = self._sealer.seal(PURPOSE, INLINE + raw)
        if len(sealed) <= LONGEST:
            return sealed
        key = secrets.token_urlsafe(16)
        self._ephemeral.put(f"ask:{key}", raw, self._life_ms)
        return self._sealer.seal(PURPOSE, PARKED + key.encode())

    def open(self, text: str, browser: str) -> Ask:
        """The ask, if it is of this browser and of now. Raises Expired."""
        ask = self._read(text)
        if ask is None:
            raise Expired(None)
        if self._clock.now() - ask.made_at > READABLE_MS:
            raise Expired(None)
        if self._is_old(ask) or not secrets.compare_digest(ask.browser, browser):
            raise Expired(ask)
        return ask

    def open_request(self, text: str, browser: str) -> tuple[Mapping[str, str], Ask | None]:
        """The parameters to go on with, and the ask unless it was unbound: then this is a first visit. Raises Expired.

        An unbound ask lives no longer than others: so long it vouches for a signature that was checked (RFC 9101 §10.5).
        """
        try:
            ask = self.open(text, browser)
        except Expired as expired:
            if expired.ask is None or expired.ask.browser != UNBOUND or self._is_old(expired.ask):
                raise
            return expired.ask.parameters, None
        return ask.parameters, ask

    def decline(self, ask: Ask) -> str:
        """The same ask with the person's no."""
        return self.seal(replace(ask, declined=True))

    def approve(self, ask: Ask, approval: str) -> str:
        """The same ask with the person's word for its authorization details."""
        return self.seal(replace(ask, approval=approval))

    def _is_old(self, ask: Ask) -> bool:
        return self._clock.now() - ask.made_at > self._life_ms

    def _read(self, text: str) -> Ask | None:
        try:
            raw = self._sealer.open(PURPOSE, text)
        except Unsealable:
            return None
        body: bytes | None = raw[1:]
        if raw[:1] == PARKED:
            body = self._ephemeral.get(f"ask:{raw[1:].decode()}")
        if body is None:
            return None
        value: Mapping[str, Any] = json.loads(zlib.decompress(body))
        force, declined, device = bool(value["f"]), bool(value["d"]), "v" in value
        chosen, approval, levels = value.get("c", ""), value.get("a", ""), tuple(value.get("l", ()))
        return Ask(
            value["p"],
            value["b"],
            value["t"],
            value["s"],
            force,
            declined,
            device,
            chosen,
            approval,
            levels,
            "m" in value,
        )


def begin_again(ask: Ask, client: Client | None, now: int, issuer: str) -> str | None:
    """Where an expired ask goes on: with the same request, or, where its service will have forgotten it, with a new one.

    What a service pushed to us, or has to sign, does not come from a browser: only the service itself begins again.
    """
    if ask.device:
        return ask.path
    signs = client is not None and client.metadata.require_signed_request_object
    if signs or "request_uri" in ask.parameters:
        return (client.login_url(issuer) or None) if client is not None else None
    if client is not None and now - ask.made_at > REMEMBERED_MS and (url := client.login_url(issuer)):
        return url
    return f"/authorize?{urlencode(dict(ask.parameters))}"


def browser_hash(browser_id: str) -> str:
    """What an ask keeps of the browser cookie: enough to compare, not enough to copy."""
    return hashlib.sha256(b"mostid/browser/" + browser_id.encode()).hexdigest()[:32]
