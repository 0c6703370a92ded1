"""What the journey is built from. Made once when the application is made."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.challenges.inbound import Inbound
from app.challenges.otp import Otp
from app.challenges.push import Push
from app.clients.registry import Clients
from app.grants.approvals import Approvals
from app.grants.detail_types import DetailTypes
from app.grants.device_requests import DeviceRequests
from app.identity.linking import Linking
from app.identity.proofs import Proofs
from app.keys.datakeys import DataKeys
from app.keys.sealing import Sealer
from app.sessions.ask import Asks
from app.sessions.browser import BrowserSessions
from app.sessions.others import OtherSessions
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral
from app.upstreams.base import AccountUpstream
from app.upstreams.sms_inbox import SmsInbox
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.forms import Forms
from app.web.metrics import Metrics
from app.web.pages import Pages
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The rooms below, as the journey uses them."""

    settings: Settings
    storage: Storage
    clock: Clock
    sealer: Sealer
    clients: Clients
    ephemeral: Ephemeral
    asks: Asks
    devices: DeviceRequests
    approvals: Approvals
    detail_types: DetailTypes
    sessions: BrowserSessions
    others: OtherSessions
    linking: Linking
    proofs: Proofs
    data_keys: DataKeys
    accounts: Mapping[str, AccountUpstream]
    """Upstreams that browsers are sent to, by their names as providers."""
    otp: Otp
    push: Push
    inbound: Inbound
    inbox: SmsInbox
    pages: Pages
    browser: Browser
    cookies: Cookies
    forms: Forms
    metrics: Metrics
