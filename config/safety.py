"""What no deployment may be served with (SR-156): rules of every profile here, those of production beside it."""

from collections.abc import Iterator
from ipaddress import ip_network

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from config.addresses import is_loopback, origin_fault, split
from config.complaint import Complaint, variable
from config.keys import PURPOSES, read_keys
from config.production import production_complaints
from config.settings import Settings
from config.sms_text import template_complaints

NEW_KEYS = "`make run` makes keys for a checkout, `python -m scripts.new_env FILE` for a deployment"
SIGNING_BITS = 2048


def complaints(settings: Settings) -> list[Complaint]:
    """Everything that is wrong, all at once; empty when the settings may be served with."""
    found = [
        *_origins(settings),
        *_keys(settings),
        *_ways_in(settings),
        *_stores(settings),
        *_networks(settings),
        *template_complaints(settings),
    ]
    if settings.profile == "production":
        found += production_complaints(settings)
    return found


def _origins(settings: Settings) -> Iterator[Complaint]:
    for setting in ("issuer", "admin_issuer"):
        address: str = getattr(settings, setting)
        fault, parts = origin_fault(address), split(address)
        if fault:
            yield Complaint(setting, fault)
        elif parts and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield Complaint(setting, "http is for this machine only: use https for any other host")
    if settings.issuer == settings.admin_issuer:
        yield Complaint(
            "admin_issuer", "give operators an address of their own, another one than MOSTID_ISSUER (SR-149)"
        )
    fault = origin_fault(settings.mtls_origin) if settings.mtls_origin else None
    if fault:
        yield Complaint("mtls_origin", fault)
    elif settings.mtls_origin and not settings.client_certificates:
        yield Complaint("mtls_origin", "leave it empty, or turn MOSTID_CLIENT_CERTIFICATES on")
    for setting in ("support_url", "op_policy_uri", "op_tos_uri", "service_documentation"):
        address = getattr(settings, setting)
        if address and split(address) is None:
            yield Complaint(setting, "write an http or https address, or leave it empty")


def _keys(settings: Settings) -> Iterator[Complaint]:
    """Each purpose has well-formed keys, and no two have the same one (SR-074)."""
    owner: dict[bytes, str] = {}
    for purpose in PURPOSES:
        setting, text = f"keys.{purpose}", getattr(settings.keys, purpose).get_secret_value()
        if not text:
            yield Complaint(setting, f"there is no key: {NEW_KEYS}")
            continue
        try:
            versions = read_keys(text)
        except ValueError as error:
            yield Complaint(setting, f"{error}; several are separated by commas, the current one first")
            continue
        for _, secret in versions:
            first = owner.setdefault(secret, setting)
            if first != setting:
                yield Complaint(
                    setting,
                    f"this secret serves {variable(first)} already: make another one for each purpose",
                )


def _ways_in(settings: Settings) -> Iterator[Complaint]:
    mobile_id = settings.mobile_id
    if not settings.ways:
        yield Complaint("mailru.enabled", "nobody could sign in: turn on Mail.ru, VK ID, Mobile ID or SMS")
    if mobile_id.enabled and not _is_rsa(mobile_id.signing_key.get_secret_value()):
        yield Complaint(
            "mobile_id.signing_key",
            f"give the RSA private key (PEM, {SIGNING_BITS} bits or more) that the operator knows, or turn it off",
        )
    if not settings.number_countries:
        yield Complaint("number_countries", "name one calling code at least, as in [7]")


def _is_rsa(pem: str) -> bool:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey) and key.key_size >= SIGNING_BITS


def _stores(settings: Settings) -> Iterator[Complaint]:
    database = _url(settings.database)
    if database is None or database.drivername not in {"sqlite", "postgresql+psycopg"}:
        yield Complaint("database_url", "write sqlite:///… or postgresql+psycopg://…, or leave it empty")
    elif database.drivername == "sqlite" and database.database in {None, "", ":memory:"}:
        yield Complaint("database_url", "name a file: a database in memory is another one in each process")
    if settings.redis_url and not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        yield Complaint("redis_url", "write redis://…, rediss://… or unix://…, or leave it empty")


def _url(text: str) -> URL | None:
    try:
        return make_url(text)
    except ArgumentError:
        return None


def _networks(settings: Settings) -> Iterator[Complaint]:
    for network in settings.trusted_proxies:
        try:
            ip_network(network)
        except ValueError:
            yield Complaint("trusted_proxies", 'write networks by their first address, as in ["10.1.2.0/24"]')
            break
    for origin in settings.trusted_origins:
        parts = split(origin)
        if parts is None or origin_fault(origin) or not is_loopback(parts.hostname or ""):
            yield Complaint(
                "trusted_origins", 'name origins of this machine only, as in ["http://localhost:8200"]'
            )
            break
