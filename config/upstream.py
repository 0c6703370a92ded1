"""Settings of the upstreams. Whatever is not known of a production system stays a setting here."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _unfold(given: object) -> object:
    r"""Not everything that reads settings files takes off quotes and turns `\n` into a line break."""
    return given.strip("\"' ").replace("\\n", "\n") if isinstance(given, str) else given


Lines = BeforeValidator(_unfold)


class MailRuSettings(BaseModel):
    """The direct Mail.ru connector ("OAuth Mail")."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    enabled: bool = True
    """Offer Mail.ru as a way in."""
    client_id: str = "5d0a6f0e2c7b4b6f9a3d1e8c7b2f4a60"
    """Application id from Mail.ru's console; the default is the simulator's."""
    client_secret: SecretStr = SecretStr("mailru-simulator-secret")
    """Application secret."""
    authorize_url: str = "https://oauth.mail.ru/login"
    """Where the person's browser is sent."""
    token_url: str = "https://oauth.mail.ru/token"
    """Where a code is exchanged."""
    userinfo_url: str = "https://oauth.mail.ru/userinfo"
    """Where the profile is read."""
    scope: str = "userinfo"
    """Scope asked for."""
    client_authentication: Literal["basic", "body"] = "basic"
    """How the application authenticates at the token address; body is reported broken at times."""
    userinfo_method: Literal["post", "get"] = "post"
    """POST keeps the token out of addresses; GET is the older documented form."""
    own_domains: tuple[str, ...] = (
        "mail.ru",
        "internet.ru",
        "bk.ru",
        "inbox.ru",
        "list.ru",
        "vk.com",
        "xmail.ru",
    )
    """Mailbox domains hosted by Mail.ru itself: only there an address counts as verified (SR-098)."""


class VkIdSettings(BaseModel):
    """The VK ID connector (OAuth 2.1)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    enabled: bool = False
    """Offer VK ID as a way in."""
    client_id: str = "52410977"
    """Application id from VK ID's console; the default is the simulator's."""
    client_secret: SecretStr = SecretStr("")
    """Application secret; VK ID lets an application with PKCE do without."""
    authorize_url: str = "https://id.vk.ru/authorize"
    """Where the person's browser is sent."""
    token_url: str = "https://id.vk.ru/oauth2/auth"
    """Where a code is exchanged."""
    userinfo_url: str = "https://id.vk.ru/oauth2/user_info"
    """Where the profile is read."""
    scope: str = "vkid.personal_info email"
    """Scope asked for."""
    provider: Literal["vkid", "mail_ru", "ok_ru"] = "vkid"
    """Whose account VK ID lets people sign in with: its own, Mail.ru's or Odnoklassniki's. Each is a subject of VK ID."""


class MobileIdSettings(BaseModel):
    """MegaFon Mobile ID, server-initiated (Mobile Connect profile)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    enabled: bool = True
    """Try a push to the handset before a code by SMS."""
    client_id: str = "mostid-demo"
    """Our client id at the operator."""
    client_name: str = "MostID"
    """Our registered name, shown on the handset where the operator demands it."""
    issuer: str = "https://mobileid.megafon.ru"
    """The operator's issuer: `aud` of our request, `iss` of its tokens."""
    si_authorize_url: str = "https://mobileid.megafon.ru/si-authorize"
    """Where a request is started."""
    jwks_url: str = "https://mobileid.megafon.ru/jwks"
    """The operator's public keys."""
    token_url: str = "https://mobileid.megafon.ru/mc-token"
    """Where the result is polled, if polling is on."""
    encoding: Literal["json", "form"] = "json"
    """Body of the request: JSON (MTS) or form (Beeline)."""
    polling: bool = False
    """Ask for the result instead of waiting for the callback. Not documented by any operator."""
    poll_interval_s: int = Field(2, ge=1, le=30)
    """Seconds between two polls."""
    acr_values: str = "2"
    """Levels asked of the operator, best first."""
    signing_kid: str = "mobileid-1"
    """Key id of our request-signing key as registered with the operator."""
    signing_key: Annotated[SecretStr, Lines] = SecretStr("")
    """Our RSA private key (PEM) for signing requests, on one line with `\\n` for its line breaks, or as it is."""
    shows_code: bool = True
    """The operator shows our message with its code on the handset; without it a push is only a yes or no."""
    prefixes: tuple[str, ...] = (
        "7920", "7921", "7922", "7923", "7924", "7925", "7926", "7927", "7928", "7929", "7931", "7937",
    )  # fmt: skip
    """Number ranges for which a push is tried first. Only an order of preference: numbers move between operators."""


class SmsSettings(BaseModel):
    """The SMS gateway (MegaLabs A2P REST)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    enabled: bool = True
    """Offer codes by SMS."""
    url: str = "https://a2p-api.megalabs.ru/sms/v1/sms"
    """Where a message is handed over."""
    login: str = "REG_mostid"
    """Gateway login."""
    password: SecretStr = SecretStr("sms-simulator-secret")
    """Gateway password."""
    sender: str = "MostID"
    """Registered sender name."""
    inbound_number: str = Field("", pattern=r"[+0-9]*")
    """Number that people may send a code to, where the gateway passes their messages on to us; empty: not offered."""
    template_ru: Annotated[str, Lines] = "Код {code}: вход в {service}. Никому не говорите\n@{host} #{code}"
    """Text approved by the operator, Russian. One part: 70 UCS-2 units with the longest service name."""
    template_en: Annotated[str, Lines] = "{code}: sign-in to {service}. Tell no one\n@{host} #{code}"
    """Text approved by the operator, English. One part: 160 GSM characters."""
    longest_service: int = Field(10, ge=6, le=40)
    """Letters of a service's short name that fit the templates; in place of a longer one a message says MostID."""
    pool: int = Field(4, ge=1, le=64)
    """Threads that send; the gateway's slowness shows to nobody."""
    queue: int = Field(1000, ge=1)
    """Messages that may wait for a thread; more are refused and cost one «send again»."""
