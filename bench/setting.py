"""What the server was prepared with, and what one connection has in hand."""

import base64
from dataclasses import dataclass, field
from urllib.parse import quote

from joserfc.jwk import ECKey


@dataclass(frozen=True, slots=True)
class Secret:
    """A service that sends a secret."""

    client_id: str
    secret: str

    @property
    def basic(self) -> str:
        """The header of client_secret_basic."""
        pair = f"{quote(self.client_id)}:{quote(self.secret)}"
        return f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


@dataclass(slots=True)
class Setting:
    """Three services, a signed-in browser, a key, and the tokens of the moment."""

    issuer: str
    cookies: str
    service: Secret
    opaque: Secret
    """A service whose access tokens are opaque."""
    signer: str
    """A service that signs instead of sending a secret."""
    key: ECKey
    """The signer's key, and the one that tokens are bound to."""
    tokens: dict[str, str] = field(default_factory=dict)
    device_code: str = ""
