"""Clients that register and manage themselves (RFC 7591, RFC 7592): the same record, by narrower rules."""

import hmac
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, select, update

from app.clients import logos, registration
from app.clients.addresses import BadAddress, host_of
from app.clients.initial_tokens import hash_of
from app.clients.logos import Logo
from app.clients.metadata import BadMetadata, ClientMetadata, parse
from app.clients.policy import Policy
from app.clients.registration import Registered
from app.clients.registry import CLIENT_ID
from app.clients.tables import KIND, clients
from app.events import audit
from app.storage.database import Transaction
from app.storage.versions import bump

ACTOR = "client"
GRANT_TYPES = frozenset({"authorization_code", "refresh_token"})
OPERATORS = frozenset(
    {"first_party", "sector", "require_pkce", "allowed_scopes", "fapi", "access_token_s", "accent", "short_name",
     "android_apps", "apple_app_ids", "assertion_audience", "resources", "resource_server", "authorization_details_types",
     "userinfo_acr", "userinfo_max_age"}
)  # fmt: skip
"""Members that only an operator sets (SR-056, SR-060)."""
EXCEPTIONS = frozenset({"require_pkce", "assertion_audience"})
"""Those of them that an initial access token may set for its clients."""
OURS = frozenset(
    {
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    }
)
"""Members that a replacement must not hold (RFC 7592 §2.2)."""
FALLBACK_NAME = "Application"


@dataclass(frozen=True, slots=True)
class SelfRegistered:
    """A new client, and the token that manages it; both secrets are known only here and now."""

    made: Registered
    management_token: str


def check(
    given: Mapping[str, Any],
    scopes: frozenset[str],
    policy: Policy,
    members: Mapping[str, Any] = MappingProxyType({}),
) -> ClientMetadata:
    """Metadata that somebody gave for themselves, within these scopes. Raises BadMetadata.

    `members` is what an operator excepts them from; clients without a secret or key are not excepted.
    """
    problems = [(name, "only an operator sets this") for name in sorted(OPERATORS & given.keys())]
    grant_types = given.get("grant_types", ["authorization_code"])
    if not isinstance(grant_types, list) or not all(isinstance(name, str) for name in grant_types):
        problems.append(("grant_types", "it is no list of names"))
    elif not set(grant_types) <= GRANT_TYPES:
        problems.append(("grant_types", "authorization_code and refresh_token alone"))
    scope = given.get("scope", "")
    if not isinstance(scope, str):
        problems.append(("scope", "it is no text"))
    if problems:
        raise BadMetadata(problems)
    asked = scope.split() or sorted(scopes)
    allowed = [name for name in dict.fromkeys(asked) if name in scopes]
    if not allowed:
        raise BadMetadata([("scope", "nothing of it may be had with this token")])
    excepted = {} if given.get("token_endpoint_auth_method") == "none" else members
    ours = {"scope": " ".join(allowed), "client_name": _name(given), **excepted}
    return parse(dict(given) | ours, policy)


def exceptions(former: ClientMetadata) -> dict[str, Any]:
    """What a client was excepted from when it registered."""
    return {name: value for name, value in former.document().items() if name in EXCEPTIONS}


def create(tx: Transaction, metadata: ClientMetadata, logo: Logo | None, now: int) -> SelfRegistered:
    """Register a client and give it a token to manage itself with; of that only the hash is kept."""
    made, token = registration.add(tx, metadata, now, actor=ACTOR), f"rat_{random.token_urlsafe(32)}"
    mine = clients.c.client_id == made.client_id
    tx.execute(update(clients).where(mine).values(management_hash=hash_of(token)))
    if logo is not None:
        logos.keep(tx, made.client_id, logo, now)
    return SelfRegistered(made, token)


def find(tx: Transaction, client_id: str, token: str, *, hold: bool = False) -> Row[Any] | None:
    """The record that this token manages; None when there is none, or the client is disabled (RFC 7592 §2)."""
    if CLIENT_ID.fullmatch(client_id) is None:  # nor does every database take any text
        return None
    wanted = select(clients).where(clients.c.client_id == client_id, clients.c.disabled_at.is_(None))
    row = tx.execute(wanted.with_for_update() if hold else wanted).first()
    if row is None or row.management_hash is None:
        return None
    return row if hmac.compare_digest(row.management_hash, hash_of(token)) else None


def replace(
    tx: Transaction,
    client_id: str,
    former: ClientMetadata,
    metadata: ClientMetadata,
    logo: Logo | None,
    now: int,
) -> None:
    """Put new metadata in the place of what was there (RFC 7592 §2.2).

    A logo that can just not be had from where it came from before stays. Where nothing changes nothing is written:
    each change has every process read its clients anew.
    """
    if logo is None and metadata == former:
        return
    mine = clients.c.client_id == client_id
    tx.execute(update(clients).where(mine).values(metadata=metadata.document(), changed_at=now))
    if logo is not None or metadata.logo_uri != former.logo_uri:
        logos.keep(tx, client_id, logo, now)
    bump(tx, KIND)
    audit.record(tx, "client.replaced", now, actor=ACTOR, client_id=client_id)


def remove(tx: Transaction, client_id: str, now: int) -> None:
    """End a client on its own wish (RFC 7592 §2.3). Its record stays, for what refers to it; nothing works with it any more."""
    mine = clients.c.client_id == client_id
    tx.execute(update(clients).where(mine).values(disabled_at=now, changed_at=now, management_hash=None))
    logos.keep(tx, client_id, None, now)
    bump(tx, KIND)
    audit.record(tx, "client.removed", now, actor=ACTOR, client_id=client_id)


def _name(given: Mapping[str, Any]) -> Any:
    """Its name, or, where it says none (RFC 7591 §2), the host that it answers at."""
    name, redirects = given.get("client_name"), given.get("redirect_uris")
    if name or not isinstance(redirects, list) or not redirects or not isinstance(redirects[0], str):
        return name or FALLBACK_NAME
    try:
        return host_of(redirects[0])[:60] or FALLBACK_NAME
    except BadAddress:  # which is told of the address itself
        return FALLBACK_NAME
