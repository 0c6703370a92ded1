"""What every grant type does first: one client, allowed to use it, each parameter once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from app.clients.registry import Client
from app.grants import grants
from app.grants.authorization_details import NAME as DETAILS
from app.grants.authorization_details import Details, is_within, still_allowed
from app.grants.claims import profile, select_single
from app.grants.issue import Entitlement
from app.grants.kept_details import sealed
from app.keys.encryption import Recipient
from app.provider.asked_details import BAD_DETAILS, asked_details
from app.provider.client_certificate import BadCertificate
from app.provider.dpop import BadProof
from app.provider.encryption import recipient_of
from app.provider.errors import ProtocolError, invalid_grant, invalid_request
from app.provider.parts import Parts
from app.provider.sections import demanded
from app.web.request import Form, Request


class GrantType(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    """A grant type bound to one request."""

    REQUIRED: tuple[str, ...] = ()
    """Parameters that must be there."""
    recipient: Recipient | None = None
    """To whom ID tokens of this request are encrypted."""
    cnf: str | None = None
    """The key that tokens of this request are bound to, as `Entitlement.cnf` says it."""

    def validate_token_request(self) -> None:
        """Authenticate the client and check the form, before any look-up of a code or token (SR-050)."""
        self.authenticate_token_endpoint_client()
        if self.GRANT_TYPE not in self.service.grant_types:
            raise ProtocolError("unauthorized_client", "this client may not use this grant type")
        for name in self.REQUIRED:
            if name not in self.form:
                raise invalid_request(f"{name} is missing")
        if "resource" in self.form:
            self.audience(self.form["resource"])
        self.recipient = self._recipient()
        self.cnf = self._confirmation()

    def audience(self, granted: str) -> str:
        """The one resource server that tokens of this request are for (RFC 8707 §2.2, SR-067). Raises ProtocolError.

        A request may name what was granted and never another (SR-038), as long as its client may have it.
        """
        may = self.service.may_reach(granted, self.parts.settings.issuer)
        if not may or self.form.get("resource", granted) != granted or "resource" in self.form.repeated:
            raise ProtocolError("invalid_target", "one resource, and that which was granted")
        return granted

    def check_key(self, bound: str | None) -> None:
        """What is bound to a key stays so (SR-044). Raises ProtocolError.

        A public client holds the very same key or certificate; one that authenticated itself may change it
        (RFC 9449 §5, RFC 8705 §4), but never come without.
        """
        if bound is not None and (self.cnf is None or (self.service.public and self.cnf != bound)):
            raise invalid_grant("bound to another key, or no key was proved", "RFC 9449 §5")

    @property
    def parts(self) -> Parts:
        """The rooms below."""
        parts: Parts = self.server.parts
        return parts

    @property
    def service(self) -> Client:
        """The authenticated client."""
        client: Client = self.request.client
        return client

    @property
    def http(self) -> Request:
        """Our own request, with its transaction."""
        request: Request = self.request.http
        return request

    @property
    def form(self) -> Form:
        """The parameters."""
        return self.http.form

    def _recipient(self) -> Recipient | None:
        """Found before anything is spent: its keys may have to be fetched. Raises ProtocolError."""
        wanted = self.service.metadata
        if not wanted.id_token_encrypted_response_alg or "openid" not in self.service.scopes:
            return None
        return recipient_of(
            self.parts.client_keys,
            self.service,
            wanted.id_token_encrypted_response_alg,
            wanted.id_token_encrypted_response_enc,
        )

    def _confirmation(self) -> str | None:
        """The key that this request proves to hold, as grants keep it; its proof is spent. Raises ProtocolError."""
        wanted = self.service.metadata
        if wanted.tls_client_certificate_bound_access_tokens:
            return self._certificate()
        if "dpop" not in self.http.headers:
            if wanted.dpop_bound_access_tokens:
                section = demanded(self.service, "SP §5.3.2.1", "RFC 9449 §5.2")
                raise ProtocolError(
                    "invalid_dpop_proof", "this client has to prove its key by DPoP", section=section
                )
            return None
        try:
            jkt = self.parts.dpop.jkt_of_request(self.http, require_nonce=wanted.dpop_require_nonce)
        except BadProof as error:
            raise ProtocolError(error.code, str(error)) from None
        return f"jkt:{jkt}"

    def _certificate(self) -> str:
        """The same for a client whose tokens are bound to its certificate (RFC 8705 §3). Raises ProtocolError."""
        if "dpop" in self.http.headers:
            raise invalid_request(
                "tokens of this client are bound to its certificate, not by DPoP", "RFC 8705 §3"
            )
        try:
            return self.parts.certificates.confirmation(self.http)
        except BadCertificate as error:
            raise invalid_request(f"mutual TLS: {error}", "RFC 8705 §3") from None

    def asked_scope(self) -> list[str] | None:
        """The scopes that the request names, each once; None where it names none (RFC 6749 §3.3)."""
        text = self.form.get("scope")
        return None if text is None else [name for name in dict.fromkeys(text.split(" ")) if name]

    def narrowed(self, granted: Details) -> Details:
        """The details of this answer: those granted, or the part of them that was asked for (RFC 9396 §6).

        The grant itself keeps all. Raises ProtocolError where more was asked for.
        """
        asked = self.asked_details()
        if asked is None:
            return still_allowed(granted, self.service, self.parts.detail_types) if granted else granted
        if not is_within(asked, granted):
            raise ProtocolError(BAD_DETAILS, "more than was granted", section="RFC 9396 §6")
        return asked

    def asked_details(self) -> Details | None:
        """The details that the request names; None where it names none. Raises ProtocolError."""
        return asked_details(self.form, self.service, self.parts)

    def single_claims(self, identity: UUID, asked: Mapping[str, Sequence[str]] | None) -> Mapping[str, Any]:
        """Claims of a person that were asked for one by one for the ID token (OIDC Core §5.5); read only then."""
        names = (asked or {}).get("id_token")
        if not names:
            return {}
        known = profile(self.http.tx, self.parts.data_keys, identity)
        return select_single(known, names, self.service.scopes)

    def sub_of(self, admitted: grants.Admission, identity: UUID) -> str:
        """The person's `sub` in the client's sector; a new one where they are not known there yet."""
        return admitted.sub or self.parts.subjects.subject_for(
            self.http.tx, identity, self.service.sector, self.parts.clock.now()
        )

    def spend(
        self,
        given: Entitlement,
        *,
        session_id: UUID | None,
        link_id: UUID,
        offline: bool,
        claims: Mapping[str, Sequence[str]] | None = None,
        details: Details = (),
    ) -> str | None:
        """Make the grant of what may be redeemed once. The refresh token or "", or None when it was made before."""
        now = self.parts.clock.now()
        token, secret_hash, version = "", None, 0
        if "refresh_token" in self.service.grant_types:
            token, secret_hash, version = self.parts.refresh.new(given.identity_id, given.grant_id)
        values = {
            "identity_id": given.identity_id,
            "id": given.grant_id,
            "client_id": given.client_id,
            "session_id": session_id,
            "offline": offline,
            "link_id": link_id,
            "sub": given.sub,
            "sid": given.sid,
            "scope": given.scope,
            "resource": given.resource,
            "auth_time": given.auth_time,
            "acr": given.acr,
            "amr": list(given.amr),
            "cnf": given.cnf,
            "created_at": now,
            "generation": 1,
            "secret_hash": secret_hash,
            "seal_version": version,
            "rotated_at": now,
            "refresh_until": now + self.parts.settings.lifetimes.refresh_absolute_s * 1000,
        }
        if claims is not None:
            values["claims"] = claims
        if details:
            keys, tx = self.parts.data_keys, self.http.tx
            values[DETAILS] = sealed(tx, keys, given.identity_id, given.grant_id, details)
            if values[DETAILS] is None:
                raise invalid_grant("its person was erased")
        return token if grants.insert(self.http.tx, values) else None

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any], list[Any]]:
        """A token answer in the shape that Authlib hands on, its ID token encrypted where the client wants it so."""
        if self.recipient is not None and "id_token" in body:
            body["id_token"] = self.recipient.nested(body["id_token"])
        return 200, body, []
