"""Signing out: the session ends, its grants end, each service is left word."""

from uuid import UUID

from app.events import audit, outbox
from app.grants import revocation
from app.sessions.browser import BrowserSessions
from app.storage.database import Transaction


def sign_out(
    tx: Transaction, sessions: BrowserSessions, identity: UUID, session: UUID, now: int, reason: str
) -> bool:
    """End one browser's session. False when it had ended before; then nothing else happens.

    The session row is updated first: whoever issues a token holds it FOR SHARE, so none is born meanwhile.
    """
    if not sessions.end(tx, identity, session, reason):
        return False
    for grant in revocation.end_of_session(tx, identity, session, reason, now):
        body = {"sub": grant.sub, "sid": grant.sid}
        outbox.put(tx, "session.ended", now, identity, grant.client_id, body)
    audit.record(
        tx, "session.ended", now, identity=identity, detail={"session": str(session), "reason": reason}
    )
    return True
