"""Several customers in one browser: whoever another takes the place of is kept aside, as far as that may be."""

from collections.abc import Iterable

from app.lifecycle.sign_out import sign_out
from app.sessions.browser import BrowserSession, BrowserSessions
from app.sessions.others import MOST
from app.storage.database import Transaction

Sessions = tuple[BrowserSession, ...]


def put_aside(
    tx: Transaction,
    sessions: BrowserSessions,
    former: BrowserSession,
    others: Sessions,
    now: int,
    *,
    overlaps: bool = True,
) -> Sessions:
    """Those who stay signed in beside whoever comes now: the former one, under a new name, before the others.

    `overlaps`: whether the former one's cookie works on for a moment.

    Nobody is kept aside on a shared computer, and no more than a cookie has room for: these are signed out.
    """
    if former.shared:
        leave(tx, sessions, (former, *others), now)
        return ()
    renewed = sessions.renew(tx, former, overlaps=overlaps)
    kept = (renewed, *others) if renewed is not None else others
    leave(tx, sessions, kept[MOST:], now)
    return kept[:MOST]


def leave(
    tx: Transaction,
    sessions: BrowserSessions,
    gone: Iterable[BrowserSession],
    now: int,
    reason: str = "replaced",
) -> None:
    """Sign these out."""
    for session in gone:
        sign_out(tx, sessions, session.identity_id, session.id, now, reason)
