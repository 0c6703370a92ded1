"""Clients as each process keeps them: read once, dropped within a second of any change (SR-057)."""

import logging
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, select

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
RECORD = (clients.c.client_id, clients.c.metadata, clients.c.secrets, clients.c.logo_hash)
log = logging.getLogger("mostid.clients")

CLIENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,47}")


@dataclass(slots=True)
class _Generation:
    """What was read since the last change. Unknown ids have their own bound, so a flood of them evicts no client."""

    version: int = -1
    known: OrderedDict[str, Client] = field(default_factory=OrderedDict)
    unknown: OrderedDict[str, None] = field(default_factory=OrderedDict)
    listed: "Listed | None" = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What few requests want to know of all enabled clients at once."""

    browser_origins: frozenset[str]
    entrances: tuple[Client, ...]
    apps: tuple[Client, ...]


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
        return self._listed().browser_origins

    def entrances(self) -> tuple[Client, ...]:
        """Our own services at which a sign-in may be begun for somebody (OIDC Core §4), by client id.

        Raises Unavailable like `get`.
        """
        return self._listed().entrances

    def apps(self) -> tuple[Client, ...]:
        """The clients that are applications of ours for Android or Apple's systems, by client id.

        Raises Unavailable like `get`.
        """
        return self._listed().apps

    def _listed(self) -> Listed:
        generation = self._current()
        if generation.listed is None:
            generation.listed = self._read_listed()
        return generation.listed

    def _current(self) -> _Generation:
        version, age = self._versions.current(KIND)
        if age > SERVE_WITHOUT_STORE_MS:
            raise Unavailable("clients")
        with self._lock:
            if version != self._generation.version:
                self._generation = _Generation(version)
            return self._generation

    def _read_listed(self) -> Listed:
        """One pass over all clients; only the few that are handed out are made whole."""
        origins: set[str] = set()
        entrances, apps = [], []
        wanted = select(*RECORD)
        with self._storage.transaction() as tx:
            for row in tx.execute(
                wanted.where(clients.c.disabled_at.is_(None)).order_by(clients.c.client_id)
            ):
                document = row.metadata
                native = document.get("application_type") == "native"
                if document["token_endpoint_auth_method"] == "none" and not native:
                    origins.update(origin_of(uri) for uri in document["redirect_uris"])
                if not document["first_party"]:
                    continue
                service = _made(row)
                if service is None:
                    continue
                if document.get("initiate_login_uri"):
                    entrances.append(service)
                if native and (document.get("android_apps") or document.get("apple_app_ids")):
                    apps.append(service)
        return Listed(frozenset(origins), tuple(entrances), tuple(apps))

    def _read(self, client_id: str) -> Client | None:
        wanted = select(*RECORD).where(clients.c.client_id == client_id, clients.c.disabled_at.is_(None))
        with self._storage.transaction() as tx:
            row = tx.execute(wanted).first()
        return _made(row) if row is not None else None

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


def _made(row: Row[Any]) -> Client | None:
    """The client of a record; none where it cannot be read: one damaged record must not end the service of all others."""
    try:
        metadata = ClientMetadata.model_validate(row.metadata)
    except ValidationError:  # its text would repeat what is in the record
        log.error("client record unreadable", extra={"client": row.client_id})  # noqa: TRY400  # see above
        return None
    return make(row.client_id, metadata, row.secrets, row.logo_hash)
