"""What production may not be connected to: simulators, guessable passwords, clear text (SR-156)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from config.addresses import is_loopback, is_public_name, split
from config.complaint import Complaint
from config.settings import Settings
from config.upstream import MailRuSettings, MobileIdSettings, SmsSettings, VkIdSettings

GUESSED_PASSWORDS = {"", "postgres", "mostid", "password", "secret", "changeme", "redis", "admin"}
ENCRYPTING = {"require", "verify-ca", "verify-full"}


def upstream_complaints(settings: Settings) -> Iterator[Complaint]:
    """Upstreams: neither the simulators' secrets nor their addresses."""
    mailru, mobile_id, sms = settings.mailru, settings.mobile_id, settings.sms
    if mailru.enabled:
        yield from _not_defaults("mailru", mailru, MailRuSettings(), ("client_id", "client_secret"))
        yield from _real_addresses("mailru", mailru, ("authorize_url", "token_url", "userinfo_url"))
    if settings.vkid.enabled:
        yield from _not_defaults("vkid", settings.vkid, VkIdSettings(), ("client_id",))
        yield from _real_addresses("vkid", settings.vkid, ("authorize_url", "token_url", "userinfo_url"))
    if mobile_id.enabled:
        yield from _not_defaults("mobile_id", mobile_id, MobileIdSettings(), ("client_id",))
        yield from _real_addresses(
            "mobile_id", mobile_id, ("issuer", "si_authorize_url", "jwks_url", "token_url")
        )
    if (
        sms.enabled or sms.inbound_number
    ):  # the password also says that a person's message comes from the gateway
        yield from _not_defaults("sms", sms, SmsSettings(), ("password",))
    if sms.enabled:
        yield from _real_addresses("sms", sms, ("url",))


def _not_defaults(group: str, own: object, default: object, names: tuple[str, ...]) -> Iterator[Complaint]:
    for name in names:
        value = getattr(own, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text or value == getattr(default, name):
            yield Complaint(
                f"{group}.{name}",
                "this is the simulator's or empty: set the one you were given, or turn this way off",
            )


def _real_addresses(group: str, own: object, names: tuple[str, ...]) -> Iterator[Complaint]:
    for name in names:
        parts = split(getattr(own, name))
        if parts is None or parts.scheme != "https" or not is_public_name(parts.hostname or ""):
            yield Complaint(
                f"{group}.{name}",
                "use the operator's https address: simulators and clear text are not for production",
            )


def store_complaints(settings: Settings) -> Iterator[Complaint]:
    """Stores: files that stay, servers that ask who comes."""
    if not settings.data_dir.is_absolute():
        yield Complaint(
            "data_dir", "name an absolute directory: a relative one depends on where a process was started"
        )
    elif _is_temporary_or_served(settings.data_dir):
        yield Complaint("data_dir", "choose a directory that is neither temporary nor part of the program")
    yield from _database(settings)
    yield from _redis(settings.redis_url)


def _redis(address: str) -> Iterator[Complaint]:
    if not address or address.startswith("unix://"):
        return
    parts = urlsplit(address)
    if (parts.password or "") in GUESSED_PASSWORDS:
        yield Complaint(
            "redis_url",
            "set a password of its own (requirepass) and write it here: rediss://:PASSWORD@host",
        )
    if parts.scheme != "rediss" and not is_loopback(parts.hostname or ""):
        yield Complaint("redis_url", "use rediss://: the way to another machine must be encrypted")
    if {"ssl_cert_reqs", "ssl_check_hostname"} & parse_qs(parts.query).keys():
        yield Complaint("redis_url", "leave out ssl_…: whoever answers there must prove who they are")


def _is_temporary_or_served(directory: Path) -> bool:
    program = Path(__file__).parents[1] / "app"
    return any(directory.is_relative_to(place) for place in (Path("/tmp"), Path("/dev/shm"), program))  # noqa: S108


def _database(settings: Settings) -> Iterator[Complaint]:
    try:
        url = make_url(settings.database)
    except ArgumentError:
        return  # said by the rules for every profile
    if url.get_backend_name() != "postgresql":
        return
    if url.password is not None and str(url.password) in GUESSED_PASSWORDS:
        yield Complaint(
            "database_url", "set a password that nobody guesses, or use none with certificates or a socket"
        )
    remote = url.host and not url.host.startswith("/") and not is_loopback(url.host)
    if remote and url.query.get("sslmode") not in ENCRYPTING:
        yield Complaint(
            "database_url", "add ?sslmode=verify-full: the way to another machine must be encrypted"
        )
