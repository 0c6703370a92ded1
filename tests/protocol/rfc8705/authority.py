"""Certificates of services, and the headers in which a proxy hands them on (RFC 9440)."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import NameOID
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.test import TestResponse

from app.keys.sealing import encode
from tests.deployment import Browser, Service

PROXY, STRANGER = "127.0.0.1", "203.0.113.7"
SUBJECT = (
    (NameOID.COUNTRY_NAME, "RU"),
    (NameOID.ORGANIZATION_NAME, "Лавка, ООО"),
    (NameOID.COMMON_NAME, "Robot"),
)
WRITTEN = r"CN=Robot,O=Лавка\, ООО,C=RU"
"""The subject, as RFC 4514 writes it."""


@dataclass(frozen=True)
class Holder:
    """Who holds a certificate and its key."""

    key: Any
    der: bytes

    @property
    def thumbprint(self) -> str:
        """`x5t#S256`."""
        return encode(hashlib.sha256(self.der).digest())

    @property
    def header(self) -> str:
        """The value of Client-Cert."""
        return f":{self.encoded}:"

    @property
    def encoded(self) -> str:
        return base64.b64encode(self.der).decode()

    def headers(self, verified: str = "SUCCESS", **more: str) -> dict[str, str]:
        """What a proxy says of a request with this certificate."""
        return {"Client-Cert": self.header, "X-SSL-Client-Verify": verified} | more

    def jwk(self, **members: Any) -> dict[str, Any]:
        """The public key."""
        public: dict[str, Any] = self.key.as_dict(private=False)
        return public | members


def holder(
    clock: Any,
    *,
    key: Any = None,
    subject: Sequence[tuple[x509.ObjectIdentifier, str]] = SUBJECT,
    name: x509.Name | None = None,
    names: Sequence[x509.GeneralName] = (),
    days: tuple[float, float] = (-1, 30),
) -> Holder:
    """Somebody with a new certificate that is valid from and to so many days from now. It is signed by its own key."""
    key = key or ECKey.generate_key("P-256")
    now = datetime.fromtimestamp(clock.now() / 1000, UTC)
    name = name or x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    wanted = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days[0]))
        .not_valid_after(now + timedelta(days[1]))
    )
    if names:
        wanted = wanted.add_extension(x509.SubjectAlternativeName(names), critical=not subject)
    hashed = None if isinstance(key, OKPKey) else hashes.SHA256()
    return Holder(key, wanted.sign(key.private_key, hashed).public_bytes(Encoding.DER))


def new_key(kind: str) -> Any:
    """A key of each type that a client may register."""
    if kind == "RSA":
        return RSAKey.generate_key(2048)
    return OKPKey.generate_key("Ed25519") if kind == "OKP" else ECKey.generate_key("P-256")


def post(
    browser: Browser,
    path: str,
    service: Service,
    form: dict[str, str],
    headers: dict[str, str],
    peer: str = PROXY,
) -> TestResponse:
    """POST as this service, which names itself in the form."""
    sent = {"client_id": service.client_id} | form
    return browser.post(path, data=sent, headers=headers, environ_base={"REMOTE_ADDR": peer})


def own(browser: Browser, service: Service, headers: dict[str, str], peer: str = PROXY) -> TestResponse:
    """Ask for a token of the service's own."""
    return post(browser, "/token", service, {"grant_type": "client_credentials"}, headers, peer)


def exchange(browser: Browser, service: Service, code: str, headers: dict[str, str]) -> TestResponse:
    """Redeem a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": service.redirect_uri,
        "code_verifier": service.verifier,
    }
    return post(browser, "/token", service, form, headers)


def refresh(browser: Browser, service: Service, token: str, headers: dict[str, str]) -> TestResponse:
    """Use a refresh token."""
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return post(browser, "/token", service, form, headers)


def userinfo(browser: Browser, access: str, headers: dict[str, str], peer: str = PROXY) -> TestResponse:
    """Ask who this is."""
    sent = {"Authorization": f"Bearer {access}"} | headers
    return browser.get("/userinfo", headers=sent, environ_base={"REMOTE_ADDR": peer})
