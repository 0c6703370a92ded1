"""What came twice: a code or device code that was redeemed before ends what it gave (RFC 6749 §4.1.2, SR-026)."""

from typing import Any
from uuid import UUID

from app.events import audit
from app.grants import revocation
from app.grants.codes import Code
from app.grants.device_requests import Approval
from app.provider.errors import explain
from app.provider.parts import Parts
from app.web.request import Request


def refuse(
    http: Request, parts: Parts, given: Code | Approval, grant: UUID, cause: str
) -> tuple[int, dict[str, Any], list[Any]]:
    """Refuse what came with the right proofs; if it was redeemed before, somebody else may have used it: end its grant.

    Returned, not raised: the end must commit.
    """
    now, client_id = parts.clock.now(), given.client_id
    section = "RFC 6749 §4.1.2" if isinstance(given, Code) else "RFC 8628 §3.5"
    explain(http, "invalid_grant", cause, section)
    if revocation.end(http.tx, given.identity_id, grant, client_id, "code_replayed", now):
        audit.record(
            http.tx, "grant.code_replayed", now, identity=given.identity_id, actor="service", client_id=client_id,
            detail={"grant": str(grant)},
        )  # fmt: skip
        parts.metrics.event("code_replayed")
    return 400, {"error": "invalid_grant"}, []
