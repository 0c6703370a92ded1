"""Clients as each process keeps them: read once, dropped within a second of any change (SR-057)."""

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from sqlalchemy import select

from app.clients.addresses import origin_of
from app.clients.client import Client, make
from app.clients.metadata import ClientMetadata
from app.clients.tables import KIND, clients
from app.storage.database import Storage, Unavailable
from app.storage.versions import Versions

__all__ = ["Client", "Clients"]

CAPACITY = 10_000
UNKNOWN_CAPACITY = 1_000
SERVE_WITHOUT_STORE_MS = 5_000
CLIENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,47}")


@dataclass(slots=True)
class _Generation:
    """What was read since the last change. Unknown ids have their own bound, so a flood of them evicts no client."""

    version: int = -1
    known: OrderedDict[str, Client] = field(default_factory=OrderedDict)
    unknown: OrderedDict[str, None] = field(default_factory=OrderedDict)
    origins: frozenset[str] | None = None


class Clients:
    """Finds clients by id."""

    def __init__(self, storage: Storage, versions: Versions, capacity: int = CAPACITY) -> None:
        self._storage, self._versions, self._capacity = storage, versions, capacity
        self._lock = threading.Lock()
        self._generation = _Generation()

    def get(self, client_id: str) -> Client | None:
        """The client of this id; None when there is none, or it is disabled.

        Raises Unavailable when the registry could not be confirmed for 5 s.
        """
        if CLIENT_ID.fullmatch(client_id) is None:
            return None
        generation = self._current()
        with self._lock:
            found = generation.known.get(client_id)
            if found is not None:
                generation.known.move_to_end(client_id)
                return found
            if client_id in generation.unknown:
                return None
        return self._keep(generation, client_id, self._read(client_id))

    def browser_origins(self) -> frozenset[str]:
        """The origins of all clients that run as scripts in a browser: on the web, and without a secret.

        Raises Unavailable like `get`.
        """
        generation = self._current()
        if generation.origins is None:
            generation.origins = self._read_origins()
        return generation.origins

    def _current(self) -> _Generation:
        version, age = self._versions.current(KIND)
        if age > SERVE_WITHOUT_STORE_MS:
            raise Unavailable("clients")
        with self._lock:
            if version != self._generation.version:
                self._generation = _Generation(version)
            return self._generation

    def _read_origins(self) -> frozenset[str]:
        with self._storage.transaction() as tx:
            found = tx.execute(select(clients.c.metadata).where(clients.c.disabled_at.is_(None))).scalars()
            in_browsers = (
                document
                for document in found
                if document["token_endpoint_auth_method"] == "none"
                and document.get("application_type") != "native"
            )
            return frozenset(origin_of(uri) for document in in_browsers for uri in document["redirect_uris"])

    def _read(self, client_id: str) -> Client | None:
        wanted = select(clients.c.metadata, clients.c.secrets).where(
            clients.c.client_id == client_id, clients.c.disabled_at.is_(None)
        )
        with self._storage.transaction() as tx:
            row = tx.execute(wanted).first()
        if row is None:
            return None
        return make(client_id, ClientMetadata.model_validate(row.metadata), row.secrets)

    def _keep(self, generation: _Generation, client_id: str, client: Client | None) -> Client | None:
        """Remember in the generation in which the reading began; one that a change has replaced is not served again."""
        with self._lock:
            if client is None:
                generation.unknown[client_id] = None
                if len(generation.unknown) > UNKNOWN_CAPACITY:
                    generation.unknown.popitem(last=False)
            else:
                generation.known[client_id] = client
                if len(generation.known) > self._capacity:
                    generation.known.popitem(last=False)
        return client
