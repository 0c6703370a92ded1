"""Sectors of third parties that answer at several hosts (OIDC Core §8.1, OIDC Registration §5)."""

import json
import logging

from app.clients.addresses import host_of, is_loopback
from app.clients.client import sector
from app.clients.metadata import BadMetadata, ClientMetadata
from app.upstreams.base import UpstreamError
from app.upstreams.guarded import GuardedFetch

log = logging.getLogger("mostid.clients")

PURPOSE, MEMBER = "sector", "sector_identifier_uri"


class Sectors:
    """Looks at what the host of a sector says of its services. Must not be asked within a transaction."""

    def __init__(self, fetch: GuardedFetch) -> None:
        self._fetch = fetch

    def check(self, metadata: ClientMetadata) -> None:
        """Whether the file that it names, if any, lists every redirect address of it. Raises BadMetadata."""
        if not metadata.sector_identifier_uri:
            return
        listed = self._read(metadata.sector_identifier_uri)
        if not set(metadata.redirect_uris) <= listed:
            raise BadMetadata([(MEMBER, "its file does not list every one of redirect_uris")])

    def _read(self, uri: str) -> set[str]:
        try:
            response = self._fetch.get(PURPOSE, uri)
            found = json.loads(response.body) if response.status == 200 else None
        except UpstreamError as error:
            log.warning("file of a sector not fetched", extra={"cause": str(error)})
            raise BadMetadata([(MEMBER, "its file cannot be fetched now")]) from None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise BadMetadata([(MEMBER, "there is no JSON array of addresses")])
        return set(found)


def check_hosts(metadata: ClientMetadata) -> None:
    """Refuse a new client whose addresses name no single sector, without a file that does. Raises BadMetadata.

    Native applications are not meant: their addresses belong to devices, and their subjects to themselves.
    """
    free = metadata.first_party or metadata.sector or metadata.application_type == "native"
    hosts = {host for host in map(host_of, metadata.redirect_uris) if not is_loopback(host)}
    if len(hosts) > 1 and not free and not metadata.sector_identifier_uri:
        raise BadMetadata([(MEMBER, "redirect_uris of several hosts need it (OIDC Registration §5)")])


def check_unchanged(client_id: str, former: ClientMetadata, metadata: ClientMetadata) -> None:
    """Refuse what would give every person of the client another `sub`. Raises BadMetadata."""
    if sector(client_id, former) != sector(client_id, metadata):
        raise BadMetadata(
            [(MEMBER, "it would change the sub of every person: register anew for another sector")]
        )
