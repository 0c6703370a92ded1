"""What the endpoints are built from. Made once when the application is made."""

from dataclasses import dataclass

from app.clients.keys import ClientKeys
from app.clients.logos import Logos
from app.clients.references import References
from app.clients.registry import Clients
from app.clients.sectors import Sectors
from app.grants.access_token import AccessTokens
from app.grants.approvals import Approvals
from app.grants.codes import Codes
from app.grants.detail_types import DetailTypes
from app.grants.device_requests import DeviceRequests
from app.grants.issue import Mint
from app.grants.living import moment
from app.grants.refresh import RefreshTokens
from app.identity.subjects import Subjects
from app.keys.datakeys import DataKeys
from app.keys.keyed import KeyedValues
from app.keys.sealing import Sealer
from app.keys.signing import SigningKeys
from app.provider.client_certificate import ClientCertificates
from app.provider.dpop import Dpop
from app.sessions.ask import Asks
from app.sessions.browser import BrowserSessions
from app.sessions.others import OtherSessions
from app.sessions.pushed import PushedRequests
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral
from app.web.metrics import Metrics
from app.web.windows import AddressWindows
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The rooms below, as the provider's endpoints use them."""

    settings: Settings
    storage: Storage
    clock: Clock
    clients: Clients
    client_keys: ClientKeys
    references: References
    sectors: Sectors
    logos: Logos
    ephemeral: Ephemeral
    signing: SigningKeys
    sealer: Sealer
    keyed: KeyedValues
    data_keys: DataKeys
    codes: Codes
    refresh: RefreshTokens
    devices: DeviceRequests
    approvals: Approvals
    detail_types: DetailTypes
    subjects: Subjects
    access_tokens: AccessTokens
    mint: Mint
    dpop: Dpop
    certificates: ClientCertificates
    sessions: BrowserSessions
    others: OtherSessions
    asks: Asks
    pushed: PushedRequests
    metrics: Metrics
    failures: AddressWindows
    """Failed client authentications, by address."""

    def moment(self) -> dict[str, int]:
        """Now, as the conditions of living grants want to know it."""
        return moment(self.clock.now(), self.settings.lifetimes)

    starts: AddressWindows
    """Sign-in journeys begun, by address."""
