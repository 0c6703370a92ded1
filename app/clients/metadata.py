"""What a service says of itself when it is registered: RFC 7591 names and ours, and the rules for each.

Defaults are the narrowest: a new client may do nothing but what was written down (SR-056).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from app.clients import fapi
from app.clients.agreement import disagreements
from app.clients.encryption import EncryptedAnswers, bad_encryption
from app.clients.mistakes import mistakes
from app.clients.mutual_tls import MutualTls
from app.clients.mutual_tls import problems as bad_mutual_tls
from app.clients.names import bad_names
from app.clients.placement import bad_addresses, bad_sector
from app.clients.policy import Policy
from app.keys.jwk import BadKey, read_set

ECOSYSTEM = "ecosystem"
TRANSLATED = ("client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri")
SigningAlgorithm = Literal["RS256", "ES256", "PS256", "EdDSA"]
ResponseMode = Literal["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]
EMPTY: tuple[object, ...] = ("", None, [], {})
"""Values by which a member says nothing."""
LONGEST_NAME = 60
Text = Annotated[str, Field(max_length=LONGEST_NAME)]
Tagged = Annotated[str, Field(pattern=r"^[a-z_]+#[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,4}$")]
"""A member with a language tag (OIDC Registration §2.1, RFC 5646 §2.1)."""
LONGEST_TRANSLATION = 512
Addresses = Annotated[tuple[str, ...], Field(max_length=20)]
Resources = Annotated[tuple[Annotated[str, Field(max_length=500)], ...], Field(max_length=20)]
DetailTypeNames = Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=20)]
Scope = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.:-]{0,40}$")]


class AndroidApp(BaseModel):
    """An application for Android, and the certificates that its builds are signed with (Digital Asset Links)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    package_name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$", max_length=150)
    sha256_cert_fingerprints: tuple[
        Annotated[str, Field(pattern=r"^[0-9A-F]{2}(:[0-9A-F]{2}){31}$")], ...
    ] = Field(min_length=1, max_length=5)


