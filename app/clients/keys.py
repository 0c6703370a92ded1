"""The public keys of a client, by which its assertions and request objects are verified."""

from app.clients.client import Client
from app.keys.jwk import PublicKey


class ClientKeys:
    """Finds a client's keys, wherever it keeps them."""

    def find(self, client: Client, kid: str | None, algorithm: str) -> list[PublicKey]:
        """Those that may verify a signature by this algorithm: the one of this id, or all if none is named."""
        return fitting(client.keys, kid, algorithm)


def fitting(keys: tuple[PublicKey, ...], kid: str | None, algorithm: str) -> list[PublicKey]:
    """Keys for an algorithm; a key without an id answers to none that is named (RFC 7515 §4.1.4)."""
    return [key for key in keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]
