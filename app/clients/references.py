"""Request objects at an address of their client (OIDC Core §6.2, RFC 9101 §5.2): only at one that it registered."""

import hashlib
import logging

from app.clients.client import Client
from app.keys.sealing import encode
from app.upstreams.base import UpstreamError
from app.upstreams.guarded import GuardedFetch

log = logging.getLogger("mostid.clients")

PURPOSE = "request_uri"
TYPES = ("application/oauth-authz-req+jwt", "application/jwt")


class BadReference(Exception):
    """Nothing of this client lies there, or not what it should be. The text is ours alone and quotes nothing."""


class References:
    """Fetches request objects. Must not be asked within a transaction."""

    def __init__(self, fetch: GuardedFetch) -> None:
        self._fetch = fetch

    def find(self, client: Client, uri: str) -> str:
        """What lies at an address of this client, anew each time, as it may change there. Raises BadReference."""
        if uri not in client.metadata.request_uris:
            raise BadReference("it is none that this client registered")
        address, mark, fragment = uri.partition("#")
        body = self._read(client, address)
        if mark and encode(hashlib.sha256(body).digest()) != fragment:
            raise BadReference("what lies there has another hash")
        try:
            return body.decode("ascii")
        except UnicodeDecodeError:
            raise BadReference("what lies there is no JWT") from None

    def _read(self, client: Client, address: str) -> bytes:
        try:
            response = self._fetch.get(PURPOSE, address, ", ".join(TYPES))
        except UpstreamError as error:
            log.warning("request not fetched", extra={"client": client.client_id, "cause": str(error)})
            raise BadReference("nothing could be fetched there") from None
        if response.status != 200:
            raise BadReference("nothing lies there")
        if response.content_type.partition(";")[0].strip().lower() not in TYPES:
            raise BadReference("what lies there is labelled as something else than a request object")
        return response.body
