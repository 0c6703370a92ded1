"""Every page once, in both languages and themes: none is wider than the smallest phones, each can be read and named.

`SCREENSHOTS=docs/screenshots python -m pytest --timeout 900 tests/browser/test_gallery.py` writes their pictures anew.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.asking import authorization_url, television_codes
from tests.browser.conftest import PHONE, Contexts
from tests.browser.pictures import smaller
from tests.browser.test_flows import leave_everywhere, through_mailru, type_pushed
from tests.support.accessibility import faint, nameless, tree
from tests.support.whole import Person, Whole

pytestmark = pytest.mark.browser
SMALLEST, TALLEST = 320, 1_000
PICTURES = os.environ.get("SCREENSHOTS", "")


class Gallery:
    """Walks through all pages with one browser and takes their pictures."""

    def __init__(self, page: Page, mostid: Whole, suffix: str) -> None:
        self.page, self.mostid, self.suffix = page, mostid, suffix
        self.seen: list[str] = []

    def shot(self, name: str) -> None:
        """Look at the page that is shown."""
        expect(self.page.locator("h1").first).to_be_visible()
        for width in (SMALLEST, PHONE["width"]):
            self.page.set_viewport_size({"width": width, "height": PHONE["height"]})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        nodes = tree(self.page)
        assert list(faint(self.page)) == [], name
        assert nameless(nodes) == [], name
        assert [node["role"] for node in nodes].count("main") == 1
        assert name not in self.seen
        self.seen.append(name)
        if PICTURES:
            self.page.mouse.move(0, 0)
            height = self.page.evaluate("document.documentElement.scrollHeight")
            clip = {"x": 0, "y": 0, "width": PHONE["width"], "height": min(height, TALLEST)}
            picture = self.page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]
            Path(PICTURES, f"{name}-{self.suffix}.png").write_bytes(smaller(picture))

    def ask_for_code(self, person: Person) -> None:
        self.page.click("#way-phone")
        self.page.fill("#phone", person.number)
        self.page.keyboard.press("Enter")

    def through_mailru(self, anna: Person) -> None:
        page = self.page
        page.goto(self.mostid.address("public", "/"))
        self.shot("launcher-stranger")
        page.goto(self.mostid.address("store", "/"))
        self.shot("store")
        page.click("#signin")
        self.shot("choose")
        page.click("#way-mailru")
        page.click("#decision-deny")
        self.shot("upstream-refused")
        through_mailru(page, anna)
        page.click("#account")
        self.shot("store-signed-in")
        page.goto(self.mostid.address("social", "/"))
        self.shot("social")
        page.goto(self.mostid.address("merchant", "/"))
        self.shot("merchant")
        page.click("#signin")
        self.shot("consent")
        page.click("#decision-allow")
        self.shot("merchant-signed-in")
        page.click("#pay")
        self.shot("payment")

    def beside(self, boris: Person) -> None:
        """Somebody else signs in in the same browser; a device does."""
        page, mostid = self.page, self.mostid
        page.goto(mostid.address("public", "/"))
        self.shot("launcher")
        page.goto(authorization_url(mostid, "store", prompt="select_account"))
        page.click("#choice-another")
        through_mailru(page, boris)
        expect(page.locator("h1").first).to_be_visible()
        page.goto(authorization_url(mostid, "store", prompt="select_account"))
        self.shot("select")
        codes = television_codes(mostid)
        page.goto(codes["verification_uri_complete"])
        self.shot("device-code")
        page.click("#continue")
        self.shot("device")
        page.click("#decision-allow")
        self.shot("device-done")
        page.goto(mostid.address("public", "/logout"))
        self.shot("logout-several")
        page.click("#decision-allow")
        page.goto(mostid.address("public", "/signin/select"))
        page.click("#choice-1")
        expect(page.locator("#services")).to_be_visible()

    def out(self) -> None:
        page = self.page
        page.goto(self.mostid.address("public", "/logout?client_id=store"))
        self.shot("logout")
        page.click("#decision-deny")
        self.shot("still-signed-in")
        page.go_back()
        page.reload()
        page.click("#decision-allow")
        self.shot("signed-out")
        page.goto(self.mostid.address("store", "/signin"))
        self.shot("choose-known")

    def by_phone(self, anna: Person, olga: Person) -> None:
        page = self.page
        page.goto(self.mostid.address("store", "/product/kettle"))
        self.shot("store-product")
        page.goto(self.mostid.address("store", "/signin"))
        page.click("#way-phone")
        self.shot("phone")
        page.fill("#phone", "+7 495 123-45-67")
        page.keyboard.press("Enter")
        self.shot("phone-problem")
        page.fill("#phone", olga.number)
        page.keyboard.press("Enter")
        expect(page.locator("#again")).to_be_visible()
        self.shot("code")
        code = olga.sms_code()
        page.fill("#code", f"{(int(code) + 1) % 1_000_000:06}")
        page.keyboard.press("Enter")
        self.shot("code-problem")
        page.click("#ways")
        self.ask_for_code(anna)
        expect(page.locator("#instead")).to_be_visible()
        self.shot("push")
        type_pushed(page, anna.answer("yes"))
        leave_everywhere(page)
        self.shot("store-signed-out")

    def trouble(self, anna: Person, vera: Person) -> None:
        page = self.page
        page.click("#again")
        self.ask_for_code(vera)
        expect(page.locator("#problem")).to_be_visible()
        self.shot("push-over")
        page.click("#ways")
        anna.change(resold=1)
        self.ask_for_code(anna)
        type_pushed(page, anna.answer("yes", before=1))
        expect(page.locator("#start")).to_be_visible()
        self.shot("handed-over")
        page.goto(self.mostid.address("store", "/signin"))
        page.context.clear_cookies(name="mostid_browser")
        page.reload()
        self.shot("expired")
        page.goto(self.mostid.address("public", "/authorize?client_id=nobody"))
        self.shot("error")


@pytest.mark.parametrize(("locale", "scheme"), [("ru-RU", "light"), ("en-GB", "dark")])
def test_every_page_has_its_place_on_a_small_phone(
    context_of: Contexts, mostid: Whole, locale: str, scheme: str
) -> None:
    anna = mostid.person(first_name="Анна", last_name="Ким", email="anna.kim@mail.ru")
    boris = mostid.person(first_name="Борис", last_name="Вега", email="boris.vega@bk.ru")
    olga, vera = mostid.person(not_subscriber=True), mostid.person(blocked=True)
    page = context_of(locale=locale, color_scheme=scheme).new_page()
    gallery = Gallery(page, mostid, f"{locale[:2]}-{scheme}")
    gallery.through_mailru(anna)
    gallery.beside(boris)
    gallery.out()
    gallery.by_phone(anna, olga)
    gallery.trouble(anna, vera)
    handset = Gallery(page.context.new_page(), mostid, gallery.suffix)
    handset.page.goto(anna.handset())
    handset.shot("handset")
    assert len(gallery.seen) == 31
