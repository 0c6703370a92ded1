"""A person as the simulators know one: a Mail.ru account, a subscriber, or both, with switches for what goes wrong."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from simulators.msisdn import parse

FOREIGN = "firma.example"
"""Domain of no mail service of ours."""


def _number(text: str) -> str:
    number = parse(text) if text else ""
    if number is None:
        raise ValueError("not a telephone number")
    return number


class Person(BaseModel):
    """Who somebody is, and how their account, handset and SIM card behave."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    first_name: str = Field("", max_length=100)
    """Given name."""
    last_name: str = Field("", max_length=100)
    """Family name."""
    gender: Literal["m", "f", ""] = ""
    """As Mail.ru writes it: m or f."""
    birthday: str = Field("", pattern=r"^([0-9]{2}\.[0-9]{2}\.[0-9]{4})?$")
    """DD.MM.YYYY."""
    mailru_id: str = Field("", pattern=r"^([1-9][0-9]{0,19})?$")
    """Account id at Mail.ru; empty: no account."""
    vkid_id: str = Field("", pattern=r"^([1-9][0-9]{0,15})?$")
    """User id at VK ID; empty: no account."""
    email: str = Field("", pattern=r"^([^@\s]{1,64}@[^@\s]{1,189})?$")
    """Address of the account."""
    number: Annotated[str, AfterValidator(_number)] = ""
    """Telephone number; empty: no handset."""

    refuse: bool = False
    """Says no at Mail.ru, at VK ID and to every push."""
    slow_s: float = Field(0, ge=0, le=600)
    """Mail.ru, Mobile ID and the SMS gateway answer so many seconds later where this person is concerned."""
    malformed: bool = False
    """Mail.ru's profile and Mobile ID's result are cut off in the middle."""
    wrong_claim: str = Field("", max_length=64)
    """Member of the Mail.ru profile or of the ID token whose value is wrong; `signature` spoils that of the token."""

    no_email: bool = False
    """The Mail.ru profile has no e-mail address."""
    foreign_domain: bool = False
    """The account was opened with an address of another domain."""
    changed_email: bool = False
    """The account has got another address."""

    approve: bool = False
    """Says yes to every push at once."""
    no_answer: bool = False
    """Pushes do not reach the handset: nobody answers them."""
    no_applet: bool = False
    """The SIM card cannot show pushes; Mobile ID sends a code by SMS."""
    busy: bool = False
    """Another request is on the handset already."""
    blocked: bool = False
    """The operator has blocked the subscriber."""
    not_subscriber: bool = False
    """The number is another operator's."""
    resold: int = Field(0, ge=0)
    """How many times the number has passed to a new owner; each sees another `sub`. True counts as 1."""
    sim_changed: bool = False
    """The SIM card was changed, at the moment when this is switched on."""
    sim_changed_at: float = Field(0, ge=0)
    """When that was, in seconds since 1970."""

    sms_code: int = 0
    """The gateway's `status.code` for messages to this number; only 0 is a success."""
    sms_lost: bool = False
    """Messages are accepted and never arrive."""
    sms_delay_s: float = Field(0, ge=0)
    """Messages arrive so many seconds later."""

    @property
    def name(self) -> str:
        """Full name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def shown_email(self) -> str:
        """The address that Mail.ru gives."""
        if self.no_email or not self.email:
            return ""
        local, _, domain = self.email.partition("@")
        return f"{local}{'.new' if self.changed_email else ''}@{FOREIGN if self.foreign_domain else domain}"
