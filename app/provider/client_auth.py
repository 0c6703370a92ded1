"""Client authentication (RFC 6749 §2.3): by a secret, a signed assertion, a certificate, or none; exactly one per request."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote_plus

from app.clients import mutual_tls
from app.clients.registry import Client, Clients
from app.keys.foreign import Foreign
from app.provider.client_assertion import METHOD, BadAssertion, ClientAssertions
from app.provider.client_certificate import BadCertificate, ClientCertificates
from app.provider.errors import ProtocolError, invalid_client, invalid_request
from app.storage.clock import Clock
from app.web.request import Request
from app.web.windows import AddressWindows


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presents: the method that it used, the id, and the secret or assertion if any."""

    method: str
    client_id: str
    secret: str
    assertion: Foreign | None = None


class ClientAuthentication:
    """Finds and authenticates the client of a request."""

    def __init__(
        self,
        clients: Clients,
        assertions: ClientAssertions,
        certificates: ClientCertificates,
        clock: Clock,
        failures: AddressWindows,
    ) -> None:
        self._clients, self._assertions, self._certificates = clients, assertions, certificates
        self._clock, self._failures = clock, failures

    def __call__(self, request: Request) -> Client:
        """The client that made this request. Raises ProtocolError, always the same one (SR-033)."""
        check_parameters(request)
        given = self._presented(request)
        client = self._clients.get(given.client_id)
        if client is None:
            raise self._refuse(request, "unknown or disabled client")
        if client.auth_method in mutual_tls.METHODS and given.method == "none":
            self._check_certificate(request, client)
            return client
        if client.auth_method != given.method:
            raise self._refuse(request, f"registered for {client.auth_method}, used {given.method}")
        if given.assertion is not None:
            self._check_assertion(request, client, given.assertion)
        elif given.method != "none" and not client.check_secret(given.secret, self._clock.now()):
            raise self._refuse(request, "wrong secret")
        return client

    def confidential(self, request: Request) -> Client:
        """The client, which must have proved itself (RFC 7662 §2.1)."""
        client = self(request)
        if client.public:
            raise self._refuse(request, "a public client cannot authenticate")
        return client

    def _presented(self, request: Request) -> Credentials:
        form = request.form
        if "client_assertion" not in form and "client_assertion_type" not in form:
            return credentials(request)
        if "authorization" in request.headers or "client_secret" in form:
            raise invalid_request("more than one client authentication method", "RFC 6749 §2.3")
        try:
            client_id, assertion = self._assertions.read(form)
        except BadAssertion as error:
            raise self._refuse(request, f"client assertion: {error}") from None
        return Credentials(METHOD, client_id, "", assertion)

    def _check_assertion(self, request: Request, client: Client, assertion: Foreign) -> None:
        try:
            self._assertions.check(client, assertion, request)
        except BadAssertion as error:
            raise self._refuse(request, f"client assertion: {error}") from None

    def _check_certificate(self, request: Request, client: Client) -> None:
        """It names itself in the form, and brings nothing else (RFC 8705 §2)."""
        try:
            self._certificates.check(request, client)
        except BadCertificate as error:
            raise self._refuse(request, f"mutual TLS: {error}") from None

    def _refuse(self, request: Request, cause: str) -> ProtocolError:
        """Count a failure against its address; many get told to wait, and nothing more."""
        if not self._failures.admit(request.address):
            return ProtocolError("temporarily_unavailable", "too many failures", status=429, cause=cause)
        return invalid_client(cause)


def check_parameters(request: Request) -> None:
    """Parameters come in the body, each at most once (RFC 6749 §3.2, SR-025). Raises ProtocolError.

    RFC 8707 §2 lets `resource` be repeated, so that is refused by its own name, where it means something.
    """
    if request.query:
        raise invalid_request("parameters belong in the body", "RFC 6749 §2.3.1")
    if request.form.repeated - {"resource"}:
        raise invalid_request("a parameter is repeated", "RFC 6749 §3.2")


def credentials(request: Request) -> Credentials:
    """Read what a request without an assertion presents: one method. Raises ProtocolError for none or more (SR-030)."""
    form = request.form
    header = request.headers.get("authorization", "")
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if header:
        given = _basic(header)
        if secret or (client_id and client_id != given.client_id):
            raise invalid_request("more than one client authentication method", "RFC 6749 §2.3")
        return given
    if not client_id:
        raise invalid_client("no client credentials", "RFC 6749 §3.2.1")
    return Credentials("client_secret_post" if secret else "none", client_id, secret)


def _basic(header: str) -> Credentials:
    """Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1, appendix B)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client("another scheme than Basic")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:  # not base64, not ASCII, or not UTF-8
        raise invalid_client("unreadable Basic credentials", "RFC 6749 §2.3.1") from None
    client_id, colon, secret = text.partition(":")
    if not colon or not client_id:
        raise invalid_client("unreadable Basic credentials", "RFC 6749 §2.3.1")
    return Credentials("client_secret_basic", unquote_plus(client_id), unquote_plus(secret))
