"""Metadata of our own API, which is userinfo, as a protected resource (RFC 9728)."""

from app.clients.scopes import ABOUT_A_PERSON
from app.provider.dpop import ALGORITHMS
from config.settings import Settings

PATH = "/.well-known/oauth-protected-resource"


def address(settings: Settings) -> str:
    """Where the document is. The resource is our issuer, an origin, so no path follows (RFC 9728 §3.1)."""
    return f"{settings.issuer}{PATH}"


def resource_metadata(settings: Settings, algorithms: list[str]) -> dict[str, object]:
    """What works, and nothing else (RFC 9728 §2). `algorithms`: those that userinfo is signed by."""
    issuer = settings.issuer
    said: dict[str, object] = {
        "resource": issuer,
        "resource_name": "MostID",
        "authorization_servers": [issuer],
        "jwks_uri": f"{issuer}/jwks.json",
        "scopes_supported": list(ABOUT_A_PERSON),
        "bearer_methods_supported": ["header", "body"],
        "resource_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }
    if settings.client_certificates:
        said["tls_client_certificate_bound_access_tokens"] = True
    known = {
        "resource_documentation": settings.service_documentation,
        "resource_policy_uri": settings.op_policy_uri,
        "resource_tos_uri": settings.op_tos_uri,
    }
    return said | {name: written for name, written in known.items() if written}
