"""Customers who are signed in beside the current one, in the same browser: a second sealed cookie names their sessions.

It is read only where it is needed. A cookie that came from another browser names nobody (SR-083).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.keys.sealing import Sealer, Unsealable
from app.sessions.ask import browser_hash
from app.sessions.browser import COOKIE, BrowserSession, BrowserSessions
from app.storage.database import Transaction

PURPOSE = "others"
MOST = 4
"""So many are kept beside the current one."""
HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Present:
    """Who is signed in in one browser: the current customer, and those who are kept aside, latest first."""

    current: BrowserSession | None
    others: tuple[BrowserSession, ...]

    @property
    def all(self) -> tuple[BrowserSession, ...]:
        """The current one before the others."""
        return (*(() if self.current is None else (self.current,)), *self.others)

    def without(self, *gone: BrowserSession | None) -> tuple[BrowserSession, ...]:
        """The others but these."""
        return tuple(session for session in self.others if session not in gone)


class OtherSessions:
    """Finds those whom the cookie names, and names them."""

    def __init__(self, sealer: Sealer, sessions: BrowserSessions) -> None:
        self._sealer, self._sessions = sealer, sessions

    def find(self, tx: Transaction, cookie: str | None, browser: str) -> tuple[BrowserSession, ...]:
        """Those of them that live, latest first. One statement each."""
        found = (self._sessions.find_named(tx, *name) for name in self._names(cookie, browser))
        return tuple(session for session in found if session is not None)

    def present(self, tx: Transaction, sid: str | None, cookie: str | None, browser: str) -> Present:
        """Everybody who is signed in, by both cookies."""
        current = self._sessions.find(tx, sid)
        others = self.find(tx, cookie, browser)
        return Present(current, tuple(other for other in others if current is None or other.id != current.id))

    def seal(self, sessions: Sequence[BrowserSession], browser: str) -> str:
        """The value of the cookie; empty for nobody."""
        if not sessions:
            return ""
        names = (
            COOKIE.pack(session.identity_id.bytes, session.id.bytes, session.generation)
            for session in sessions
        )
        return self._sealer.seal(PURPOSE, bytes.fromhex(browser_hash(browser)) + b"".join(names))

    def _names(self, cookie: str | None, browser: str) -> Iterator[tuple[UUID, UUID, int]]:
        try:
            value = self._sealer.open(PURPOSE, cookie or "")
        except Unsealable:
            return
        if value[:HASH_BYTES] != bytes.fromhex(browser_hash(browser)):
            return
        for identity, session, generation in COOKIE.iter_unpack(value[HASH_BYTES:]):
            yield UUID(bytes=identity), UUID(bytes=session), generation


def mark(session: BrowserSession) -> str:
    """How pages and asks name a session; its id never leaves us."""
    return hashlib.sha256(b"mostid/choice/" + session.id.bytes).hexdigest()[:32]
