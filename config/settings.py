"""The settings tree. An environment name is MOSTID_ and the path in capitals: MOSTID_LIMITS__SMS_PER_HOUR."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.limits import LifetimeSettings, LimitsSettings
from config.sources import Environment, File
from config.upstream import MailRuSettings, MobileIdSettings, SmsSettings, VkIdSettings

Profile = Literal["development", "testing", "production"]


class KeySettings(BaseModel):
    """Secrets by purpose (SR-074): `number:base64url` of 32 bytes, several with commas; the first one is current."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    wrap: SecretStr = SecretStr("")
    """Wraps signing keys and the data key of each identity."""
    seal: SecretStr = SecretStr("")
    """Seals values that travel: cookies, asks, codes, refresh tokens, proofs."""
    sign: SecretStr = SecretStr("")
    """Signs values that travel in clear: form tokens, states."""
    lookup: SecretStr = SecretStr("")
    """Keys the look-up hashes of numbers, addresses and upstream subjects (SR-170)."""
    subject: SecretStr = SecretStr("")
    """Derives pairwise subjects (SR-077)."""
    sid: SecretStr = SecretStr("")
    """Derives the `sid` that services see from a session."""
    otp: SecretStr = SecretStr("")
    """Keys the hash of a code while it waits (SR-135)."""
    audit: SecretStr = SecretStr("")
    """Reserved for sealing audit streams: production demands it at start, used by nothing yet."""


class Settings(BaseSettings):
    """All settings of one deployment."""

    model_config = SettingsConfigDict(
        env_prefix="MOSTID_", env_nested_delimiter="__", extra="forbid", use_attribute_docstrings=True
    )

    profile: Profile = "development"
    """development (a checkout), testing, or production, which must be said."""
    issuer: str = "http://localhost:8000"
    """Our public address. Every link, cookie and token is made from it; no request header changes it (SR-094)."""
    admin_issuer: str = "http://localhost:8001"
    """Reserved for the operators' face, which this release has not: checked at start to be another origin (SR-149)."""
    metrics_address: str = "127.0.0.1:8090"
    """Where metrics are served; never public (SR-158)."""
    data_dir: Path = Path("var")
    """Directory of databases, keys of development and logs; created with mode 700."""
    database_url: str = ""
    """sqlite:///… or postgresql+psycopg://…; empty: SQLite in the data directory."""
    redis_url: str = ""
    """redis://…; empty: the embedded ephemeral store, a SQLite file in the data directory."""
    workers: int = Field(2, ge=1, le=256)
    """Server processes."""
    threads: int = Field(4, ge=1, le=64)
    """Threads of a server process."""
    clock_file: Path | None = None
    """Testing only: a file with a number of seconds that is added to the clock."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-For is believed for client addresses."""
    trusted_origins: tuple[str, ...] = ()
    """Development: origins of this machine at which clients' keys and files may be fetched, without https too."""
    owned_domains: tuple[str, ...] = ()
    """Domains of the ecosystem: first-party clients must live there (SR-060)."""
    open_registration: bool = False
    """Whether anybody may register a client without an initial access token (RFC 7591 §3); off is the safe choice (SR-053)."""
    software_statement_issuers: Path | None = None
    """A JSON file of issuers and their key sets, `{"https://…": {"keys": […]}}`: whose software statements are believed."""
    dpop_require_nonce: bool = False
    """Whether DPoP proofs must hold a nonce of ours (RFC 9449 §8): against proofs that are made in store."""
    client_certificates: bool = False
    """Whether trusted proxies hand us the certificates of clients in `Client-Cert` (RFC 9440): turns mutual TLS on (RFC 8705)."""
    mtls_origin: str = ""
    """Where the proxy asks clients for certificates, if not at the issuer: shown as `mtls_endpoint_aliases` (RFC 8705 §5)."""
    signed_metadata: bool = False
    """Whether discovery shows its values once more under our signature, as `signed_metadata` (RFC 8414 §2.1)."""
    authorization_details_dir: Path | None = None
    """Directory of types of authorization details (RFC 9396), one `<type>.json` each; empty: there are none."""
    request_uri_fetching: bool = False
    """Whether a service may name an address that it registered, and we fetch its request there (OIDC Core §6.2)."""
    storage_region: str = "ru"
    """Where the first store of personal data stands, as you say it (SR-186); production starts with ru alone."""
    default_region: str = "RU"
    """Region in which a number without country code is read."""
    number_countries: tuple[int, ...] = (7,)
    """Calling codes whose mobile numbers may be used (SR-124)."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least level of the JSON log."""
    support_url: str = ""
    """Where the help line of each page leads; empty: a short text of our own."""
    op_policy_uri: str = ""
    """Our privacy policy, shown in discovery (OIDC Discovery §3)."""
    op_tos_uri: str = ""
    """Our terms of service, shown in discovery."""
    service_documentation: str = ""
    """Documentation for developers of services, shown in discovery."""
    limits: LimitsSettings = LimitsSettings()
    """Rates and tries."""
    lifetimes: LifetimeSettings = LifetimeSettings()
    """Lifetimes in seconds."""
    keys: KeySettings = KeySettings()
    """Secrets by purpose."""
    mailru: MailRuSettings = MailRuSettings()
    """Mail.ru."""
    vkid: VkIdSettings = VkIdSettings()
    """VK ID."""
    mobile_id: MobileIdSettings = MobileIdSettings()
    """MegaFon Mobile ID."""
    sms: SmsSettings = SmsSettings()
    """SMS gateway."""

    @classmethod
    def settings_customise_sources(  # noqa: D102 — the library's own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        return init_settings, Environment(settings_cls), File(settings_cls, env_file=file)

    @property
    def secure(self) -> bool:
        """Whether we are served over https: decides cookie names and the Secure mark."""
        return self.issuer.startswith("https://")

    @property
    def ways(self) -> tuple[str, ...]:
        """Names of the ways in that are switched on, in the order of the first page."""
        offered = {"mailru": self.mailru.enabled, "phone": self.phone_enabled, "vkid": self.vkid.enabled}
        return tuple(way for way, enabled in offered.items() if enabled)

    @property
    def phone_enabled(self) -> bool:
        """Whether people may sign in by their number at all."""
        return self.sms.enabled or self.mobile_id.enabled

    @property
    def database(self) -> str:
        """The database address with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'mostid.db'}"
