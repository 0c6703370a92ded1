"""The service's own sessions, kept in memory: whoever is signed in at MostID is back in with one redirect."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from examples.service.customer import Customer, Journey

LIFE_S = 12 * 3_600
MOST_SESSIONS = 10_000
MOST_JOURNEYS = 4
"""Sign-ins on their way in one browser: each tab may have one, and a few may be left behind."""


@dataclass(slots=True)
class Session:
    """One browser. Times in seconds."""

    id: str
    ends_at: float
    customer: Customer | None = None
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    journeys: dict[str, Journey] = field(default_factory=dict)
    sign_out_state: str = ""
    notice: str = ""
    """What its next page says once."""
    renewal: threading.Lock = field(default_factory=threading.Lock)
    """Held while its tokens are renewed: a refresh token is used once."""

    def expect(self, journey: Journey) -> None:
        """Remember a sign-in on its way; the oldest of too many is forgotten."""
        while len(self.journeys) >= MOST_JOURNEYS:
            self.journeys.pop(next(iter(self.journeys)))
        self.journeys[journey.state] = journey


class Sessions:
    """All sessions of this process."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._all: OrderedDict[str, Session] = OrderedDict()

    def find(self, identifier: str) -> Session | None:
        """A living session."""
        with self._lock:
            session = self._all.get(identifier)
            return session if session is not None and session.ends_at > self._now() else None

    def open(self, customer: Customer | None = None) -> Session:
        """A new session, under an id that nobody could have planted; the oldest of too many ends."""
        session = Session(secrets.token_urlsafe(32), self._now() + LIFE_S, customer)
        with self._lock:
            while len(self._all) >= MOST_SESSIONS:
                self._all.popitem(last=False)
            self._all[session.id] = session
        return session

    def end(self, session: Session) -> None:
        """Forget a session."""
        with self._lock:
            self._all.pop(session.id, None)
