"""What production may not be served with, on top of the rules for every profile (SR-156)."""

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import pairwise

from config.addresses import ip, is_public_name, split
from config.complaint import Complaint
from config.connections import store_complaints, upstream_complaints
from config.keys import PURPOSES, read_keys
from config.settings import Settings

DISTINCT_BYTES = 16
"""32 random bytes have about 30 different ones; fewer than 16 never happens, except by hand."""
WIDEST_PROXIES = {4: 8, 6: 32}
"""Fewest bits of a network of proxies: wider than an organisation's own networks means that anybody is believed."""
SHORTEST_GAPS_S = (30, 60, 120, 300)
SHORTEST_PUBLISH_S = 300

Rule = tuple[bool, str, str]
"""Whether it is broken, the setting, and the sentence."""


def production_complaints(settings: Settings) -> Iterator[Complaint]:
    """Everything that makes these settings unsafe for people's real accounts."""
    yield from _issuers(settings)
    yield from _keys(settings)
    yield from upstream_complaints(settings)
    yield from store_complaints(settings)
    yield from _exposure(settings)
    yield from _domains(settings)
    yield from _times(settings)


def _issuers(settings: Settings) -> Iterator[Complaint]:
    hosts = {}
    for setting in ("issuer", "admin_issuer"):
        parts = split(getattr(settings, setting))
        hosts[setting] = host = (parts.hostname if parts else "") or ""
        if parts and parts.scheme != "https":
            yield Complaint(setting, "use https: codes and cookies would travel in clear")
        if parts and not is_public_name(host):
            yield Complaint(
                setting,
                "use a host name of yours that people's browsers find; this one means nothing to them",
            )
    if settings.issuer != settings.admin_issuer and hosts["issuer"] == hosts["admin_issuer"]:
        yield Complaint(
            "admin_issuer", "give operators a host of their own: ports of one host share their cookies"
        )


def _keys(settings: Settings) -> Iterator[Complaint]:
    for purpose in PURPOSES:
        try:
            versions = read_keys(getattr(settings.keys, purpose).get_secret_value())
        except ValueError:
            continue  # said by the rules for every profile
        if any(_made_by_hand(secret) for _, secret in versions):
            yield Complaint(f"keys.{purpose}", "this looks like an example or a text: use 32 random bytes")


def _made_by_hand(secret: bytes) -> bool:
    return len(set(secret)) < DISTINCT_BYTES or all(32 <= byte < 127 for byte in secret)


def _exposure(settings: Settings) -> Iterator[Complaint]:
    rules: tuple[Rule, ...] = (
        (
            settings.clock_file is not None,
            "clock_file",
            "leave it out: a clock that can be moved is for tests",
        ),
        (
            bool(settings.trusted_origins),
            "trusted_origins",
            "leave it out: unguarded calls are for development",
        ),
        (
            settings.log_level == "DEBUG",
            "log_level",
            "use INFO or higher: DEBUG writes what is not meant to be kept",
        ),
        (
            not _is_inner(settings.metrics_address),
            "metrics_address",
            "listen on 127.0.0.1 or a private address: metrics are not for the public (SR-158)",
        ),
        (
            any(_is_wide(network) for network in settings.trusted_proxies),
            "trusted_proxies",
            "name your own proxies only: with so wide a network anybody chooses the address we see",
        ),
        (
            settings.client_certificates and not settings.trusted_proxies,
            "client_certificates",
            "name the proxy that hands us certificates in MOSTID_TRUSTED_PROXIES, or turn it off: nobody is believed",
        ),
        (
            settings.mtls_origin.startswith("http:"),
            "mtls_origin",
            "use https: there are no certificates without TLS",
        ),
        (
            settings.storage_region != "ru",
            "storage_region",
            "keep the first store of personal data in Russia and say ru (152-FZ art. 18 part 5)",
        ),
    )
    yield from (Complaint(setting, sentence) for broken, setting, sentence in rules if broken)


def _is_inner(address: str) -> bool:
    host, _, port = address.rpartition(":")
    known = ip(host.strip("[]"))
    inner = host == "localhost" or (known is not None and known.is_private and not known.is_unspecified)
    return inner and port.isdecimal()


def _is_wide(network: str) -> bool:
    try:
        parsed = ip_network(network)
    except ValueError:
        return False  # said by the rules for every profile
    return parsed.prefixlen < WIDEST_PROXIES[parsed.version]


def _domains(settings: Settings) -> Iterator[Complaint]:
    if not settings.owned_domains:
        yield Complaint("owned_domains", 'name the domains of your own services, as in ["shop.ru"] (SR-060)')
    if not all(is_public_name(domain) for domain in settings.owned_domains):
        yield Complaint(
            "owned_domains", "write each as a bare name that you own: no scheme, no star, no whole top level"
        )
    if not all(is_public_name(domain) for domain in settings.mailru.own_domains):
        yield Complaint(
            "mailru.own_domains", "write each as a bare domain: addresses there count as verified (SR-098)"
        )


def _times(settings: Settings) -> Iterator[Complaint]:
    lifetimes, limits = settings.lifetimes, settings.limits
    longest_token = max(lifetimes.access_token_s, lifetimes.id_token_s)
    gaps = tuple(limits.sms_gaps_s)
    rules: tuple[Rule, ...] = (
        (
            lifetimes.key_publish_s < SHORTEST_PUBLISH_S,
            "lifetimes.key_publish_s",
            f"use {SHORTEST_PUBLISH_S} or more: services must have seen a key before its first signature (SR-069)",
        ),
        (
            lifetimes.key_retire_s < longest_token + lifetimes.key_publish_s,
            "lifetimes.key_retire_s",
            "use at least the longest life of a token plus MOSTID_LIFETIMES__KEY_PUBLISH_S (SR-068)",
        ),
        (
            lifetimes.session_idle_s > lifetimes.session_absolute_s,
            "lifetimes.session_idle_s",
            "use at most MOSTID_LIFETIMES__SESSION_ABSOLUTE_S",
        ),
        (
            lifetimes.refresh_idle_s > lifetimes.refresh_absolute_s,
            "lifetimes.refresh_idle_s",
            "use at most MOSTID_LIFETIMES__REFRESH_ABSOLUTE_S",
        ),
        (
            len(gaps) < len(SHORTEST_GAPS_S)
            or any(gap < least for gap, least in zip(gaps, SHORTEST_GAPS_S, strict=False))
            or any(later < former for former, later in pairwise(gaps)),
            "limits.sms_gaps_s",
            f"use {list(SHORTEST_GAPS_S)} or longer waits, each at least as long as the one before (SR-129)",
        ),
    )
    yield from (Complaint(setting, sentence) for broken, setting, sentence in rules if broken)
