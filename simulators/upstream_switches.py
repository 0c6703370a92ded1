"""How each upstream knows MostID, and how it behaves. The values here are those of a development machine."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt

Authenticator = Literal["PushMc", "SmsOtp"]
Seconds = NonNegativeFloat


class Switches(BaseModel):
    """Values that are replaced, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class MailRuSwitches(Switches):
    """Mail.ru."""

    client_id: str = "5d0a6f0e2c7b4b6f9a3d1e8c7b2f4a60"
    """MostID's application id."""
    client_secret: str = "mailru-simulator-secret"
    """Its secret."""
    redirect_uris: tuple[str, ...] = ()
    """Its registered addresses, compared letter by letter."""
    refuse_body_auth: bool = False
    """Credentials in the body get an answer of status 200 without a token."""
    refresh_repeats_token: bool = False
    """A refresh answers with a new refresh token; otherwise with none, and the old one goes on."""
    code_life_s: Seconds = 60
    """How long a code can be exchanged."""
    token_life_s: PositiveInt = 3600
    """How long an access token works."""
    slow_s: Seconds = 0
    """Token and profile come so many seconds later."""
    down: bool = False
    """Everything answers 503."""


class VkIdSwitches(Switches):
    """VK ID."""

    client_id: str = "52410977"
    """MostID's application id."""
    client_secret: str = "vkid-simulator-secret"
    """Its secret, which may be left out."""
    redirect_uris: tuple[str, ...] = ()
    """Its registered addresses, compared letter by letter."""
    code_life_s: Seconds = 300
    """How long a code can be exchanged."""
    token_life_s: PositiveInt = 3600
    """How long an access token works."""
    error_status: Literal[200, 400] = 400
    """Status of errors, but for those of the application itself, which is 401."""
    wrong_state: bool = False
    """Tokens come with another `state` than was sent."""
    slow_s: Seconds = 0
    """Tokens and people come so many seconds later."""
    down: bool = False
    """Everything answers 503."""


class MobileIdSwitches(Switches):
    """Mobile ID."""

    client_id: str = "mostid-demo"
    """MostID's client id."""
    client_name: str = "MostID"
    """Its registered name."""
    client_enabled: bool = True
    """Off: the client is switched off at the operator."""
    jwks_uri: str = ""
    """Where its public keys are."""
    notification_uris: tuple[str, ...] = ()
    """Its registered addresses for results."""
    otp_notification_uri: str = ""
    """Where it is told that an SMS code is needed, if its request names no other address of the same origin."""
    chain: tuple[Authenticator, ...] = ("PushMc", "SmsOtp")
    """Authenticators in the order in which they are tried."""
    expires_in: PositiveInt = 600
    """Life of a whole request, s."""
    callback_delay_s: Seconds = 3
    """From the answer to the first call back."""
    retry_delays_s: tuple[Seconds, ...] = (5, 5)
    """Pauses before the call back is repeated, while it is not answered with 2xx."""
    authenticator_wait_s: Seconds = 60
    """How long a push waits before the next authenticator's turn."""
    otp_life_s: Seconds = 120
    """How long an SMS code can be entered."""
    otp_attempts: PositiveInt = 3
    """How often it may be entered."""
    poll_interval_s: Seconds = 1
    """Least time between two polls."""
    error: Literal[
        "", "timeout", "status_conflict", "not_found_entity", "temporarily_unavailable", "server_error"
    ] = ""
    """Refuse every request with this error."""
    slow_s: Seconds = 0
    """Requests are answered so many seconds later."""


class SmsSwitches(Switches):
    """The SMS gateway, in both its forms."""

    login: str = "REG_mostid"
    """MostID's login."""
    password: str = "sms-simulator-secret"
    """Its password."""
    senders: tuple[str, ...] = ("MostID",)
    """Its registered sender names."""
    code: int = 0
    """`status.code` of every answer; only 0 is a success."""
    lost: bool = False
    """Messages are accepted and never arrive."""
    delay_s: Seconds = 0
    """Messages arrive so many seconds later."""
    reports: bool = False
    """Delivery is reported. MegaFon has not reported it for its own subscribers since March 2023."""
    slow_s: Seconds = 0
    """The gateway answers so many seconds later."""
    down: bool = False
    """Everything answers 503."""
    inbound_url: str = ""
    """Where messages of people to MostID are passed on to."""


class Upstreams(Switches):
    """All of them."""

    mailru: MailRuSwitches = MailRuSwitches()
    vkid: VkIdSwitches = VkIdSwitches()
    mobileid: MobileIdSwitches = MobileIdSwitches()
    sms: SmsSwitches = SmsSwitches()


def registered(mostid: str) -> Upstreams:
    """The upstreams, where a MostID at this address is registered."""
    notify = f"{mostid}/upstream/mobileid/notify"
    return Upstreams(
        mailru=MailRuSwitches(redirect_uris=(f"{mostid}/signin/mailru/callback",)),
        vkid=VkIdSwitches(redirect_uris=(f"{mostid}/signin/vkid/callback",)),
        mobileid=MobileIdSwitches(
            jwks_uri=f"{mostid}/upstream/mobileid/jwks.json",
            notification_uris=(notify,),
            otp_notification_uri=notify,
        ),
        sms=SmsSwitches(inbound_url=f"{mostid}/upstream/sms/inbound"),
    )
