"""Reading an authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1): first where it may be answered, then what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.clients.registry import Client, Clients
from app.grants.authorization_details import NAME as DETAILS
from app.grants.authorization_details import BadDetails, read_details, written
from app.grants.claims_parameter import NOTHING, BadClaims, ClaimsRequest, parse_claims
from app.grants.detail_types import DetailTypes
from app.keys.signing import BadToken, SigningKeys
from app.provider.dpop import is_thumbprint
from app.provider.pkce import is_challenge
from app.provider.response_mode import mode_of
from app.provider.sections import CORE, demanded
from app.provider.target import LONGEST_VALUE, Refused, Target, find_target
from app.web.request import Form

PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
UNSUPPORTED = {
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
FROZEN = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "prompt", "max_age", "login_hint", "id_token_hint", "ui_locales", "acr_values", "response_mode", "dpop_jkt",
    "claims", "resource", "authorization_details",
)  # fmt: skip
"""What an ask keeps of a request."""
HEEDED = frozenset({*FROZEN, *UNSUPPORTED, "request", "display", "claims_locales"})
"""Each of these comes once at most (SR-004). Parameters that we do not know are ignored (RFC 6749 §3.1)."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A validated request."""

    target: Target
    parameters: Mapping[str, str]
    """What an ask or a pushed request keeps: only what the request itself said, since it is read once more."""
    scope: tuple[str, ...]
    prompt: frozenset[str]
    max_age_s: int | None
    hinted_sub: str | None
    acr_values: tuple[str, ...]
    claims: ClaimsRequest
    challenge: str
    nonce: str
    details: str = ""
    """Authorization details, as they are kept (RFC 9396); empty: none."""

    @property
    def client(self) -> Client:
        """Whose request it is."""
        return self.target.client


def validate(
    form: Form, clients: Clients, signing: SigningKeys, types: DetailTypes, issuer: str
) -> AuthorizationRequest:
    """Check a request whole. Raises Unanswerable, or Refused, which knows where to."""
    target = find_target(form, clients, issuer)
    _refuse_what_is_not_offered(target, form)
    challenge = _challenge(target, form)
    nonce = form.get("nonce", "")
    if not nonce and target.client.require_nonce:
        raise Refused(target, "invalid_request", "nonce is missing", "OIDC Core §3.1.2.1")
    claims = _claims(target, form)
    details = _details(target, form, types)
    parameters = {name: form[name] for name in FROZEN if name in form}
    if details:
        parameters[DETAILS] = details
    return AuthorizationRequest(
        target=target,
        parameters=parameters,
        scope=_scope(target, form),
        prompt=_prompt(target, form),
        max_age_s=_max_age(target, form),
        hinted_sub=_hinted_sub(target, form, signing),
        acr_values=_acr_values(target.client, form, claims),
        claims=claims,
        challenge=challenge,
        nonce=nonce,
        details=details,
    )


def _refuse_what_is_not_offered(target: Target, form: Form) -> None:
    if "resource" in form and not _may_reach(form, target):
        raise Refused(
            target, "invalid_target", "one resource that this client may ask tokens for"
        )  # RFC 8707 §2
    if form.repeated & HEEDED:
        raise Refused(target, "invalid_request", "a parameter is repeated", "RFC 6749 §3.1")
    if any(len(form.get(name, "").encode()) > LONGEST_VALUE for name in ("state", "nonce")):
        raise Refused(
            target, "invalid_request", "state and nonce are at most 1024 bytes", "RFC 6749 §4.1.2"
        )  # SR-009
    if "dpop_jkt" in form and not is_thumbprint(form["dpop_jkt"]):
        raise Refused(target, "invalid_request", "dpop_jkt is the thumbprint of a key", "RFC 9449 §10")
    for name, code in UNSUPPORTED.items():
        if name in form:
            raise Refused(target, code)  # OIDC Core §3.1.2.6
    if "response_type" not in form:
        raise Refused(target, "invalid_request", "response_type is missing", "RFC 6749 §3.1.1")
    if form["response_type"] != "code":
        raise Refused(target, "unsupported_response_type")  # SR-006
    if mode_of(form, target.client, target.redirect_uri) is None:
        section = demanded(target.client, "MS §5.4.1", "JARM §2.3")  # SR-010
        modes = ", ".join(target.client.metadata.response_modes)
        raise Refused(target, "invalid_request", f"say response_mode, one of: {modes}", section)


