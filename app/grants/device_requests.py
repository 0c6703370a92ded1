"""Device authorization requests: what waits while its person decides in another browser (RFC 8628 §3).

They live in the ephemeral store, under a hash of the device code. The grant is made when the device comes for it; its
id is chosen at the approval, so that it is made once.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral, EphemeralDown

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; nothing that looks like something else (RFC 8628 §6.1). Eight of them are 34 bits."""
LENGTH = 8
CYRILLIC = str.maketrans("ВСНКМРТХ", "BCHKMPTX")
"""Letters that look alike, for who reads one alphabet and types the other."""
INTERVAL_S = 5
"""Seconds between two polls; each one that comes too soon adds as many (RFC 8628 §3.5)."""
AFTERLIFE_MS = 600_000
"""How long a device still learns that its code has expired."""
ATTEMPTS = 5
TOO_SOON = b""
"""Whose poll was the last one, where that came too soon: nobody's who may have an answer."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who allowed what, and by which proof. Times in ms."""

    grant_id: UUID
    identity_id: UUID
    session_id: UUID
    """The session that it was allowed in: it must live until the device comes."""
    link_id: UUID
    client_id: str
    scope: str
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    details: str = ""
    """Authorization details that were allowed, as they are kept."""


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """One device that waits, and what was decided about it."""

    key: str
    client_id: str
    scope: tuple[str, ...]
    made_at: int
    expires_at: int
    address: str
    """Where it asked from."""
    agent: str
    """Kind of device, as far as we know it."""
    details: str = ""
    """Authorization details that it asks for, as they are kept; empty: none."""
    denied: bool = False
    approval: Approval | None = None
    taken: bool = False
    """Somebody is allowing it: what they say is being written down."""

    @property
    def pending(self) -> bool:
        """Whether it waits for somebody to decide."""
        return not self.taken and not self.denied and self.approval is None


@dataclass(frozen=True, slots=True)
class Started:
    """The codes of a new request: known to its device alone, and the one that its person types."""

    device_code: str
    user_code: str


class DeviceRequests:
    """Begins, finds and decides requests. Every method may raise EphemeralDown."""

    def __init__(self, ephemeral: Ephemeral, clock: Clock, life_s: int) -> None:
        self._ephemeral, self._clock, self._life_ms = ephemeral, clock, life_s * 1000

    def start(
        self, client_id: str, scope: tuple[str, ...], address: str, agent: str, details: str = ""
    ) -> Started:
        """A new request, under a device code of 256 bits."""
        device_code, now = secrets.token_urlsafe(32), self._clock.now()
        key = key_of(device_code)
        request = DeviceRequest(key, client_id, scope, now, now + self._life_ms, address, agent, details)
        self._ephemeral.put(f"device:{key}", _encode(request), self._life_ms + AFTERLIFE_MS)
        return Started(device_code, self._user_code(key))

    def find(self, user_code: str) -> str | None:
        """The key of the request that this code was given for."""
        found = self._ephemeral.get(_user_key(user_code))
        return found.decode() if found else None

    def read(self, key: str) -> DeviceRequest | None:
        """The request, expired or not."""
        found = self._ephemeral.get(f"device:{key}")
        return _decode(key, found) if found else None

    def expired(self, request: DeviceRequest) -> bool:
        """Whether it is too late for the person and for the device."""
        return self._clock.now() >= request.expires_at

    def take(self, request: DeviceRequest) -> DeviceRequest | None:
        """Take it to allow it: nobody else decides it then. None when somebody has, or it is gone."""
        taken = replace(request, taken=True)
        return (
            taken if self._ephemeral.swap(f"device:{request.key}", _encode(request), _encode(taken)) else None
        )

    def give_back(self, taken: DeviceRequest) -> None:
        """Let it wait again, where what was said could not be written down."""
        self._ephemeral.swap(f"device:{taken.key}", _encode(taken), _encode(replace(taken, taken=False)))

    def decide(self, request: DeviceRequest, approval: Approval | None) -> bool:
        """Write down a yes, or a no without an approval. False when somebody has decided before, or it is gone."""
        decided = replace(request, denied=approval is None, approval=approval)
        return self._ephemeral.swap(f"device:{request.key}", _encode(request), _encode(decided))

    def polled_too_soon(self, request: DeviceRequest, reference: str) -> bool:
        """Count a poll. One that comes too soon makes its device wait longer from now on.

        Our own second try at a transaction is the same poll, by its reference.
        """
        place, mark = f"device-poll:{request.key}", reference.encode()
        slower = int(self._ephemeral.get(f"device-slow:{request.key}") or 0)
        if self._ephemeral.add(place, mark, _wait_ms(slower)) or self._ephemeral.get(place) == mark:
            return False
        slower = self._ephemeral.increment(f"device-slow:{request.key}", self._life_ms + AFTERLIFE_MS)
        self._ephemeral.put(place, TOO_SOON, _wait_ms(slower))
        return True

    def _user_code(self, key: str) -> str:
        for _ in range(ATTEMPTS):
            code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
            if self._ephemeral.add(_user_key(code), key.encode(), self._life_ms):
                return shown(code)
        raise EphemeralDown("no user code is free")


def key_of(device_code: str) -> str:
    """What is kept of a device code."""
    return hashlib.sha256(b"mostid/device/" + device_code.encode()).hexdigest()


def typed(text: str) -> str:
    """A user code as it was meant: without dashes and spaces, in capitals (RFC 8628 §6.1); empty if it is none."""
    code = "".join(letter for letter in text[:64].upper().translate(CYRILLIC) if letter.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def shown(code: str) -> str:
    """A user code as people read it."""
    return f"{code[:4]}-{code[4:]}" if code else ""


def _user_key(user_code: str) -> str:
    return "device-user:" + hashlib.sha256(typed(user_code).encode()).hexdigest()


def _wait_ms(slower: int) -> int:
    """Half a second is forgiven: a device's clock and its way to us are not exact."""
    return (INTERVAL_S + INTERVAL_S * slower) * 1000 - 500


def _encode(request: DeviceRequest) -> bytes:
    return json.dumps(asdict(request), default=str, sort_keys=True, separators=(",", ":")).encode()


def _decode(key: str, raw: bytes) -> DeviceRequest:
    values = json.loads(raw)
    given = values.pop("approval")
    if given is not None:
        ids = {name: UUID(given[name]) for name in ("grant_id", "identity_id", "session_id", "link_id")}
        given = Approval(**(given | ids | {"amr": tuple(given["amr"])}))
    return DeviceRequest(**(values | {"key": key, "scope": tuple(values["scope"]), "approval": given}))
