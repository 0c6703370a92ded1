"""The contract of all upstreams: what one says of a person (Assertion), how it was proved (Evidence), how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an assertion was obtained."""

    method: tuple[str, ...]
    """RFC 8176 `amr`: ("fed",), ("sms", "otp"), ("swk", "otp") …"""
    acr: str
    """urn:mostid:acr:1 …"""
    at: int
    """ms, when the upstream says that the person proved it."""
    transaction: str
    """The upstream's transaction id, empty if it has none."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an upstream says of one person, once. Never stored as it is."""

    provider: str
    """mailru, vkid, phone."""
    subject: str
    """An account's id in digits, or a number as E.164."""
    evidence: Evidence
    claims: Mapping[str, str]
    """OIDC standard claims, as text."""
    verified: frozenset[str]
    """Names of claims that the upstream's own position proves."""
    witness: str = ""
    """The operator's `sub`, from a push."""
    witness_issuer: str = ""
    """Whose `sub` that is: issuer and client id."""


class UpstreamError(Exception):
    """An upstream did not give an assertion. `detail` is for the log and never shown."""

    def __init__(
        self,
        provider: str,
        kind: Literal["refused", "unavailable", "malformed", "rejected"],
        detail: str = "",
    ) -> None:
        super().__init__(f"{provider}: {kind}")
        self.provider, self.kind, self.detail = provider, kind, detail


class AccountUpstream(Protocol):
    """An upstream that a browser is sent to and comes back from."""

    @property
    def address(self) -> str:
        """Where browsers are sent."""

    def begin(
        self, state: str, verifier: str, redirect_uri: str, *, force: bool, login_hint: str, locale: str
    ) -> str:
        """The address for this visit. `force` has the person asked again."""

    def finish(self, answer: Mapping[str, str], verifier: str, redirect_uri: str) -> Assertion:
        """Who it was, by the parameters that the browser brought back. Raises UpstreamError."""
