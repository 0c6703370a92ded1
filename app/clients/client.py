"""A registered service as requests see it: immutable, made once from its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.clients import secrets
from app.clients.addresses import host_of, loopback_parts
from app.clients.metadata import ECOSYSTEM, ClientMetadata
from app.clients.scopes import EMPTY, OFFLINE
from app.keys.jwk import PublicKey, read_set

LOGO_PATH, STATIC_PATH = "/logo/", "/static/"


@dataclass(frozen=True, slots=True)
class Client:
    """What a service may do, and how it proves itself."""

    client_id: str
    names: Mapping[str, str]
    """Name by language; the empty language is the default."""
    logo_uri: str
    """The address of ours at which its logo is; empty for none. Pages load no picture from elsewhere."""
    logo_hash: str
    """SHA-256 of its logo that we keep."""
    policy_uri: str
    tos_uri: str
    initiate_login_uri: str
    accent: str
    short_name: str
    first_party: bool
    sector: str
    """A word for our own services; `host:…` or `client:…` for third parties, so that the two never meet."""
    auth_method: str
    application_type: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    grant_types: frozenset[str]
    scopes: frozenset[str]
    """Those that it may ask for and that stand for something."""
    require_pkce: bool
    require_nonce: bool
    fapi: str
    """Its FAPI 2.0 profile; empty for none."""
    id_token_alg: str
    access_token_s: int | None
    loopbacks: frozenset[tuple[str, str]]
    secrets: tuple[secrets.SecretHash, ...]
    keys: tuple[PublicKey, ...]
    """Its public keys that were registered by value."""
    metadata: ClientMetadata
    """All that was registered, for what few requests ask."""

    @property
    def public(self) -> bool:
        """Whether it has no secret (RFC 6749 §2.1)."""
        return self.auth_method == "none"

    def name(self, locale: str) -> str:
        """Its name in this language, or its default name."""
        return self.names.get(locale.partition("-")[0]) or self.names[""]

    def login_url(self, issuer: str) -> str:
        """Where the service begins a sign-in of its own accord (OIDC Core §4); empty if it has no such place."""
        if not self.initiate_login_uri:
            return ""
        joint = "&" if "?" in self.initiate_login_uri else "?"
        return f"{self.initiate_login_uri}{joint}{urlencode({'iss': issuer})}"

    def accepts_redirect(self, uri: str) -> bool:
        """Whether this very string is registered (RFC 9700 §4.1.3).

        The port of a native client's loopback address is chosen when the application starts (RFC 8252 §7.3).
        """
        if uri in self.redirect_uris:
            return True
        return bool(self.loopbacks) and loopback_parts(uri) in self.loopbacks

    def may_be_anybody(self, redirect_uri: str) -> bool:
        """Whether any application of a device could stand behind it: its person then says yes each time.

        Nothing proves who takes a private-use scheme or a loopback port; a claimed https address is its owner's
        (RFC 8252 §8.6).
        """
        native = self.public and self.application_type == "native"
        return native and not redirect_uri.startswith("https://")

    def may_reach(self, resource: str, issuer: str) -> bool:
        """Whether it may have tokens for this resource server (RFC 8707 §2, SR-067): we are one for everybody."""
        return resource == issuer or resource in self.metadata.resources

    def check_secret(self, secret: str, now: int) -> bool:
        """Whether a secret is one of its live ones at `now` (ms), in constant time (SR-029)."""
        return secrets.matches(secret, self.secrets, now)


def make(
    client_id: str,
    metadata: ClientMetadata,
    hashes: Sequence[Mapping[str, Any]],
    logo_hash: str | None = None,
) -> Client:
    """The client of a stored record."""
    native = metadata.application_type == "native"
    parts = [loopback_parts(uri) for uri in metadata.redirect_uris] if native else []
    return Client(
        client_id=client_id,
        names=_names(metadata),
        logo_uri=_logo(client_id, metadata, logo_hash),
        logo_hash=logo_hash or "",
        policy_uri=metadata.policy_uri,
        tos_uri=metadata.tos_uri,
        initiate_login_uri=metadata.initiate_login_uri,
        accent=metadata.accent,
        short_name=metadata.short_name,
        first_party=metadata.first_party,
        sector=sector(client_id, metadata),
        auth_method=metadata.token_endpoint_auth_method,
        application_type=metadata.application_type,
        redirect_uris=metadata.redirect_uris,
        post_logout_redirect_uris=metadata.post_logout_redirect_uris,
        grant_types=frozenset(metadata.grant_types),
        scopes=_scopes(metadata),
        require_pkce=metadata.require_pkce,
        require_nonce=metadata.require_nonce,
        fapi=metadata.fapi,
        id_token_alg=metadata.id_token_signed_response_alg,
        access_token_s=metadata.access_token_s,
        loopbacks=frozenset(part for part in parts if part is not None),
        secrets=secrets.read(hashes),
        keys=read_set(metadata.jwks) if metadata.jwks is not None else (),
        metadata=metadata,
    )


def logo_version(digest: str) -> str:
    """What the address of a logo changes with, so that it can be kept for ever."""
    return digest[:16]


def sector(client_id: str, metadata: ClientMetadata) -> str:
    """The name space of its subjects. Without a host of its own choice a third party shares with nobody.

    A file that lists its addresses chooses the host too (OIDC Core §8.1).
    """
    if metadata.first_party:
        return metadata.sector or ECOSYSTEM
    host = metadata.sector or host_of(metadata.sector_identifier_uri)
    return f"host:{host}" if host else f"client:{client_id}"


def _scopes(metadata: ClientMetadata) -> frozenset[str]:
    """Who cannot refresh has no use for offline access (OIDC Core §11)."""
    nothing = EMPTY if "refresh_token" in metadata.grant_types else EMPTY | {OFFLINE}
    return frozenset(metadata.allowed_scopes) - nothing


def _logo(client_id: str, metadata: ClientMetadata, digest: str | None) -> str:
    if digest:
        return f"{LOGO_PATH}{client_id}?v={logo_version(digest)}"
    return metadata.logo_uri if metadata.logo_uri.startswith(STATIC_PATH) else ""


def _names(metadata: ClientMetadata) -> dict[str, str]:
    tagged = {
        member.partition("#")[2]: text
        for member, text in metadata.translations.items()
        if member.startswith("client_name#")
    }
    return {"": metadata.client_name} | tagged
