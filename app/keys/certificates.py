"""X.509 certificates of others (RFC 5280): whose they are, when they are valid, and which key is in them."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import NameOID

from app.keys.jwk import PublicKey
from app.keys.sealing import encode

LARGEST = 12_288
"""Bytes of a certificate; ordinary ones have one to three thousand."""
SHORT_NAMES = {
    "CN": NameOID.COMMON_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "SN": NameOID.SURNAME,
    "GN": NameOID.GIVEN_NAME,
    "title": NameOID.TITLE,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "INN": NameOID.INN,
    "OGRN": NameOID.OGRN,
    "SNILS": NameOID.SNILS,
}
"""Attribute types that may be written by name (RFC 4514 §3), and those that programs add; others by their OID."""
SPELLINGS = {form: oid for name, oid in SHORT_NAMES.items() for form in (name, name.lower(), name.upper())}
AlternativeName = type[x509.DNSName | x509.UniformResourceIdentifier | x509.IPAddress | x509.RFC822Name]
Attribute = tuple[str, str | bytes]
DistinguishedName = tuple[frozenset[Attribute], ...]
"""Relative names as they stand in a certificate; attributes of one of them have no order."""


class BadCertificate(Exception):
    """No certificate that can be read. The text is our own."""


class BadName(ValueError):
    """No distinguished name. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate. That somebody holds its key was proved in the TLS handshake, that its issuer is trusted was not."""

    read: x509.Certificate
    thumbprint: str
    """`x5t#S256` (RFC 8705 §3.1)."""
    subject: DistinguishedName
    begins: int
    ends: int
    """Both in ms, as is our clock; the last second counts (RFC 5280 §4.1.2.5)."""

    def alternative_names(self, kind: AlternativeName) -> list[str]:
        """Its subject alternative names of this kind (RFC 5280 §4.2.1.6); none where they cannot be read."""
        try:
            names = self.read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
            return []
        return [str(name) for name in names.get_values_for_type(kind)]

    def holds(self, key: PublicKey) -> bool:
        """Whether this is its key, and, where a certificate is published with the key, the very certificate."""
        if key.certificate not in (None, self.thumbprint):
            return False
        try:
            ours = self.read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (UnsupportedAlgorithm, ValueError):
            return False
        return ours == key.key.as_der(private=False)


def read(der: bytes) -> Certificate:
    """A certificate of these bytes. Raises BadCertificate."""
    if not 0 < len(der) <= LARGEST:
        raise BadCertificate(f"a certificate has at most {LARGEST} bytes")
    try:
        found = x509.load_der_x509_certificate(der)
        begins, ends = found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
        subject = _normal(found.subject)
    except (ValueError, TypeError, OverflowError, x509.InvalidVersion):
        raise BadCertificate("it is no certificate") from None
    return Certificate(found, thumbprint(der), subject, int(begins * 1000), int(ends * 1000) + 999)


def thumbprint(der: bytes) -> str:
    """`x5t#S256` of a certificate (RFC 8705 §3.1)."""
    return encode(hashlib.sha256(der).digest())


@lru_cache(maxsize=1_024)
def distinguished_name(text: str) -> DistinguishedName:
    """What a name in its text form means (RFC 4514). Raises BadName."""
    if "=#" in text:
        raise BadName("write the values of a name as text, not in hexadecimal")
    try:
        name = _normal(x509.Name.from_rfc4514_string(text, SPELLINGS))
    except ValueError:
        raise BadName("write the name by RFC 4514, as in CN=robot,O=Shop,C=RU") from None
    if not name:
        raise BadName("the name is empty")
    return name


def _normal(name: x509.Name) -> DistinguishedName:
    return tuple(frozenset(_attributes(part)) for part in name.rdns)


def _attributes(part: Iterable[x509.NameAttribute[str | bytes]]) -> Iterable[Attribute]:
    """Values without what does not tell names apart: case, forms of letters, spaces (RFC 5280 §7.1, RFC 4518 §2)."""
    for attribute in part:
        value: str | bytes = attribute.value
        if isinstance(value, str):
            folded = unicodedata.normalize("NFKC", value).casefold()
            value = " ".join(unicodedata.normalize("NFKC", folded).split())
        yield attribute.oid.dotted_string, value
