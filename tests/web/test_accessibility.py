"""The pages for people who cannot see them well, use a keyboard, or a screen reader (WCAG 2.2 AA).

What is checked is what Chromium itself made of the page: its accessibility tree, its computed colours, its layout.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.accessibility import faint, nameless, tree
from tests.web.samples import SAMPLES

pytestmark = pytest.mark.browser
ZOOMED = {"width": 320, "height": 256}
"""1280 px at 400 % (WCAG 1.4.10)."""
RINGS = """() => {
  const style = getComputedStyle(document.activeElement);
  const {x, y, width, height} = document.activeElement.getBoundingClientRect();
  return {tag: document.activeElement.tagName, id: document.activeElement.id || document.activeElement.textContent.trim(),
          ring: style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0,
          seen: width > 0 && x >= 0 && y >= 0 && y + height <= innerHeight + 1};
}"""
SHIFTS = """() => new Promise((done) => {
  let shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { shifted += entry.value; }))
    .observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(shifted), 60)));
})"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for name in SAMPLES:
        page.goto(f"{address}/sample/{name}")
        assert list(faint(page)) == [], name


def test_everything_that_acts_has_a_name_and_the_page_has_landmarks_and_a_language(
    page: Page, address: str
) -> None:
    for name in SAMPLES:
        for language in ("ru", "en"):
            page.goto(f"{address}/sample/{name}?lang={language}")
            nodes = tree(page)
            roles = [node["role"] for node in nodes]
            assert nameless(nodes) == [], name
            assert roles.count("main") == roles.count("banner") == roles.count("contentinfo") == 1, name
            levels = [node["level"] for node in nodes if node["role"] == "heading"]
            assert levels == [1, *[2] * (len(levels) - 1)], name
            assert page.get_attribute("html", "lang") == language
            assert page.title().endswith("· MostID")
            names = [node["name"] for node in nodes if node["role"] in {"button", "link"}]
            assert len(names) == len(set(names)), name  # nothing is called the same and does something else


def test_a_problem_is_announced_and_belongs_to_its_field(page: Page, address: str) -> None:
    for name, field in (("phone-problem", "phone"), ("code-problem", "code")):
        page.goto(f"{address}/sample/{name}?lang=ru")
        nodes = tree(page)
        assert "alert" in [node["role"] for node in nodes]
        (box,) = [node for node in nodes if node["role"] == "textbox"]
        assert box["invalid"] == "true"
        described = (page.get_attribute(f"#{field}", "aria-describedby") or "").split()
        assert SAMPLES[name][1]["problem"] in page.inner_text(f"#{described[0]}")


def test_the_keyboard_reaches_everything_in_order_and_is_seen_to(page: Page, address: str) -> None:
    for name in SAMPLES:
        page.goto(f"{address}/sample/{name}")
        reachable = page.locator("a, button, input:not([type=hidden])").count()
        page.evaluate("document.activeElement.blur()")
        page.mouse.click(1, 1)
        reached = []
        for _ in range(reachable):
            page.keyboard.press("Tab")
            at = page.evaluate(RINGS)
            assert at["ring"] >= 3, (name, at)
            assert at["seen"], (name, at)
            reached.append((at["tag"], at["id"]))
        assert len(set(reached)) == reachable, name


def test_nothing_moves_after_it_was_first_shown(page: Page, address: str) -> None:
    for name in SAMPLES:
        page.goto(f"{address}/sample/{name}")
        assert page.evaluate(SHIFTS) == 0, name


def test_a_count_that_ends_leaves_everything_where_it_was(page: Page, address: str) -> None:
    page.clock.install()
    for name in ("code", "push"):
        page.goto(f"{address}/sample/{name}")
        before = page.locator("main").bounding_box()
        page.clock.run_for(100_000)
        assert page.locator("main").bounding_box() == before, name


def test_zoomed_to_400_percent_everything_is_read_by_scrolling_one_way(page: Page, address: str) -> None:
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    for name in SAMPLES:
        for language in ("ru", "en"):
            page.goto(f"{address}/sample/{name}?lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"], name


def test_wider_letters_and_lines_cut_nothing_off(page: Page, address: str) -> None:
    """WCAG 1.4.12."""
    spaced = (
        "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    )
    cut = """() => [...document.querySelectorAll("button, a, label, h1, p, li, span")]
        .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
        .map((each) => each.textContent.trim())"""
    for name in SAMPLES:
        page.goto(f"{address}/sample/{name}")
        page.evaluate(
            "(rules) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rules);"
            " document.adoptedStyleSheets = [sheet]; }",
            spaced,
        )
        assert page.evaluate(cut) == [], name


def test_with_forced_colours_buttons_fields_and_switches_keep_their_edges(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page(forced_colors="active")
    page.goto(f"{address}/sample/consent")
    for part in ("#decision-allow", "#decision-deny"):
        style = "(e) => [getComputedStyle(e).borderTopStyle, getComputedStyle(e).borderTopWidth]"
        assert page.eval_on_selector(part, style) == ["solid", "1px"]
    assert page.eval_on_selector(".switch", "(e) => getComputedStyle(e).appearance") == "auto"
    page.close()


def test_who_wants_no_motion_gets_none(chromium: Browser, address: str) -> None:
    page = chromium.new_page(reduced_motion="reduce")
    moving = "() => [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length"
    before = "() => getComputedStyle(document.querySelector('.switch'), '::before').transitionDuration"
    page.goto(f"{address}/sample/consent")
    assert page.evaluate(moving) == 0
    assert page.evaluate(before) == "0s"
    page.close()


def test_a_consent_on_paper_shows_what_was_asked_and_what_was_switched_on(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page(viewport={"width": 794, "height": 1123})
    page.goto(f"{address}/sample/consent?lang=ru")
    page.check("#scope-email")
    page.emulate_media(media="print")
    assert page.is_visible("h1")
    assert not page.is_visible("#decision-allow")
    assert not page.is_visible("nav")
    assert page.eval_on_selector("#scope-email", "(e) => getComputedStyle(e).appearance") == "auto"
    page.close()
