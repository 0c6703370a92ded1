"""Calls to MostID: everything that the upstreams do of their own accord."""

import json
import logging
import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx2

log = logging.getLogger("simulators.outbound")

TIMEOUT_S = 5
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Outbound:
    """One HTTP client. It calls this very machine and no other."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        """Send JSON; the status of the answer, None if there was none."""
        sent = {"Content-Type": "application/json", **headers}
        answer = self._call("POST", url, headers=sent, content=body)
        return None if answer is None else answer.status_code

    def get_json(self, url: str) -> Any:
        """What is at an address; None if it is not there or no JSON."""
        answer = self._call("GET", url)
        try:
            return json.loads(answer.content) if answer is not None and answer.is_success else None
        except ValueError:
            return None

    def _call(self, method: str, url: str, **sent: Any) -> httpx2.Response | None:
        if not is_ours(url):
            log.warning("not called, since it is not on this machine: %s", url)
            return None
        try:
            return self._client.request(method, url, **sent)
        except httpx2.HTTPError as error:
            log.warning("%s %s: %s", method, url, type(error).__name__)
            return None

    @cached_property
    def _client(self) -> httpx2.Client:
        # No TLS is spoken here, and the system's authorities take long to read.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx2.Client(timeout=TIMEOUT_S, verify=nobody, trust_env=False, follow_redirects=False)


def is_ours(url: str) -> bool:
    """Whether an address is on this machine, over plain HTTP."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "http" and (host in LOOPBACK or host.endswith(".localhost"))


def origin_of(url: str) -> str:
    """Scheme and authority of an address; nothing, if it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
