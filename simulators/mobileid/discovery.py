"""The discovery document, with the members that are Mobile Connect's own. It names what is served here."""

from typing import Any

from simulators.mobileid.si_authorize import RESPONSE_TYPES, SCOPES

LOGIN_HINTS = ["MSISDN"]


def document(issuer: str) -> dict[str, Any]:
    """`/.well-known/openid-configuration`."""
    return {
        "issuer": issuer,
        "si_authorization_endpoint": f"{issuer}/si-authorize",
        "token_endpoint": f"{issuer}/mc-token",
        "jwks_uri": f"{issuer}/jwks",
        "login_hint_methods_supported": LOGIN_HINTS,
        "login_hint_types_supported": LOGIN_HINTS,
        "mc_version": ["mc_si_r2_v1.0"],
        "mobile_connect_version_supported": [{"openid": "mc_si_r2_v1.0"}, {"mc_authn": "mc_si_r2_v1.0"}],
        "acr_values_supported": ["2", "3"],
        "response_types_supported": list(RESPONSE_TYPES),
        "grant_types_supported": ["urn:openid:params:mc:grant_type:server_initiated"],
        "mc_amr_values_supported": ["PUSH_OK", "SIM_PIN", "OTP_OK"],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "request_object_signing_alg_values_supported": ["RS256"],
    }
