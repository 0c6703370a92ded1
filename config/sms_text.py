"""Whether a message fits one part of an SMS, which decides its price and whether its last line arrives whole."""

import string
from collections.abc import Iterator
from urllib.parse import urlsplit

from config.complaint import Complaint
from config.settings import Settings

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of 3GPP TS 23.038 §6.2.1, one septet each."""
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension (§6.2.1.1), two septets each."""
GSM_PART, UCS2_PART = 160, 70
FIELDS = {"code", "service", "host"}
LAST_LINE = "\n@{host} #{code}"
LETTER = {"ru": "Ж", "en": "M"}
"""A letter that a service's name is measured with."""


def left_over(text: str) -> int:
    """How many more characters the first part holds; negative when the text does not fit it."""
    if all(letter in GSM or letter in GSM_EXTENDED for letter in text):
        return GSM_PART - len(text) - sum(letter in GSM_EXTENDED for letter in text)
    return UCS2_PART - len(text.encode("utf-16-le")) // 2


def template_complaints(settings: Settings) -> Iterator[Complaint]:
    """Templates that lack something, or do not fit with this deployment's host and longest service name (SR-136)."""
    for language, letter in LETTER.items():
        setting = f"sms.template_{language}"
        template: str = getattr(settings.sms, f"template_{language}")
        fault = _form_fault(template) or _length_fault(settings, template, letter)
        if fault:
            yield Complaint(setting, fault)


def _form_fault(template: str) -> str | None:
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    except ValueError:
        return "a brace is not closed: write {code}, {service} and {host}, and no other brace"
    if fields != FIELDS:
        return "name {code}, {service} and {host}, and nothing else in braces"
    if not template.endswith(LAST_LINE):
        return "end with a line of its own, @{host} #{code}: it binds the code to this site"
    return None


def _length_fault(settings: Settings, template: str, letter: str) -> str | None:
    host, longest = urlsplit(settings.issuer).hostname or "", settings.sms.longest_service
    over = -left_over(template.format(code="0" * 6, service=letter * longest, host=host))
    if over <= 0:
        return None
    return (
        f"the message is {over} longer than one part with the host {host} and a service's name of {longest}: "
        f"shorten the template or the host, or lower MOSTID_SMS__LONGEST_SERVICE by {over}"
    )
