"""What a client says of its certificates (RFC 8705 §2.1.2, §3.4), and whether one is its own."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field

from app.keys.certificates import AlternativeName, Certificate, distinguished_name
from config.addresses import ip

BY_ISSUER, BY_KEY = "tls_client_auth", "self_signed_tls_client_auth"
"""Certificates of an authority that the proxy trusts, named by their subject; and any, known by their key."""
METHODS = (BY_ISSUER, BY_KEY)
METHOD, BOUND = "token_endpoint_auth_method", "tls_client_certificate_bound_access_tokens"
SUBJECT_DN = "tls_client_auth_subject_dn"
ALTERNATIVE: Mapping[str, AlternativeName] = {
    "tls_client_auth_san_dns": x509.DNSName,
    "tls_client_auth_san_uri": x509.UniformResourceIdentifier,
    "tls_client_auth_san_ip": x509.IPAddress,
    "tls_client_auth_san_email": x509.RFC822Name,
}
SUBJECTS = (SUBJECT_DN, *ALTERNATIVE)
HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
EMAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")
Subject = Annotated[str, Field(max_length=500)]


class MutualTls(BaseModel):
    """The members of mutual TLS, as a part of a client's metadata."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    tls_client_auth_subject_dn: Subject = ""
    """Subject of its certificate, as RFC 4514 writes names."""
    tls_client_auth_san_dns: Subject = ""
    """Host name in its certificate."""
    tls_client_auth_san_uri: Subject = ""
    """URI in its certificate."""
    tls_client_auth_san_ip: Subject = ""
    """IP address in its certificate."""
    tls_client_auth_san_email: Subject = ""
    """E-mail address in its certificate."""
    tls_client_certificate_bound_access_tokens: bool = False
    """Its tokens are always bound to its certificate: requests without one are refused (RFC 8705 §3.4)."""


def problems(members: Mapping[str, Any], *, offered: bool) -> Iterator[tuple[str, str]]:
    """Each member of mutual TLS that is wrong, or does not fit the others."""
    method, bound = members[METHOD], members[BOUND]
    if (method in METHODS or bound) and not offered:
        yield METHOD if method in METHODS else BOUND, "mutual TLS is not offered here"
    named = [member for member in SUBJECTS if members[member]]
    if method == BY_ISSUER and len(named) != 1:
        yield METHOD, f"{BY_ISSUER} needs one name of the certificate: one of {', '.join(SUBJECTS)}"
    elif method != BY_ISSUER and named:
        yield named[0], f"it is for {BY_ISSUER} alone"
    if method == BY_KEY and not (members["jwks"] or members["jwks_uri"]):
        yield METHOD, f"{BY_KEY} needs jwks or jwks_uri"
    if bound and members["dpop_bound_access_tokens"]:
        yield "dpop_bound_access_tokens", "tokens are bound by DPoP or to a certificate, not both"
    for member in named:
        try:
            _value(member, members[member])
        except ValueError as error:
            yield member, str(error)


def is_named(certificate: Certificate, wanted: MutualTls) -> bool:
    """Whether the one name that was registered for `tls_client_auth` is in the certificate (RFC 8705 §2.1.2)."""
    for member in SUBJECTS:
        registered = getattr(wanted, member)
        if registered and member == SUBJECT_DN:
            return certificate.subject == distinguished_name(registered)
        if registered:
            value = _value(member, registered)
            names = certificate.alternative_names(ALTERNATIVE[member])
            return any(_same(member, name, value) for name in names)
    return False


def _same(member: str, name: str, value: object) -> bool:
    try:
        return _value(member, name) == value
    except ValueError:  # a name of a form that nobody can register, as one with a star
        return False


@lru_cache(maxsize=1_024)
def _value(member: str, text: str) -> object:
    """What a name means, to be compared. Raises ValueError with a sentence."""
    if member == SUBJECT_DN:
        return distinguished_name(text)
    if member == "tls_client_auth_san_ip":
        address = ip(text)
        if address is None:
            raise ValueError("write an IP address")
        return address
    if member == "tls_client_auth_san_dns":
        return _matching(HOST, text, "write one host name, without a star").lower()
    if member == "tls_client_auth_san_email":
        local, _, host = _matching(EMAIL, text, "write an e-mail address").rpartition("@")
        return local, host.lower()
    return _matching(URI, text, "write a URI")


def _matching(pattern: re.Pattern[str], text: str, demand: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(demand)
    return text
