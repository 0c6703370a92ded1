"""`flask identities`: what we know of a customer, and blocking."""

import click

from app.keys.datakeys import DataKeys
from app.keys.lookup import LookupHasher
from app.sessions.browser import BrowserSessions
from app.storage.clock import Clock
from app.storage.database import Storage


def group(
    storage: Storage, clock: Clock, data_keys: DataKeys, lookup: LookupHasher, sessions: BrowserSessions
) -> click.Group:
    """The commands on identities."""

    @click.group("identities")
    def identities() -> None:
        """Customers."""

    return identities
