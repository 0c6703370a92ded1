"""The authorization request: `GET /login` with OAuth 2.0's parameters and Mail.ru's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from simulators.upstream_switches import MailRuSwitches

SCOPES = frozenset({"userinfo", "mail.imap", "biz.api", "openid", "profile"})
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
    force: bool
    """Ask the person again, even one who has agreed before (`prompt_force=1`)."""
    hint: str
    """Address of the account that is meant (`login`)."""
    error: str
    """What is wrong, in words that lead back to the client; empty if nothing is."""

    def back(self, **answer: str) -> str:
        """The client's address with an answer and the `state` as it came."""
        answer |= {"state": self.state} if self.state else {}
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(answer)}"


def read(query: Mapping[str, str], switches: MailRuSwitches) -> Ask:
    """The request. Raises BadAsk."""
    if query.get("client_id") != switches.client_id:
        raise BadAsk("Mail.ru does not know this application.")
    if query.get("redirect_uri") not in switches.redirect_uris:
        raise BadAsk("The return address is not the one that was registered.")
    return Ask(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        state=query.get("state", ""),
        challenge=query.get("code_challenge", ""),
        force=query.get("prompt_force") == "1",
        hint=query.get("login", ""),
        error=_error(query),
    )


def _error(query: Mapping[str, str]) -> str:
    scopes = set(query.get("scope", "").split())
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if (
        not CHALLENGE.fullmatch(query.get("code_challenge", ""))
        or query.get("code_challenge_method") != "S256"
    ):
        return "invalid_request"
    return "" if scopes & {"userinfo", "openid"} and scopes <= SCOPES else "invalid_scope"
