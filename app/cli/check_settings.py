"""The doctor's look at settings: what loads and is safe, and still will not do what was meant."""

import os
from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

from app.cli.finding import Finding, error, warning
from config import unknown_names
from config.addresses import ip, is_loopback
from config.settings import Settings

WORKERS_PER_CPU = 4


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Addresses, cookies, proxies, limits and names."""
    yield from _names()
    yield from _addresses(settings)
    yield from _proxies(settings)
    yield from _limits(settings)


def _names() -> Iterator[Finding]:
    for name in unknown_names():
        yield warning(
            "setting", f"{name} is in the environment and is no setting", "check its name in docs/settings.md"
        )


def _addresses(settings: Settings) -> Iterator[Finding]:
    host, admin = (urlsplit(address).hostname or "" for address in (settings.issuer, settings.admin_issuer))
    if ip(host) is not None:
        yield warning(
            "cookie",
            f"people reach us at the bare address {host}; browsers keep its cookies apart from those of a name",
            "use a host name in MOSTID_ISSUER, on one machine localhost",
        )
    if settings.secure and not settings.admin_issuer.startswith("https:"):
        yield warning(
            "cookie",
            "the issuer is https and the operators' face is not: their cookies would go in clear",
            "use https in MOSTID_ADMIN_ISSUER too",
        )
    if settings.profile != "production" and not is_loopback(host):
        yield warning(
            "address",
            f"the profile {settings.profile} is for one machine, and the issuer is {settings.issuer}",
            "say MOSTID_PROFILE=production where other people sign in",
        )
    if settings.profile == "production" and host.removeprefix("www.") in admin.split("."):
        yield warning("address", "the operators' host is made of the issuer's", "choose unrelated names")


def _proxies(settings: Settings) -> Iterator[Finding]:
    if settings.secure and not settings.trusted_proxies:
        yield warning(
            "proxy",
            "https ends in front of us and no proxy is trusted: every visitor seems to come from the proxy's address, "
            "so limits per address stop everybody at once",
            "name the proxy's network in MOSTID_TRUSTED_PROXIES",
        )
    if settings.client_certificates and not settings.trusted_proxies:
        yield error(
            "proxy",
            "certificates of clients are expected and no proxy is trusted to hand them on: each is ignored",
            "name the proxy's network in MOSTID_TRUSTED_PROXIES, or turn MOSTID_CLIENT_CERTIFICATES off",
        )
    for network in settings.trusted_proxies:
        if ip_network(network).is_global:
            yield warning(
                "proxy",
                f"{network} is a public network: who gets an address there chooses the address we see",
                "name only addresses of your own proxies in MOSTID_TRUSTED_PROXIES",
            )


def _limits(settings: Settings) -> Iterator[Finding]:
    limits, cpus = settings.limits, os.cpu_count() or 1
    for shorter, longer in (
        ("sms_per_10_minutes", "sms_per_hour"),
        ("sms_per_hour", "sms_per_day"),
        ("otp_fails_per_hour", "otp_fails_per_day"),
        ("push_per_10_minutes", "push_per_day"),
        ("sends_per_address_10_minutes", "sends_per_address_hour"),
        ("sends_per_address_hour", "sends_per_network_hour"),
        ("sends_per_prefix_hour", "sends_per_hour"),
    ):
        if getattr(limits, shorter) > getattr(limits, longer):
            names = f"MOSTID_LIMITS__{shorter.upper()}", f"MOSTID_LIMITS__{longer.upper()}"
            yield warning("limit", f"{names[0]} is never reached: {names[1]} is lower", f"lower {names[0]}")
    if settings.lifetimes.otp_s < settings.limits.sms_gaps_s[0]:
        yield error(
            "limit",
            "a code dies before another one may be asked for",
            "raise MOSTID_LIFETIMES__OTP_S above the first of MOSTID_LIMITS__SMS_GAPS_S",
        )
    if settings.workers > WORKERS_PER_CPU * cpus:
        yield warning(
            "limit", f"{settings.workers} processes share {cpus} processors", "lower MOSTID_WORKERS"
        )
