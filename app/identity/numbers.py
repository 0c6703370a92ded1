"""Numbers as people write them, and the one form in which we know them: E.164 (SR-124)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

LONGEST = 40
SHORT_CODE_DIGITS = 6
BULLET = "•"

_HALF_WIDTH = str.maketrans(
    "０１２３４５６７８９＋（）－．\u00a0\u2007\u2009\u202f\u3000\t\u2010\u2011\u2012\u2013\u2014\u2015",
    "0123456789+()-.      ------",
)
"""Full-width signs, spaces and dashes that keyboards and address books put into numbers."""
_WRITTEN = re.compile(r"\+?[0-9 ().\-/]+")
_EXTENSION = re.compile(r"[0-9)][ .,]*(?:;ext=|доб|вн|ext|x|#|,|\*)[ .:]*[0-9]{1,8} *", re.IGNORECASE)


class Reason(StrEnum):
    """Why a number is refused."""

    MALFORMED = "malformed"
    LENGTH = "length"
    EXTENSION = "extension"
    SHORT_CODE = "short_code"
    COUNTRY = "country"
    LANDLINE = "landline"
    PREMIUM = "premium"
    SERVICE = "service"
    VOIP = "voip"
    SATELLITE = "satellite"
    UNASSIGNED = "unassigned"


DENIED: Mapping[str, Reason] = {
    "+76": Reason.COUNTRY,  # Kazakhstan shares the calling code
    "+77": Reason.COUNTRY,
    "+7940": Reason.COUNTRY,  # Abkhazia
    "+7954": Reason.SATELLITE,  # GlobalTel
}
"""Ranges of allowed calling codes that look mobile but cost us or reach somebody else than they seem to."""

_NOT_MOBILE: Mapping[int, Reason] = {
    PhoneNumberType.FIXED_LINE: Reason.LANDLINE,
    PhoneNumberType.PREMIUM_RATE: Reason.PREMIUM,
    PhoneNumberType.SHARED_COST: Reason.PREMIUM,
    PhoneNumberType.VOIP: Reason.VOIP,
}
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class BadNumber(Exception):
    """Not a mobile number that we send to. `reason` says why; the text typed is not kept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Number:
    """A mobile number that may be sent to."""

    e164: str
    """The one canonical form: + and digits."""


def parse(text: str, region: str = "RU", countries: Collection[int] = (7,)) -> Number:
    """Read what a person typed. Raises BadNumber.

    `region` is where a number without calling code is from. A calling code in `countries` stands for its main region
    only: 7 allows Russia and not Kazakhstan, which shares it.
    """
    number = _read(text, region)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if number.country_code not in countries:
        raise BadNumber(Reason.COUNTRY)
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise BadNumber(Reason.LENGTH)
    for prefix, reason in DENIED.items():
        if e164.startswith(prefix):
            raise BadNumber(reason)
    _check_kind(number)
    return Number(e164)


def grouped(e164: str) -> str:
    """For reading aloud: +7 920 123-45-67."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)


def masked(e164: str) -> str:
    """For pages that others may see: +7 920 •••-••-67. Enough for the owner, useless to anybody else."""
    text = grouped(e164)
    calling_code, _, national = text.partition(" ")
    places = [at for at, sign in enumerate(national) if sign.isdigit()]
    hidden = set(places[3:-2])
    return f"{calling_code} " + "".join(BULLET if at in hidden else sign for at, sign in enumerate(national))


def _read(text: str, region: str) -> PhoneNumber:
    """The number as written. Letters, marks and anything long are refused before the library sees them."""
    if len(text) > LONGEST:
        raise BadNumber(Reason.MALFORMED)
    plain = text.translate(_HALF_WIDTH).strip()
    if not _WRITTEN.fullmatch(plain):
        raise BadNumber(Reason.EXTENSION if _EXTENSION.search(plain) else Reason.MALFORMED)
    if sum(sign.isdigit() for sign in plain) <= SHORT_CODE_DIGITS:
        raise BadNumber(Reason.SHORT_CODE)
    try:
        return phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        raise BadNumber(Reason.MALFORMED) from None


def _check_kind(number: PhoneNumber) -> None:
    main = phonenumbers.region_code_for_country_code(number.country_code or 0)
    if not phonenumbers.is_valid_number(number):
        raise BadNumber(Reason.UNASSIGNED)
    if phonenumbers.region_code_for_number(number) != main:
        raise BadNumber(Reason.COUNTRY)
    kind = phonenumbers.number_type(number)
    if kind not in _MOBILE:
        raise BadNumber(_NOT_MOBILE.get(kind, Reason.SERVICE))
