"""How a service shows what it was told of a customer."""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from examples.service.customer import Customer

LABELS = {
    "name": "name",
    "given_name": "given name",
    "family_name": "family name",
    "email": "e-mail",
    "phone_number": "phone",
    "birthdate": "birthdate",
    "picture": "picture",
    "locale": "locale",
}


def display_name(customer: Customer) -> str:
    """What to call them; empty if nothing was told that people are called by."""
    claims = customer.claims
    whole = " ".join(str(claims[part]) for part in ("given_name", "family_name") if claims.get(part))
    return str(claims.get("name") or whole or claims.get("nickname") or "")


def known(customer: Customer) -> Iterator[tuple[str, str, bool | None]]:
    """Rows to show: label, value, and whether MostID confirmed it (None where that is not said)."""
    for claim, label in LABELS.items():
        if value := customer.claims.get(claim):
            yield label, SHORTENED.get(claim, str)(str(value)), customer.claims.get(f"{claim}_verified")


def masked(number: str) -> str:
    """A number that its owner recognises and a neighbour does not learn: +7 920 •••-••-67."""
    return f"{number[:2]} {number[2:5]} •••-••-{number[-2:]}" if len(number) > 7 else "•••"


SHORTENED: Mapping[str, Callable[[str], str]] = {
    "phone_number": masked,
    "picture": lambda address: urlsplit(address).hostname or "",
}
"""How the longer ones are shown; of a picture, who keeps it: it is not loaded from there."""
