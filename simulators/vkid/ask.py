"""The authorization request: `GET /authorize` with OAuth 2.1's parameters and VK ID's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from simulators.upstream_switches import VkIdSwitches

SCOPES = frozenset({"vkid.personal_info", "email", "phone", "groups"})
PROVIDERS = frozenset({"vkid", "mail_ru", "ok_ru"})
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
METHODS = frozenset({"s256", "S256"})
"""The SDKs write it small, the documentation large."""
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class BadAsk(Exception):
    """A request that must not lead back: its sender or the address is unknown. The text is for the page."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request from a known client with its own address."""

    client_id: str
    redirect_uri: str
    state: str
    challenge: str
    scopes: frozenset[str]
    prompts: frozenset[str]
    error: str
    """What is wrong, in words that lead back to the client; empty if nothing is."""

    @property
    def asks_anew(self) -> bool:
        """Whether somebody who has agreed before is asked again."""
        return bool(self.prompts & {"login", "consent", "select_account"})

    def back(self, **answer: str) -> str:
        """The client's address with an answer and the `state` as it came."""
        query = urlencode(answer | {"state": self.state})
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{query}"


def read(query: Mapping[str, str], switches: VkIdSwitches) -> Ask:
    """The request. Raises BadAsk."""
    if query.get("client_id") != switches.client_id:
        raise BadAsk("VK ID does not know this application.")
    if query.get("redirect_uri") not in switches.redirect_uris:
        raise BadAsk("The return address is not the one that was registered.")
    return Ask(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        state=query.get("state", ""),
        challenge=query.get("code_challenge", ""),
        scopes=frozenset(query.get("scope", "vkid.personal_info").split()),
        prompts=frozenset(query.get("prompt", "").split()),
        error=_error(query),
    )


def _error(query: Mapping[str, str]) -> str:
    prompts = set(query.get("prompt", "").split())
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if query.get("provider", "vkid") not in PROVIDERS or not prompts <= PROMPTS or not query.get("state"):
        return "invalid_request"
    if not CHALLENGE.fullmatch(query.get("code_challenge", "")):
        return "invalid_request"
    if query.get("code_challenge_method") not in METHODS:
        return "invalid_request"
    return "" if set(query.get("scope", "").split()) <= SCOPES else "invalid_scope"
