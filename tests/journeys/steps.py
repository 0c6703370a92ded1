"""What people do again and again on their way."""

from tests.journeys.visitor import Visitor
from tests.support.servers import wait_for
from tests.support.whole import Person, Whole

EARLY = "Сначала подтвердите запрос на телефоне"
"""The person's yes is on its way from the handset over the operator to us."""


def to_signin(visitor: Visitor, mostid: Whole, service: str = "store") -> Visitor:
    """From a service's button to MostID's first page."""
    visitor.go(mostid.address(service, "/signin"))
    assert visitor.path == "/signin", visitor.trail
    return visitor


def through_mailru(visitor: Visitor, person: Person) -> Visitor:
    """From the first page through Mail.ru, as far as it leads."""
    visitor.press("way", "mailru")
    if visitor.path.startswith("/mailru/"):
        visitor.press("decision", "allow", person=person.key)
    return visitor


def ask_for_code(visitor: Visitor, person: Person) -> Visitor:
    """From the first page to the page that waits for a code."""
    visitor.press("way", "phone")
    return visitor.submit("/signin/phone", phone=person.number)


def by_push(visitor: Visitor, person: Person, before: int = 0) -> Visitor:
    """From the first page, with the code that the handset shows, as far as it leads."""
    ask_for_code(visitor, person)
    assert visitor.path == "/signin/phone/push", visitor.text
    code = person.answer("yes", before)
    wait_for(
        lambda: EARLY not in visitor.submit("/signin/phone/push", code=code).text, "no word of the operator"
    )
    return visitor


def by_sms(visitor: Visitor, person: Person, before: int = 0) -> Visitor:
    """The same with a code by SMS."""
    ask_for_code(visitor, person)
    if visitor.path == "/signin/phone/push":
        visitor.press("instead", "sms")
    assert visitor.path == "/signin/phone/code", visitor.text
    return visitor.submit("/signin/phone/code", code=person.sms_code(before))


def is_in(visitor: Visitor, mostid: Whole, service: str = "store") -> bool:
    """Whether the visitor is at the service's page, and signed in."""
    return visitor.url.startswith(mostid.address(service)) and bool(visitor.element("sub"))
