"""What commands are given to work with."""

from dataclasses import dataclass

from app.clients.registry import Clients
from app.keys.datakeys import DataKeys
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from app.keys.lookup import LookupHasher
from app.keys.signing import SigningKeys
from app.sessions.browser import BrowserSessions
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts of the application that commands use, built once by `create_app`."""

    settings: Settings
    storage: Storage
    ephemeral: Ephemeral
    clock: Clock
    keyring: Keyring
    signing_keys: SigningKeys
    key_lifecycle: KeyLifecycle
    data_keys: DataKeys
    lookup: LookupHasher
    clients: Clients
    sessions: BrowserSessions
