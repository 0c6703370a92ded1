"""Codes and tokens that were given out."""

import secrets
from dataclasses import dataclass

from simulators.clock import Clock
from simulators.kept import Kept
from simulators.mailru.errors import Refused


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for. Times in seconds since 1970."""

    person: str
    """Key of the person."""
    client_id: str
    redirect_uri: str
    challenge: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Token:
    """What a token stands for."""

    person: str
    client_id: str
    expires_at: float


class Vault:
    """All of them. Each is 48 hex digits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: Kept[Code] = Kept()
        self._access: Kept[Token] = Kept()
        self._refresh: Kept[Token] = Kept()

    def new_code(self, code: Code) -> str:
        """Give out a code."""
        value = secrets.token_hex(24)
        self._codes.put(value, code)
        return value

    def spend_code(self, value: str) -> Code:
        """Take a code back: it works once. Raises Refused."""
        code = self._codes.take(value)
        if code is None or code.expires_at <= self._clock.now():
            raise Refused(6)
        return code

    def new_access(self, person: str, client_id: str, life_s: int) -> str:
        """Give out an access token."""
        value = secrets.token_hex(24)
        self._access.put(value, Token(person, client_id, self._clock.now() + life_s))
        return value

    def access(self, value: str) -> Token:
        """Whose access token it is. Raises Refused."""
        token = self._access.get(value)
        if token is None or token.expires_at <= self._clock.now():
            raise Refused(6)
        return token

    def new_refresh(self, person: str, client_id: str) -> str:
        """Give out a refresh token."""
        value = secrets.token_hex(24)
        self._refresh.put(value, Token(person, client_id, 0))
        return value

    def refresh(self, value: str, client_id: str) -> Token:
        """Whose refresh token it is. Raises Refused."""
        token = self._refresh.get(value)
        if token is None or token.client_id != client_id:
            raise Refused(6)
        return token

    def drop_refresh(self, value: str) -> None:
        """Another one takes its place."""
        self._refresh.take(value)

    def clear(self) -> None:
        """Forget all."""
        for kept in (self._codes, self._access, self._refresh):
            kept.clear()
