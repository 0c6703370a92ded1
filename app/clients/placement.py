"""Where a service is: the members of metadata that hold addresses, and the sector that these place it in."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from app.clients.addresses import (
    LOOPBACK,
    BadAddress,
    check_foreign,
    check_redirect,
    check_reference,
    check_web,
    host_of,
)
from app.clients.policy import Policy

SECTOR = re.compile(r"[a-z][a-z0-9-]{0,30}")
WEB_ADDRESSES = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri", "jwks_uri",
                 "sector_identifier_uri")  # fmt: skip
NAMES = ("resources", "resource_server")
"""Names of resource servers in the form of addresses: nobody is sent there."""
APPS = "/native/"
"""Below it our applications answer at our own address, each below its client id."""

Check = Callable[[str, Policy], None]
Problem = tuple[str, str]
"""A member, and what is wrong with it."""


def bad_addresses(said: Mapping[str, Any], policy: Policy, client_id: str | None) -> Iterator[Problem]:
    """Members that hold an address which must not be registered."""
    app_path = _app_path(said, policy, client_id)
    for member, uri, check in _addresses(said):
        try:
            check(uri, policy)
            claimed = member.startswith("redirect_uris") and app_path and uri.startswith(app_path)
            if not claimed and member not in NAMES:
                check_foreign(uri.partition("#")[0], policy)
        except BadAddress as error:
            yield member, str(error)


def _app_path(said: Mapping[str, Any], policy: Policy, client_id: str | None) -> str:
    """The address of ours below which an application of ours answers, where its device hands it nobody else's answers.

    Empty where there is none: others' applications have none, and who registers itself has no id yet.
    """
    app = said["first_party"] and said["application_type"] == "native"
    return f"{policy.origins[0]}{APPS}{client_id}/" if app and client_id and policy.origins else ""


def _addresses(said: Mapping[str, Any]) -> Iterator[tuple[str, str, Check]]:
    """Each address, where it stands, and the rule for its form."""
    redirect = partial(check_redirect, native=said["application_type"] == "native")
    for member, check in (
        ("redirect_uris", redirect),
        ("post_logout_redirect_uris", redirect),
        ("request_uris", check_reference),
    ):
        for number, uri in enumerate(said[member]):
            yield f"{member}[{number}]", uri, check
    single = [(member, said[member]) for member in WEB_ADDRESSES]
    single += [(member, uri) for member in NAMES for uri in said[member]]
    single += [(member, uri) for member, uri in said["translations"].items() if "_uri#" in member]
    for member, uri in single:
        if uri:
            yield member, uri, check_web


def bad_sector(said: Mapping[str, Any], policy: Policy) -> Iterator[Problem]:
    """A third party never enters our sectors nor a foreign host's, where it would learn others' subjects (SR-058)."""
    hosts, sector = {host_of(uri) for uri in said["redirect_uris"]}, said["sector"]
    if said["sector_identifier_uri"]:
        problem = _bad_sector_uri(said)
        if problem:
            yield "sector_identifier_uri", problem
    elif said["first_party"]:
        if sector and SECTOR.fullmatch(sector) is None:
            yield "sector", "a first-party sector is one word"
        elif policy.production and not all(policy.owns(host) for host in hosts):
            yield "first_party", "its redirect addresses must lie on domains of the ecosystem"
    elif sector and (hosts != {sector} or sector in LOOPBACK):
        yield "sector", "a third party's sector is the one host of its redirect addresses, or empty"


def _bad_sector_uri(said: Mapping[str, Any]) -> str:
    """Who has no address that is theirs alone could enter any sector that lists it (SR-058)."""
    if said["first_party"] or said["sector"]:
        return "it is for third parties that have no sector yet"
    if said["application_type"] == "native":
        return "a native application has subjects of its own: others can answer at its addresses"
    return "" if said["redirect_uris"] else "it needs redirect_uris to be listed there"
