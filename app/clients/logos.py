"""Logos of services (RFC 7591 §2): fetched once when a client is registered or replaced, kept here and shown from here.

So nobody's browser is sent to a third party's address for a picture, and what was looked at when it was registered is
what people see.
"""

import hashlib
import logging
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from app.clients.addresses import host_of
from app.clients.metadata import ClientMetadata
from app.clients.pictures import BadPicture, kind
from app.clients.tables import client_logos, clients
from app.storage.database import Transaction
from app.upstreams.base import UpstreamError
from app.upstreams.guarded import GuardedFetch

log = logging.getLogger("mostid.clients")

PURPOSE, MEMBER = "logo", "logo_uri"
ACCEPT = "image/png, image/webp, image/jpeg"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it came."""

    media_type: str
    content: bytes

    @property
    def hash(self) -> str:
        """What its address and its mark in caches change with."""
        return hashlib.sha256(self.content).hexdigest()


class Logos:
    """Fetches logos. Must not be asked within a transaction."""

    def __init__(self, fetch: GuardedFetch) -> None:
        self._fetch = fetch

    def get(self, metadata: ClientMetadata) -> Logo | None:
        """The picture at `logo_uri`; None where none is named or none can be had, and then the log says why.

        A client is not refused for it (RFC 7591 §2 only recommends to show it): it gets the letter of its name.
        """
        if "://" not in metadata.logo_uri:
            return None
        try:
            return self._read(metadata.logo_uri)
        except UpstreamError as error:
            cause = f"{error.kind}: {error.detail}" if error.detail else error.kind
        except BadPicture as error:
            cause = str(error)
        log.warning("logo of a client not taken", extra={"host": host_of(metadata.logo_uri), "cause": cause})
        return None

    def _read(self, uri: str) -> Logo:
        response = self._fetch.get(PURPOSE, uri, ACCEPT)
        if not response.is_success:
            raise BadPicture(f"status {response.status}")
        return Logo(kind(response.body), response.body)


def keep(tx: Transaction, client_id: str, logo: Logo | None, now: int) -> None:
    """Put this logo, or none, in the place of the client's former one. Processes learn of it by the client's version."""
    tx.execute(delete(client_logos).where(client_logos.c.client_id == client_id))
    if logo is not None:
        row = {
            "client_id": client_id,
            "media_type": logo.media_type,
            "content": logo.content,
            "fetched_at": now,
        }
        tx.execute(insert(client_logos).values(row))
    mine = clients.c.client_id == client_id
    tx.execute(update(clients).where(mine).values(logo_hash=logo.hash if logo else None))


def find(tx: Transaction, client_id: str) -> Logo | None:
    """The logo of a client."""
    wanted = select(client_logos.c.media_type, client_logos.c.content)
    row = tx.execute(wanted.where(client_logos.c.client_id == client_id)).first()
    return Logo(row.media_type, bytes(row.content)) if row else None
