"""Where the specifications say what a refusal is about: for the log alone, never for the wire (SR-033)."""

from app.clients.client import Client

CORE = "OIDC Core §3.1.2.6"
OF_CODE = {
    "": "RFC 6750 §3",
    "access_denied": "RFC 6749 §4.1.2.1",
    "account_selection_required": CORE,
    "authorization_pending": "RFC 8628 §3.5",
    "consent_required": CORE,
    "expired_token": "RFC 8628 §3.5",
    "insufficient_scope": "RFC 6750 §3.1",
    "insufficient_user_authentication": "RFC 9470 §3",
    "interaction_required": CORE,
    "invalid_authorization_details": "RFC 9396 §5",
    "invalid_client": "RFC 6749 §5.2",
    "invalid_client_metadata": "RFC 7591 §3.2.2",
    "invalid_dpop_proof": "RFC 9449 §5",
    "invalid_grant": "RFC 6749 §5.2",
    "invalid_redirect_uri": "RFC 7591 §3.2.2",
    "invalid_request": "RFC 6749 §5.2",
    "invalid_request_object": "RFC 9101 §6",
    "invalid_request_uri": "RFC 9101 §5.2",
    "invalid_scope": "RFC 6749 §3.3",
    "invalid_software_statement": "RFC 7591 §3.2.2",
    "invalid_target": "RFC 8707 §2",
    "invalid_token": "RFC 6750 §3.1",
    "login_required": CORE,
    "registration_not_supported": CORE,
    "request_not_supported": CORE,
    "request_uri_not_supported": CORE,
    "slow_down": "RFC 8628 §3.5",
    "temporarily_unavailable": "RFC 6749 §4.1.2.1",
    "unapproved_software_statement": "RFC 7591 §3.2.2",
    "unauthorized_client": "RFC 6749 §5.2",
    "unmet_authentication_requirements": "OIDC Core §5.5.1.1",
    "unsupported_grant_type": "RFC 6749 §5.2",
    "unsupported_response_type": "RFC 6749 §3.1.1",
    "unsupported_token_type": "RFC 7009 §2.2.1",
    "use_dpop_nonce": "RFC 9449 §8",
}
"""The section that defines each error; where a fault is found a nearer one may be named."""


def demanded(client: Client, by_profile: str, otherwise: str) -> str:
    """The section of FAPI 2.0 where the client's profile demands it, or else that of the specification itself."""
    return f"FAPI 2.0 {by_profile}" if client.fapi else otherwise


def section_of(code: str) -> str:
    """The section that defines an error; empty for one that is not ours."""
    return OF_CODE.get(code, "")
