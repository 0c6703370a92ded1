"""What we believe of each upstream. One that is not written here is believed nothing (SR-111)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LOWEST_ACR = "urn:mostid:acr:1"


@dataclass(frozen=True, slots=True)
class Provider:
    """How an upstream names people."""

    subject: re.Pattern[str]
    """The one spelling of a subject. We compare bytes and mend nothing: another spelling is nobody (SR-120)."""
    reissued: bool
    """A subject may pass to another person, as numbers do: each owner's time with it is an epoch."""


PROVIDERS: Mapping[str, Provider] = {
    "mailru": Provider(re.compile(r"[0-9]{1,32}"), reissued=False),
    "vkid": Provider(re.compile(r"[0-9]{1,16}"), reissued=False),
    "phone": Provider(re.compile(r"\+[1-9][0-9]{6,14}"), reissued=True),
}


def believed(name: str, subject: str) -> Provider | None:
    """The provider, if we know it and this is how it spells a subject."""
    provider = PROVIDERS.get(name)
    return provider if provider and provider.subject.fullmatch(subject) else None
