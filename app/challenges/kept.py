"""What waits in the ephemeral store, sealed: no number can be read there (SR-170), and codes are hashes (SR-135)."""

import json
from typing import Any

from app.keys.sealing import Sealer, Unsealable
from app.storage.ephemeral.base import Ephemeral

PURPOSE = "waiting"


class Kept:
    """Values by name, each sealed to its name."""

    def __init__(self, ephemeral: Ephemeral, sealer: Sealer) -> None:
        self._ephemeral, self._sealer = ephemeral, sealer

    def put(self, name: str, value: Any, life_ms: int) -> None:
        """Keep a value for so long, whatever stood there."""
        self._ephemeral.put(name, self._seal(name, value), life_ms)

    def add(self, name: str, value: Any, life_ms: int) -> bool:
        """Keep a value if none is there. Of many at once exactly one gets True."""
        return self._ephemeral.add(name, self._seal(name, value), life_ms)

    def get(self, name: str) -> Any:
        """The value; None if there is none, or its key is gone."""
        raw = self._ephemeral.get(name)
        try:
            return json.loads(self._sealer.open(PURPOSE, raw.decode(), name.encode())) if raw else None
        except Unsealable:
            return None

    def forget(self, name: str) -> None:
        """Away with it."""
        self._ephemeral.delete(name)

    def _seal(self, name: str, value: Any) -> bytes:
        return self._sealer.seal(PURPOSE, json.dumps(value).encode(), name.encode()).encode()
