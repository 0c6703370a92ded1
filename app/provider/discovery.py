"""Metadata (OIDC Discovery §3, RFC 8414 §2) and the key set (RFC 7517 §5). Both are answered from memory (SR-072)."""

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache

from app.grants.device_requests import GRANT_TYPE as DEVICE_CODE
from app.keys.jwk import ALGORITHMS as ASSERTION_ALGORITHMS
from app.keys.lifecycle import ALGORITHMS
from app.keys.signing import SigningKeys
from app.provider.dpop import ALGORITHMS as PROOF_ALGORITHMS
from app.provider.next_step import reachable_acr
from app.provider.response_mode import MODES
from app.web.request import Answer, Request
from config.settings import Settings

CLAIMS = [
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "name", "given_name",
    "family_name", "nickname", "picture", "gender", "birthdate", "locale", "updated_at", "email", "email_verified",
    "phone_number", "phone_number_verified",
]  # fmt: skip
AUTH_METHODS = ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"]
CACHE_S, SHORTEST_CACHE_S = 3_600, 300
STALE_S = 600
"""How long a cache may go on with what it has while it asks again (RFC 5861 §3)."""


def metadata(settings: Settings) -> dict[str, object]:
    """What works, and nothing else."""
    issuer = settings.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "end_session_endpoint": f"{issuer}/logout",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "registration_endpoint": f"{issuer}/register",
        "response_types_supported": ["code"],
        "response_modes_supported": list(MODES),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE],
        "scopes_supported": ["openid", "profile", "email", "phone", "offline_access"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": AUTH_METHODS[:-1],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "acr_values_supported": list(reachable_acr(settings)),
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "ui_locales_supported": ["ru", "en"],
        "claim_types_supported": ["normal"],
        "claims_supported": CLAIMS,
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
    } | _documents(settings)


def _documents(settings: Settings) -> dict[str, str]:
    """What people may read about this deployment, as far as it has been written."""
    known = {
        "op_policy_uri": settings.op_policy_uri,
        "op_tos_uri": settings.op_tos_uri,
        "service_documentation": settings.service_documentation,
    }
    return {name: address for name, address in known.items() if address}


def discovery(settings: Settings) -> Callable[[Request], Answer]:
    """Both well-known documents: the same bytes, made once."""
    body = json.dumps(metadata(settings), separators=(",", ":")).encode()
    return lambda request: cacheable(request, body, CACHE_S, STALE_S)


def jwks(signing: SigningKeys, cache_s: int) -> Callable[[Request], Answer]:
    """The key set. Services may keep it as long as a new key is published before it signs, stale or not (SR-069)."""
    whole = max(SHORTEST_CACHE_S, min(cache_s, CACHE_S))
    stale = min(STALE_S, whole - SHORTEST_CACHE_S)
    return lambda request: cacheable(request, signing.jwks(), whole - stale, stale)


def cacheable(request: Request, body: bytes, seconds: int, stale: int) -> Answer:
    """A document for anybody to keep for a while; a cache that has it already is told so."""
    tag = _tag(body)
    headers = (
        ("Content-Type", "application/json"),
        ("Cache-Control", f"public, max-age={seconds}, stale-while-revalidate={stale}"),
        ("ETag", tag),
    )
    if _has(request.headers.get("if-none-match", ""), tag):
        return Answer(304, b"", headers)
    return Answer(200, body, headers)


@lru_cache(maxsize=16)
def _tag(body: bytes) -> str:
    """The mark of a document; the few that there are stay the same for long."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _has(known: str, tag: str) -> bool:
    """Whether a cache that names what it has (RFC 9110 §13.1.2) has this. A proxy may have made the tag weak."""
    return any(part.strip().removeprefix("W/") in {tag, "*"} for part in known.split(","))
