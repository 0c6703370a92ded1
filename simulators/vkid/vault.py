"""Codes and tokens that were given out."""

import secrets
from dataclasses import dataclass, replace

from simulators.clock import Clock
from simulators.kept import Kept


class Refused(Exception):
    """An error of RFC 6749, with VK ID's own words."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed whom, from which device."""

    person: str
    """Key of the person."""
    client_id: str
    device_id: str
    scopes: frozenset[str]
    redirect_uri: str = ""
    challenge: str = ""
    expires_at: float = 0
    """Of this code or token, in seconds since 1970; 0: never."""


class Vault:
    """All of them. VK ID's are long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: Kept[Grant] = Kept()
        self._access: Kept[Grant] = Kept()
        self._refresh: Kept[Grant] = Kept()
        self._ids: Kept[Grant] = Kept()

    def new_code(self, grant: Grant) -> str:
        """Give out a code."""
        return self._put(self._codes, "vk2.a.", grant)

    def spend_code(self, value: str) -> Grant:
        """Take a code back: it works once. Raises Refused."""
        return self._living(self._codes.take(value), "invalid_grant", "code is invalid or expired")

    def new_tokens(self, grant: Grant, life_s: int) -> dict[str, str]:
        """Access, refresh and ID token of a grant."""
        ends = replace(grant, expires_at=self._clock.now() + life_s)
        return {
            "access_token": self._put(self._access, "vk2.a.", ends),
            "refresh_token": self._put(self._refresh, "vk2.r.", replace(grant, expires_at=0)),
            "id_token": self._put(self._ids, "eyJ.", ends),
        }

    def access(self, value: str) -> Grant:
        """Whose access token it is. Raises Refused."""
        return self._living(self._access.get(value), "invalid_token", "token is invalid or expired")

    def id_token(self, value: str) -> Grant:
        """Whose ID token it is. Raises Refused."""
        return self._living(self._ids.get(value), "invalid_token", "token is invalid or expired")

    def spend_refresh(self, value: str) -> Grant:
        """Take a refresh token back: a new pair takes its place. Raises Refused."""
        return self._living(self._refresh.take(value), "invalid_grant", "refresh_token is invalid or expired")

    def drop_access(self, value: str) -> None:
        """End an access token."""
        self._access.take(value)

    def clear(self) -> None:
        """Forget all."""
        for kept in (self._codes, self._access, self._refresh, self._ids):
            kept.clear()

    def _put(self, kept: Kept[Grant], prefix: str, grant: Grant) -> str:
        value = prefix + secrets.token_urlsafe(144)
        kept.put(value, grant)
        return value

    def _living(self, grant: Grant | None, error: str, description: str) -> Grant:
        if grant is None or (grant.expires_at and grant.expires_at <= self._clock.now()):
            raise Refused(error, description)
        return grant