def _may_reach(form: Form, target: Target) -> bool:
    """Whether it names one resource server, which its client may have tokens for (SR-067)."""
    return "resource" not in form.repeated and target.client.may_reach(form["resource"], target.issuer)


def _challenge(target: Target, form: Form) -> str:
    """The S256 challenge (RFC 7636 §4.3). `plain`, and leaving the method out, which means `plain`, are refused."""
    challenge, method = form.get("code_challenge", ""), form.get("code_challenge_method", "")
    if not challenge and not method and not target.client.require_pkce:
        return ""
    if method != "S256" or not is_challenge(challenge):
        section = demanded(target.client, "SP §5.3.2.2", "RFC 7636 §4.4.1")
        raise Refused(target, "invalid_request", "PKCE with S256 is required", section)
    return challenge


def _scope(target: Target, form: Form) -> tuple[str, ...]:
    """The scopes asked for that the client may have, each once, in the order asked. Others are ignored (OIDC Core §3.1.2.1)."""
    allowed = target.client.scopes
    wanted = dict.fromkeys(form.get("scope", "").split())
    scope = tuple(name for name in wanted if name in allowed)
    if not scope and ("scope" in form or DETAILS not in form):  # RFC 9396 §3: either will do
        raise Refused(target, "invalid_scope", "no scope that this client may have")
    return scope


def _prompt(target: Target, form: Form) -> frozenset[str]:
    prompt = frozenset(form.get("prompt", "").split())
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise Refused(target, "invalid_request", "this prompt is not supported", CORE)
    return prompt


def _max_age(target: Target, form: Form) -> int | None:
    text = form.get("max_age")
    if text is None:
        return target.client.metadata.default_max_age
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Refused(target, "invalid_request", "max_age is a number of seconds", CORE)
    return int(text)


def _claims(target: Target, form: Form) -> ClaimsRequest:
    """Claims asked for one by one, as far as the client's own scopes permit them (OIDC Core §5.5).

    Levels that a request names are no wish where userinfo demands one of them: its client gets no token that would
    be refused once more (RFC 9470 §5).
    """
    claims = NOTHING
    if "claims" in form:
        try:
            claims = parse_claims(form["claims"], target.client.scopes)
        except BadClaims as problem:
            raise Refused(target, "invalid_request", str(problem), "OIDC Core §5.5") from None
    acr = target.client.metadata.userinfo_acr
    if acr and not claims.acr and acr in (named := form.get("acr_values", "").split()):
        return replace(claims, acr=tuple(dict.fromkeys(named)))
    return claims


def _details(target: Target, form: Form, types: DetailTypes) -> str:
    """What it wants to be allowed in full (RFC 9396 §3), checked, in the one form that is kept."""
    if DETAILS not in form:
        return ""
    try:
        return written(read_details(form[DETAILS], target.client, types, target.issuer))
    except BadDetails as problem:
        raise Refused(target, "invalid_authorization_details", str(problem)) from None


def _acr_values(client: Client, form: Form, claims: ClaimsRequest) -> tuple[str, ...]:
    """Levels to look for: those that the answer must name, or else all that were wished for (OIDC Core §5.5.1.1)."""
    if claims.acr:
        return claims.acr
    wished = (*form.get("acr_values", "").split(), *claims.acr_wished)
    return tuple(dict.fromkeys(wished)) or client.metadata.default_acr_values


def _hinted_sub(target: Target, form: Form, signing: SigningKeys) -> str | None:
    """The subject of an ID token that we once gave this client; an expired one still names it (OIDC Core §3.1.2.1)."""
    hint = form.get("id_token_hint")
    if hint is None:
        return None
    try:
        claims = signing.verify(hint, "JWT", expired_ok=True)
    except BadToken:
        raise Refused(target, "invalid_request", "id_token_hint is not valid", CORE) from None
    if claims.get("aud") != target.client.client_id:
        raise Refused(target, "invalid_request", "id_token_hint is not valid", CORE)
    return str(claims["sub"])
