"""What has to happen next to a validated authorization request: the one place that decides it.

Steps return here and never call each other. A step that was taken shows in the session or the consent being newer
than the ask.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.grants.claims_parameter import NOTHING, ClaimsRequest
from app.grants.grants import Standing
from app.provider.authorize_request import AuthorizationRequest
from app.sessions.browser import BrowserSession
from config.settings import Settings

ACR_RANK = {"urn:mostid:acr:1": 1, "urn:mostid:acr:2": 2, "urn:mostid:acr:3": 3}
FRESH_PROMPTS = frozenset({"login", "create"})
ANSWERED_MS = 120_000
"""How old the proof may be that answered `prompt=login` or `max_age`, while its request waits: long enough to read and
answer the consent page that follows, too short for who comes back to an old address of ours."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything is there: give the code, with these scopes."""

    scope: tuple[str, ...]
    claims: ClaimsRequest = NOTHING
    """Claims besides those of the scopes."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The person must prove who they are."""

    force: bool
    """Whether an upstream that knows the person has to ask again all the same (OIDC Core §3.1.2.1)."""


@dataclass(frozen=True, slots=True)
class ChooseAccount:
    """The person must say who they are, of those who are signed in here, or that they are somebody else."""

    named: str = ""
    """The mark of whom the request names, to be shown first."""


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The person must say what this client may have."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request ends with this error (OIDC Core §3.1.2.6)."""

    code: str


Step = Issue | SignIn | ChooseAccount | AskConsent | Refuse


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when the decision is taken. Times in ms."""

    session: BrowserSession | None
    standing: Standing | None
    now: int
    made_at: int | None
    """When the ask was made; None on the first visit."""
    declined: bool
    reachable: tuple[str, ...]
    """Levels that a new proof can give."""
    allowed: bool
    """Whether the session's person has allowed the authorization details of this very ask."""
    knows_hint: Callable[[], bool]
    """Whether the subject that was named is the session's person; asked only when one was."""
    chosen: bool
    """Whether the session's person was chosen for this request, on our page."""
    has_others: Callable[[], bool]
    """Whether others are signed in here; asked only where nobody is the current one and no page may ask."""


def reachable_acr(settings: Settings) -> tuple[str, ...]:
    """The levels that the ways in of this deployment can give; the phone alone gives the second."""
    return ("urn:mostid:acr:1", "urn:mostid:acr:2") if settings.phone_enabled else ("urn:mostid:acr:1",)


def decide(request: AuthorizationRequest, facts: Facts) -> Step:
    """The next step."""
    if facts.declined:
        return Refuse("access_denied")
    step = _identification(request, facts) or _consent(request, facts)
    if "none" not in request.prompt or isinstance(step, Issue | Refuse):
        return step
    if isinstance(step, AskConsent):
        return Refuse("consent_required")
    # Of several none is the current one: only their person can say which (OIDC Core §3.1.2.6).
    several = facts.session is None and facts.has_others()
    return Refuse("account_selection_required" if several else "login_required")  # SR-018


def _identification(request: AuthorizationRequest, facts: Facts) -> SignIn | ChooseAccount | Refuse | None:
    session, standing = facts.session, facts.standing
    asks_again = bool(request.prompt & FRESH_PROMPTS) or request.max_age_s is not None
    selects = "select_account" in request.prompt and not facts.chosen
    if session is None or standing is None or not standing.active:
        return ChooseAccount() if selects else SignIn(asks_again)
    fresh = facts.made_at is not None and session.proved_at >= facts.made_at
    if selects and not fresh:
        return ChooseAccount()
    if _wants_anew(request, facts, session, fresh=fresh):
        return SignIn(force=True)
    # Voluntary (OIDC Core §3.1.2.1): asked for once, then answered with what there is.
    more = not fresh and _wants_more(request.acr_values, session.acr, facts.reachable)
    if more and "none" not in request.prompt:
        return SignIn(asks_again)
    if (request.hinted_sub is not None or request.claims.subs is not None) and not facts.knows_hint():
        return Refuse("login_required") if fresh or facts.chosen else SignIn(force=True)
    return _essential_level(request, facts, session, fresh=fresh) if request.claims.acr else None


def _wants_anew(request: AuthorizationRequest, facts: Facts, session: BrowserSession, *, fresh: bool) -> bool:
    """Whether a newer proof is demanded. One that was given for this request is good for a moment, or for max_age."""
    longest = max((request.max_age_s or 0) * 1000, ANSWERED_MS)
    if fresh and facts.now - session.proved_at <= longest:
        return False
    return bool(request.prompt & FRESH_PROMPTS) or _is_too_old(session, request.max_age_s, facts.now)


def _essential_level(
    request: AuthorizationRequest, facts: Facts, session: BrowserSession, *, fresh: bool
) -> SignIn | Refuse | None:
    """A level that the answer must name is reached, by one new proof, or the request fails (OIDC Core §5.5.1.1)."""
    if named_acr(request, session.acr) in request.claims.acr:
        return None
    if not fresh and set(request.claims.acr) & set(facts.reachable):
        return SignIn(force=True)
    return Refuse("unmet_authentication_requirements")


def named_acr(request: AuthorizationRequest, acr: str) -> str:
    """The level that the answer names: of those that it must name, the highest that this proof satisfies."""
    rank = ACR_RANK.get(acr, 0)
    fitting = [value for value in request.claims.acr if ACR_RANK.get(value, rank + 1) <= rank]
    return max(fitting, key=lambda value: ACR_RANK[value], default=acr)


def _consent(request: AuthorizationRequest, facts: Facts) -> Step:
    """First-party services need no consent page, except when they ask for one, or nobody knows who asks."""
    standing = facts.standing
    assert standing is not None  # noqa: S101  # _identification has seen it
    asks = "consent" in request.prompt or request.client.may_be_anybody(request.target.redirect_uri)
    if request.details and not facts.allowed:
        return AskConsent()
    if request.client.first_party and not asks:
        return Issue(request.scope, request.claims)
    just_given = facts.made_at is not None and standing.decided_at >= facts.made_at
    undecided = (set(request.scope) | request.claims.scopes) - standing.consented - standing.left_out
    if (asks or undecided) and not just_given:
        return AskConsent()
    scope = tuple(name for name in request.scope if name in standing.consented)
    if scope or request.details:
        return Issue(scope, request.claims.within(standing.consented))
    return Refuse("access_denied") if just_given else AskConsent()


def _is_too_old(session: BrowserSession, max_age_s: int | None, now: int) -> bool:
    """Whether the proof is older than the service takes, as it will reckon it: by whole seconds of `auth_time`."""
    if max_age_s is None:
        return False
    return max_age_s == 0 or now - session.auth_time // 1000 * 1000 > max_age_s * 1000


def _wants_more(values: tuple[str, ...], acr: str, offered: tuple[str, ...]) -> bool:
    """Whether a level was asked for that the session does not have and a new proof could give."""
    reachable = [value for value in values if value in offered]
    return bool(reachable) and all(ACR_RANK[value] > ACR_RANK.get(acr, 0) for value in reachable)
