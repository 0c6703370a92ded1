"""To whom answers are encrypted (OIDC Core §10.2): a key of the very client that asks for them."""

from app.clients.keys import ClientKeys
from app.clients.registry import Client
from app.keys.encryption import Recipient
from app.provider.errors import ProtocolError


def recipient_of(keys: ClientKeys, client: Client, algorithm: str, content: str) -> Recipient:
    """The key that fits now. Must not be asked within a transaction.

    Raises ProtocolError where there is none: what a client wants encrypted is never sent in clear.
    """
    key = keys.recipient(client, algorithm)
    if key is None:
        raise ProtocolError(
            "temporarily_unavailable",
            "none of the client's keys can be encrypted to",
            status=503,
            cause=f"no key for {algorithm} among the keys of {client.client_id}, or they cannot be fetched",
            section="OIDC Core §10.2",
        )
    return Recipient(key, content)
