"""Certificates of clients (RFC 8705), as a proxy that ends TLS hands them on (RFC 9440).

The door takes both headers away from requests of anybody but a trusted proxy: what is read here, a proxy has said.
"""

import re
from base64 import b64decode
from functools import lru_cache

from app.clients import mutual_tls
from app.clients.keys import ClientKeys
from app.clients.registry import Client
from app.keys import certificates
from app.keys.certificates import Certificate
from app.storage.clock import Clock
from app.web.request import CERTIFICATE, CERTIFICATE_VERIFIED, Request

BYTE_SEQUENCE = re.compile(r":([A-Za-z0-9+/]+={0,2}):")
"""One byte sequence (RFC 8941 §3.3.5); a header that came twice is two with a comma."""
REMEMBERED = 512
"""Certificates that a process remembers: services come with the same one each time."""


class BadCertificate(Exception):
    """No certificate, or not a good one now. The text is our own and says nothing of it."""


class ClientCertificates:
    """Reads the certificate of a request, and says whether it is a client's. Touches no store."""

    def __init__(self, keys: ClientKeys, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def presented(self, request: Request) -> Certificate:
        """The certificate that the request was made with, valid now by our clock. Raises BadCertificate."""
        text = request.headers.get(CERTIFICATE)
        if text is None:
            raise BadCertificate("no certificate came")
        found = _read(text)
        if not found.begins <= self._clock.now() <= found.ends:
            raise BadCertificate("the certificate is not valid now")
        return found

    def confirmation(self, request: Request) -> str:
        """What tokens of this request are bound to, as `Entitlement.cnf` says it. Raises BadCertificate."""
        return f"x5t#S256:{self.presented(request).thumbprint}"

    def check(self, request: Request, client: Client) -> None:
        """Pass if the request comes from this client (RFC 8705 §2). Raises BadCertificate, and Unavailable as its keys do."""
        presented = self.presented(request)
        if client.auth_method == mutual_tls.BY_KEY:
            if not self._keys.of_certificate(client, presented):
                raise BadCertificate("the certificate has none of the client's keys")
            return
        if request.headers.get(CERTIFICATE_VERIFIED) != "SUCCESS":
            raise BadCertificate("the proxy does not say that it verified the certificate's chain")
        if not mutual_tls.is_named(presented, client.metadata):
            raise BadCertificate("the certificate has another name than the client registered")


@lru_cache(maxsize=REMEMBERED)
def _read(text: str) -> Certificate:
    """The certificate of a header (RFC 9440 §2.1). Raises BadCertificate."""
    match = BYTE_SEQUENCE.fullmatch(text.strip())
    try:
        return certificates.read(b64decode(match[1] if match else "", validate=True))
    except (ValueError, certificates.BadCertificate):
        raise BadCertificate("the certificate cannot be read") from None