class BadMetadata(Exception):
    """Metadata that is refused: (member, what is wrong with it) for each mistake; no member where several disagree."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        self.sentences = [f"{member}: {problem}" if member else problem for member, problem in problems]
        super().__init__("; ".join(self.sentences))

    @property
    def code(self) -> str:
        """The error code of RFC 7591 §3.2.2."""
        redirects = all(member.startswith("redirect_uris") for member, _ in self.problems)
        return "invalid_redirect_uri" if redirects else "invalid_client_metadata"


class ClientMetadata(MutualTls, EncryptedAnswers):
    """Checked metadata. Addresses are checked against the deployment's policy by `parse`."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    client_name: Text = Field(min_length=1)
    """Name shown to people."""
    client_uri: str = ""
    """Its home page."""
    logo_uri: str = ""
    """Its mark."""
    policy_uri: str = ""
    """Its privacy policy."""
    tos_uri: str = ""
    """Its terms."""
    translations: dict[Tagged, Annotated[str, Field(max_length=LONGEST_TRANSLATION)]] = Field(
        {}, max_length=20
    )
    """Members with a language tag (RFC 7591 §2.2): `client_name#ru`."""
    application_type: Literal["web", "native"] = "web"
    """Native: an application on the person's own device (RFC 8252)."""
    redirect_uris: Addresses = ()
    """Where answers go: compared byte for byte."""
    post_logout_redirect_uris: Addresses = ()
    """Where a person may go after signing out (OIDC RP-Initiated Logout §3.1)."""
    initiate_login_uri: str = ""
    """Where a sign-in that begins with us is sent (OIDC Core §4)."""
    response_types: tuple[Literal["code"], ...] = ("code",)
    """Only the code flow exists (SR-006)."""
    response_modes: tuple[ResponseMode, ...] = ("query", "form_post")
    """How answers may come (SR-010): signed ones (JARM) only where they are named here."""
    authorization_signed_response_alg: SigningAlgorithm = "RS256"
    """Algorithm of its signed answers (JARM §3)."""
    grant_types: tuple[
        Literal[
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        ...,
    ] = ("authorization_code",)
    """Grant types that it may use (SR-050)."""
    token_endpoint_auth_method: Literal[
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
    ] = "client_secret_basic"
    """How it authenticates; none makes it a public client."""
    token_endpoint_auth_signing_alg: Literal["", "RS256", "PS256", "ES256", "EdDSA"] = ""
    """Algorithm of its assertions; empty: any that its keys fit."""
    assertion_audience: Literal["issuer", "endpoint"] = "issuer"
    """`endpoint`: its assertions may be as older libraries write them, for the token endpoint and an hour (SR-031).
    Only operators set this."""
    jwks: dict[str, Any] | None = None
    """Its public keys by value (RFC 7591 §2)."""
    jwks_uri: str = ""
    """Where it publishes its keys; it changes them there without telling us."""
    id_token_signed_response_alg: SigningAlgorithm = "RS256"
    """Algorithm of its ID tokens."""
    userinfo_signed_response_alg: Literal["", SigningAlgorithm] = ""
    """Algorithm by which userinfo is signed for it (OIDC Core §5.3.2); empty: plain JSON."""
    introspection_signed_response_alg: Literal["", SigningAlgorithm] = ""
    """Algorithm of its introspection answers (RFC 9701 §6); empty: plain JSON, or RS256 where it asks for a JWT."""
    subject_type: Literal["", "public", "pairwise"] = ""
    """Empty: by its sector. Our own services share subjects, third parties have their own."""
    sector_identifier_uri: str = ""
    """A file at the host that names its sector; it lists all redirect addresses (OIDC Core §8.1)."""
    software_statement: str = Field("", max_length=8_192)
    """What an issuer attested of it, as it came (RFC 7591 §2.3)."""
    contacts: tuple[Text, ...] = ()
    """Who answers for it."""
    software_id: Text = ""
    """Kept as given (RFC 7591 §2)."""
    software_version: Text = ""
    """Kept as given (RFC 7591 §2)."""
    allowed_scopes: tuple[Scope, ...] = ("openid",)
    """Scopes that it may ask for; RFC 7591 `scope`, as a list."""
    first_party: bool = False
    """One of the ecosystem's own: no consent page. Only operators set this (SR-060)."""
    sector: str = ""
    """Services of one sector share a `sub`. First party: a word. Third party: empty, or its own host."""
    require_pkce: bool = True
    """PKCE is demanded (SR-007); lifted only for one confidential client at a time."""
    require_nonce: bool = False
    """A nonce is demanded."""
    default_max_age: int | None = Field(None, ge=0, le=9_999_999_999)
    """How old a proof may be, in seconds, where a request does not say (OIDC Registration §2)."""
    require_auth_time: bool = False
    """`auth_time` is in each ID token anyway."""
    default_acr_values: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[!-~]{1,100}$")], ...], Field(max_length=5)
    ] = ()
    """Levels that are wished for where a request names none (OIDC Registration §2)."""
    require_pushed_authorization_requests: bool = False
    """Its requests come by `/par` alone (RFC 9126 §6)."""
    request_object_signing_alg: Literal["", "RS256", "PS256", "ES256", "EdDSA"] = ""
    """Algorithm of its request objects; empty for any that one of its keys has."""
    require_signed_request_object: bool = False
    """Its requests are signed (RFC 9101 §10.5)."""
    request_uris: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    """Addresses at which its request objects lie (OIDC Core §6.2); a fragment is the hash of what lies there."""
    dpop_bound_access_tokens: bool = False
    """Its tokens are always bound to a key: requests without a DPoP proof are refused (RFC 9449 §5.2)."""
    dpop_require_nonce: bool = False
    """Its proofs hold a nonce of ours (RFC 9449 §8)."""
    fapi: Literal["", "security", "message_signing"] = ""
    """Its FAPI 2.0 profile, which fixes other members (`app/clients/fapi.py`). Only operators set this."""
    accent: str = ""
    """Its colour, `#rrggbb`, under white text."""
    short_name: str = Field("", max_length=14)
    """Its name in a message by SMS, which is one part only."""
    android_apps: tuple[AndroidApp, ...] = Field((), max_length=5)
    """Our native client's builds for Android, shown in `/.well-known/assetlinks.json`. Only operators set this."""
    apple_app_ids: tuple[Annotated[str, Field(max_length=166)], ...] = Field((), max_length=5)
    """Our native client's ids at Apple, `TEAMID.bundle.id`, shown in `/.well-known/apple-app-site-association`."""
    access_token_s: int | None = Field(None, ge=30, le=600)
    """Life of its access tokens in seconds, where shorter than ours (SR-067)."""
    access_token_format: Literal["jwt", "opaque"] = "jwt"
    """Opaque ones say nothing to whoever holds them: resource servers introspect (RFC 7662)."""
    userinfo_acr: Literal["", "urn:mostid:acr:2"] = ""
    """The level that userinfo demands of its tokens (RFC 9470). Only operators set this."""
    userinfo_max_age: int | None = Field(None, ge=60, le=31_536_000)
    """How old the sign-in behind its tokens may be at userinfo, in seconds. Only operators set this."""
    resources: Resources = ()
    """Resource servers that it may ask tokens for (RFC 8707), beside ourselves. Only operators set this."""
    authorization_details_types: DetailTypeNames = ()
    """Types of authorization details that it may ask for (RFC 9396 §10). Only operators set this."""
    resource_server: Resources = ()
    """Resource servers that it is: it may introspect the tokens that are for them. Only operators set this."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Take `scope` for `allowed_scopes`, and members with a language tag into one place, which nobody else fills."""
        members = {name: value for name, value in given.items() if "#" not in name and name != "translations"}
        tagged = {
            name: value
            for name, value in given.items()
            if name.partition("#")[0] in TRANSLATED and "#" in name
        }
        if tagged:
            members["translations"] = tagged
        if "scope" in members and "allowed_scopes" not in members and isinstance(members["scope"], str):
            members["allowed_scopes"] = members["scope"].split()
        return dict(fapi.with_defaults(members))

    @field_validator(
        "allowed_scopes", "redirect_uris", "post_logout_redirect_uris", "grant_types", "response_modes"
    )
    @classmethod
    def _once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(values)) != len(values):
            raise ValueError("it names something twice")
        return values

    @field_validator("translations")
    @classmethod
    def _short_names(cls, given: dict[str, str]) -> dict[str, str]:
        if any(len(text) > LONGEST_NAME for name, text in given.items() if name.startswith("client_name#")):
            raise ValueError(f"a name has more than {LONGEST_NAME} characters")
        return given

    @field_validator("jwks")
    @classmethod
    def _public_keys(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            if given is not None:
                read_set(given)
        except BadKey as error:
            raise ValueError(str(error)) from None
        return given

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for problem in disagreements(vars(self)):
            raise ValueError(problem)
        return self

    @property
    def public(self) -> bool:
        """Whether it has no secret (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == "none"

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself with a secret that we give it."""
        return self.token_endpoint_auth_method.startswith("client_secret_")

    def document(self) -> dict[str, Any]:
        """The members in use, by their registered names, for storage and for answers."""
        members = self.model_dump(mode="json", exclude={"translations"}, exclude_defaults=True)
        shown = (
            "redirect_uris",
            "grant_types",
            "response_types",
            "token_endpoint_auth_method",
            "first_party",
        )
        chosen = {name: value for name, value in self.model_dump(mode="json").items() if name in shown}
        scope = {"allowed_scopes": list(self.allowed_scopes), "scope": " ".join(self.allowed_scopes)}
        return self.translations | members | chosen | scope

    def effective(self) -> dict[str, Any]:
        """All members that hold something, with what we chose where nothing was said (RFC 7591 §3.2.1)."""
        subject_type = self.subject_type or ("public" if self.first_party else "pairwise")
        members = self.model_dump(mode="json", exclude={"translations"}) | {"subject_type": subject_type}
        said = {name: value for name, value in members.items() if value not in EMPTY}
        return self.translations | said | {"scope": " ".join(self.allowed_scopes)}


def parse(given: Mapping[str, Any], policy: Policy, *, client_id: str | None = None) -> ClientMetadata:
    """Checked metadata. Raises BadMetadata with every mistake that was found.

    `client_id`: whose it is, where it is known already.
    """
    try:
        metadata = ClientMetadata.model_validate(given)
    except ValidationError as error:
        raise BadMetadata(mistakes(error)) from None
    said = metadata.model_dump()
    problems = [*bad_addresses(said, policy, client_id), *bad_names(said)]
    problems += [*bad_encryption(said), *fapi.problems(said)]
    problems += bad_mutual_tls(said, offered=policy.mutual_tls)
    if not any(member.startswith("redirect_uris") for member, _ in problems):
        problems += bad_sector(said, policy)
    if problems:
        raise BadMetadata(problems)
    return metadata


def ignored(given: Mapping[str, Any]) -> list[str]:
    """Members that mean nothing here (RFC 7591 §2 lets us leave them out, an operator wants to know)."""
    known = set(ClientMetadata.model_fields) - {"translations", "software_statement"} | {"scope"}
    return sorted(
        name for name in given if name.partition("#")[0] not in (TRANSLATED if "#" in name else known)
    )
