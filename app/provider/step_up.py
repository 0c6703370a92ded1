"""Step-up authentication (RFC 9470): what a resource of ours demands of how, and how lately, its person proved who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.provider.errors import BadBearer
from app.provider.next_step import ACR_RANK


@dataclass(frozen=True, slots=True)
class Demand:
    """The least that is good enough. Without members anything is."""

    acr: str = ""
    """A level; higher ones are as good."""
    max_age_s: int | None = None
    """How long ago the person may have proved who they are."""

    def parameters(self) -> dict[str, str]:
        """All of it, as a challenge and an authorization request say it."""
        said = {"acr_values": self.acr} if self.acr else {}
        return said if self.max_age_s is None else said | {"max_age": str(self.max_age_s)}


def check(token: Mapping[str, Any], demand: Demand, now: int) -> None:
    """Pass if the sign-in behind an access token meets the demand at `now` (ms). Raises BadBearer.

    The challenge names all that is demanded, whatever is missing: who asks for just that gets a token that passes.
    """
    if demand.acr and ACR_RANK.get(str(token.get("acr")), 0) < ACR_RANK[demand.acr]:
        raise _insufficient("A higher level of authentication is required", demand)
    if demand.max_age_s is not None and now - token.get("auth_time", 0) * 1000 > demand.max_age_s * 1000:
        raise _insufficient("More recent authentication is required", demand)


def _insufficient(description: str, demand: Demand) -> BadBearer:
    """The challenge (RFC 9470 §3)."""
    said = {"error_description": description} | demand.parameters()
    return BadBearer(description, "insufficient_user_authentication", said=said)
