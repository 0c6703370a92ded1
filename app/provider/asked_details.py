"""Authorization details in a form that is answered by JSON (RFC 9396 §4, §6)."""

from app.clients.registry import Client
from app.grants.authorization_details import NAME, BadDetails, Details, read_details
from app.provider.errors import ProtocolError, invalid_request
from app.provider.parts import Parts
from app.web.request import Form

BAD_DETAILS = "invalid_authorization_details"


def asked_details(form: Form, client: Client, parts: Parts) -> Details | None:
    """The details that a request names, checked whole; None where it names none. Raises ProtocolError."""
    if NAME not in form:
        return None
    if NAME in form.repeated:
        raise invalid_request(f"{NAME} is repeated")
    try:
        return read_details(form[NAME], client, parts.detail_types, parts.settings.issuer)
    except BadDetails as problem:
        raise ProtocolError(BAD_DETAILS, str(problem)) from None
