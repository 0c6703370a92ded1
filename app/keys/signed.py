"""Values that travel in clear but cannot be forged: form tokens, upstream states, undo links."""

import hashlib
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from app.keys.keyring import Keyring
from app.keys.sealing import Unsealable, decode
from app.storage.clock import Clock


class BadSigned(Exception):
    """Not signed by us for this purpose, or too old."""


class Signed:
    """Signs with one salt a purpose; whatever is read back has an age."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        secrets = [key.derive("signed") for key in reversed(keyring.all("sign"))]

        class MovedSigner(TimestampSigner):
            """The library's signer, by our clock."""

            def get_timestamp(self) -> int:
                return clock.now() // 1000

        self._serializers: dict[str, URLSafeTimedSerializer] = {}
        self._secrets, self._signer = secrets, MovedSigner

    def sign(self, purpose: str, value: Any) -> str:
        """Sign a JSON value."""
        return str(self._serializer(purpose).dumps(value))

    def read(self, purpose: str, text: str, max_age_s: int) -> Any:
        """The value, if we signed it for this purpose at most so many seconds ago. Raises BadSigned."""
        try:
            decode(text.rpartition(".")[2])  # the library takes several spellings of one signature
            return self._serializer(purpose).loads(text, max_age=max_age_s)
        except (BadSignature, Unsealable) as error:
            raise BadSigned from error

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = URLSafeTimedSerializer(
                self._secrets,
                salt=f"mostid/{purpose}",
                signer=self._signer,
                signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
            )
        return self._serializers[purpose]
