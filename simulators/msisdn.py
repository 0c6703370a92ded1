"""Telephone numbers as people and gateways write them."""

import re

MEGAFON = (
    "+7920", "+7921", "+7922", "+7923", "+7924", "+7925", "+7926", "+7927", "+7928", "+7929", "+7931", "+7937",
)  # fmt: skip
"""Ranges whose numbers are MegaFon's here unless the scenario says otherwise."""
WRITTEN = re.compile(r"[\s+()\-\d]{1,32}", re.ASCII)


def parse(text: str) -> str | None:
    """A number as E.164. A `+` that became a space in an address is no loss; 8 before a Russian number is +7."""
    digits = re.sub(r"\D", "", text, flags=re.ASCII)
    if not WRITTEN.fullmatch(text) or not 10 <= len(digits) <= 15:
        return None
    if len(digits) == 11 and digits.startswith("8"):
        digits = "7" + digits[1:]
    return "+" + digits


def grouped(number: str) -> str:
    """As people read it: +7 920 123-45-67."""
    parts = re.fullmatch(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})", number)
    return f"+7 {parts[1]} {parts[2]}-{parts[3]}-{parts[4]}" if parts else number
