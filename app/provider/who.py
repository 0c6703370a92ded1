"""Whom a request speaks of, and which of those who are signed in here that is."""

from app.identity.subjects import Subjects
from app.provider.asked import Visit
from app.provider.authorize_request import AuthorizationRequest
from app.sessions.browser import BrowserSession
from app.sessions.others import OtherSessions
from app.storage.database import Transaction


class Who:
    """Compares sessions with `id_token_hint` and `claims` (OIDC Core §3.1.2.1, §5.5.1)."""

    def __init__(self, subjects: Subjects, others: OtherSessions) -> None:
        self._subjects, self._others = subjects, others

    def is_named(
        self, tx: Transaction, request: AuthorizationRequest, session: BrowserSession | None
    ) -> bool:
        """Whether they speak of the session's person, by any `sub` of theirs, old ones too."""
        if session is None:
            return False
        find, sector = self._subjects.find_by_sub, request.client.sector
        hinted, named = request.hinted_sub, request.claims.subs
        if hinted is not None and find(tx, sector, hinted) != session.identity_id:
            return False
        return named is None or any(find(tx, sector, sub) == session.identity_id for sub in named)

    def other(self, tx: Transaction, request: AuthorizationRequest, visit: Visit) -> BrowserSession | None:
        """Whom they speak of, where that is one of those who are signed in beside the current one."""
        if not visit.others_cookie or (request.hinted_sub is None and request.claims.subs is None):
            return None
        others = self._others.find(tx, visit.others_cookie, visit.browser)
        return next((session for session in others if self.is_named(tx, request, session)), None)

    def has_others(self, tx: Transaction, visit: Visit) -> bool:
        """Whether anybody is signed in beside the current one."""
        return bool(visit.others_cookie and self._others.find(tx, visit.others_cookie, visit.browser))
