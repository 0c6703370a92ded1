"""Metadata (OIDC Discovery §3, RFC 8414 §2) and the key set (RFC 7517 §5). Both are answered from memory (SR-072)."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from app.clients import mutual_tls
from app.clients.scopes import PERSONAL
from app.grants.device_requests import GRANT_TYPE as DEVICE_CODE
from app.keys.encryption import ALGORITHMS as ENCRYPTION_ALGORITHMS
from app.keys.encryption import CONTENT_ALGORITHMS
from app.keys.jwk import ALGORITHMS as ASSERTION_ALGORITHMS
from app.keys.signing import SigningKeys
from app.provider.dpop import ALGORITHMS as PROOF_ALGORITHMS
from app.provider.next_step import reachable_acr
from app.provider.response_mode import MODES
from app.storage.database import Unavailable
from app.web.request import Answer, Request
from config.settings import Settings

CLAIMS = [
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "name", "given_name",
    "family_name", "nickname", "picture", "gender", "birthdate", "locale", "updated_at", "email", "email_verified",
    "phone_number", "phone_number_verified",
]  # fmt: skip
AUTH_METHODS = ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"]
ALIASES = {
    "token_endpoint": "/token",
    "userinfo_endpoint": "/userinfo",
    "introspection_endpoint": "/introspect",
    "revocation_endpoint": "/revoke",
    "pushed_authorization_request_endpoint": "/par",
    "device_authorization_endpoint": "/device_authorization",
}
"""What services ask with their certificates."""
CACHE_S, SHORTEST_CACHE_S = 3_600, 300
STALE_S = 600
"""How long a cache may go on with what it has while it asks again (RFC 5861 §3)."""
Describe = Callable[[list[str]], dict[str, object]]
"""Makes a document, for the algorithms that we sign by now."""


def metadata(settings: Settings, types: Iterable[str], algorithms: list[str]) -> dict[str, object]:
    """What works, and nothing else: these types of authorization details, those `algorithms` that we sign by now."""
    names = sorted(types)
    return {
        "issuer": settings.issuer,
        **_endpoints(settings.issuer),
        "response_types_supported": ["code"],
        "response_modes_supported": list(MODES),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE],
        "scopes_supported": list(PERSONAL),
        "subject_types_supported": ["public", "pairwise"],
        **_answers(algorithms),
        **_authentication(_auth_methods(settings)),
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
        "request_uri_parameter_supported": settings.request_uri_fetching,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "protected_resources": [settings.issuer],
        **({"authorization_details_types_supported": names} if names else {}),  # RFC 9396 §10
        **_mutual_tls(settings),
        **_documents(settings),
    }


def _endpoints(issuer: str) -> dict[str, str]:
    return {
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
    }


def _answers(algorithms: list[str]) -> dict[str, list[str]]:
    """How answers are signed and encrypted."""
    keys, contents = list(ENCRYPTION_ALGORITHMS), list(CONTENT_ALGORITHMS)
    return {
        "id_token_signing_alg_values_supported": algorithms,
        "id_token_encryption_alg_values_supported": keys,
        "id_token_encryption_enc_values_supported": contents,
        "userinfo_signing_alg_values_supported": algorithms,
        "userinfo_encryption_alg_values_supported": keys,
        "userinfo_encryption_enc_values_supported": contents,
        "introspection_signing_alg_values_supported": algorithms,
        "authorization_signing_alg_values_supported": algorithms,
    }


def _authentication(methods: list[str]) -> dict[str, list[str]]:
    """How clients prove themselves, and by what they sign their assertions."""
    proving = [name for name in methods if name != "none"]
    said = {}
    for endpoint, known in (("token", methods), ("introspection", proving), ("revocation", methods)):
        said[f"{endpoint}_endpoint_auth_methods_supported"] = known
        said[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = list(ASSERTION_ALGORITHMS)
    return said


def _auth_methods(settings: Settings) -> list[str]:
    return [*(mutual_tls.METHODS if settings.client_certificates else ()), *AUTH_METHODS]


def _mutual_tls(settings: Settings) -> dict[str, object]:
    """That tokens may be bound to certificates, and where these are asked for (RFC 8705 §3.3, §5)."""
    if not settings.client_certificates:
        return {}
    said: dict[str, object] = {"tls_client_certificate_bound_access_tokens": True}
    if settings.mtls_origin:
        said["mtls_endpoint_aliases"] = {
            name: f"{settings.mtls_origin}{path}" for name, path in ALIASES.items()
        }
    return said


def _documents(settings: Settings) -> dict[str, str]:
    """What people may read about this deployment, as far as it has been written."""
    known = {
        "op_policy_uri": settings.op_policy_uri,
        "op_tos_uri": settings.op_tos_uri,
        "service_documentation": settings.service_documentation,
    }
    return {name: address for name, address in known.items() if address}


class Discovery:
    """A well-known document: the same bytes, made anew only when other keys sign.

    An algorithm whose first key waits to be published long enough is announced from when it signs (SR-069).
    """

    def __init__(self, settings: Settings, signing: SigningKeys, describe: Describe) -> None:
        self._settings, self._signing, self._describe = settings, signing, describe
        self._made: tuple[Mapping[str, str], bytes] | None = None
        # No longer than the key that signed it is published.
        whole = min(CACHE_S + STALE_S, settings.lifetimes.key_retire_s)
        self._stale_s = min(STALE_S, whole - SHORTEST_CACHE_S)
        self._fresh_s = whole - self._stale_s

    def __call__(self, request: Request) -> Answer:
        """The document, for anybody to keep for a while. It goes on while the store of keys cannot be read."""
        return cacheable(request, self._current(), self._fresh_s, self._stale_s)

    def _current(self) -> bytes:
        made = self._made
        try:
            signers = self._signing.signers()
        except Unavailable:
            if made is None:
                raise
            return made[1]
        if made is None or made[0] != signers:
            made = self._made = signers, self._body(signers)
        return made[1]

    def _body(self, signers: Mapping[str, str]) -> bytes:
        document = self._describe(list(signers))
        if self._settings.signed_metadata:
            document["signed_metadata"] = self._signed(document)
        return json.dumps(document, separators=(",", ":")).encode()

    def _signed(self, document: Mapping[str, object]) -> str:
        """The same, signed (RFC 8414 §2.1, RFC 9728 §2.2). Without times, so that all our processes say the same bytes."""
        claims = {"iss": self._settings.issuer, **document}
        return self._signing.sign(claims, "RS256", "JWT")


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
    if request.has(tag):
        return Answer(304, b"", headers)
    return Answer(200, body, headers)


@lru_cache(maxsize=16)
def _tag(body: bytes) -> str:
    """The mark of a document; the few that there are stay the same for long."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
