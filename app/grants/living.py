"""Which grants may be used now: not ended, of a person who may be served, in a session that lives unless it is offline."""

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from app.grants.tables import grants
from app.identity.tables import identities
from app.sessions.tables import sessions
from config.limits import LifetimeSettings

LIVING = ("active", "merged")
LIVES = or_(*(identities.c.status == status for status in LIVING))
"""The person may be served. Not IN: its parameters are expanded anew at each execution."""
SESSION_LIVES = and_(
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > bindparam("now"),
    sessions.c.seen_at > bindparam("seen_since"),
)
"""The session has not ended, expired, or been left idle (SR-086). Its parameters come from `moment`."""


def moment(now: int, lifetimes: LifetimeSettings) -> dict[str, int]:
    """The parameters of these conditions at a time (ms)."""
    return {"now": now, "seen_since": now - lifetimes.session_idle_s * 1000}


def served(*, held: bool = False) -> ColumnElement[bool]:
    """The condition itself (SR-040). `held` reads person and session FOR SHARE: no token is born while they end."""
    person = select(identities.c.id).where(identities.c.id == grants.c.identity_id, LIVES)
    session = select(sessions.c.id).where(
        sessions.c.identity_id == grants.c.identity_id, sessions.c.id == grants.c.session_id, SESSION_LIVES
    )
    if held:
        person, session = person.with_for_update(read=True), session.with_for_update(read=True)
    return and_(grants.c.ended_at.is_(None), person.exists(), or_(grants.c.offline, session.exists()))
