"""What can be computed of the look: contrast, weight, and that nothing needs inline styles or scripts."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.web.layout import colour, ink_on, luminance, phone_text
from tests.web.samples import SAMPLES

STATIC = Path("app/web/static")
CSS = (STATIC / "mostid.css").read_text()
TEXT, SIGN = 4.5, 3.0
WEIGHT = 60_000


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", block))


LIGHT, DARK = (tokens(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2])


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "action", "good", "bad", "care"])
def test_every_colour_of_text_is_readable_on_both_grounds(
    theme: dict[str, str], ground: str, ink: str
) -> None:
    assert contrast(theme[ink], theme[ground]) >= TEXT


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_buttons_and_the_edges_of_fields_can_be_seen(theme: dict[str, str]) -> None:
    assert contrast(theme["on-action"], theme["action"]) >= TEXT
    assert contrast(theme["line"], theme["card"]) >= SIGN


def test_no_rule_names_a_colour_outside_the_tokens() -> None:
    rules = re.sub(r"--[\w-]+: #[0-9A-F]{6};", "", CSS)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules) == []


@pytest.mark.parametrize(
    "feature", ["prefers-color-scheme: dark", "prefers-reduced-motion", "forced-colors", "print"]
)
def test_the_style_follows_what_the_reader_has_set(feature: str) -> None:
    assert feature in CSS


@pytest.mark.parametrize(
    "ground", ["#FFFFFF", "#000000", "#0E7C66", "#F4D35E", "#777777", "#FF0000", "#4338CA"]
)
def test_the_letter_in_a_services_mark_is_readable_on_any_colour(ground: str) -> None:
    assert contrast(ink_on(ground), ground) >= TEXT


@pytest.mark.parametrize(
    "bad", [None, "", "red", "#fff", "#12345g", "url(https://evil.example)", "#123456;x"]
)
def test_a_colour_that_is_none_is_replaced(bad: str | None) -> None:
    assert colour(bad) == "#14213D"


@pytest.mark.parametrize(
    ("given", "shown"),
    [("", "+7 "), ("+79201234567", "+7 920 123-45-67"), ("8920", "8920"), ("+375291234567", "+375291234567")],
)
def test_a_number_is_asked_for_with_its_plus_7_and_shown_in_groups(given: str, shown: str) -> None:
    assert phone_text(given) == shown


class Page(HTMLParser):
    """Collects what a page loads, and what it should not hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.fields: list[str] = []
        self.labelled: set[str] = set()
        self.headings = 0
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_script = tag == "script"
        self.headings += tag == "h1"
        if tag in {"script", "img", "iframe", "source"} or (
            tag == "link" and values.get("rel") in {"stylesheet", "icon"}
        ):
            self.loaded.append(values.get("src") or values.get("href") or "")
        if tag == "style" or "style" in values or any(name.startswith("on") for name in values):
            self.inline.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "input" and values.get("type") != "hidden":
            self.fields.append(values.get("id", ""))
        if tag == "label":
            self.labelled.add(values.get("for", ""))

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append("script")


@pytest.mark.sr("SR-013")
@pytest.mark.parametrize(
    "name", [name for name in SAMPLES if name != "form_post"]
)  # its one script has a hash
def test_a_page_loads_nothing_from_elsewhere_and_has_no_inline_style_or_script(
    client: FlaskClient, name: str
) -> None:
    page = Page(client.get(f"/sample/{name}").text)
    assert page.loaded
    assert all(address.startswith("/static/") for address in page.loaded)
    assert page.inline == []


@pytest.mark.sr("SR-013")
def test_a_services_logo_from_elsewhere_is_not_loaded(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, context = SAMPLES["choose"]
    service = type(
        "Service", (), {"name": "Shop", "logo_uri": "https://shop.example/logo.png", "accent": None}
    )
    monkeypatch.setitem(SAMPLES, "choose", (template, context | {"service": service}))
    assert "shop.example" not in client.get("/sample/choose").text


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_weighs_under_60_kb_in_all(client: FlaskClient, name: str) -> None:
    page = client.get(f"/sample/{name}").text
    loaded = [client.get(address, buffered=True).data for address in Page(page).loaded]
    assert len(page.encode()) + sum(map(len, loaded)) < WEIGHT


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_has_one_heading_unique_ids_and_a_label_for_each_field(client: FlaskClient, name: str) -> None:
    page = Page(client.get(f"/sample/{name}").text)
    assert page.headings == 1
    assert len(page.ids) == len(set(page.ids))
    assert set(page.fields) <= page.labelled


@pytest.mark.parametrize("name", [name for name, (_, context) in SAMPLES.items() if "service" in context])
def test_every_page_of_the_journey_says_where_the_person_is_going(client: FlaskClient, name: str) -> None:
    assert SAMPLES[name][1]["service"].name in client.get(f"/sample/{name}").text


def test_fields_have_the_names_types_and_ids_that_browsers_and_people_rely_on(client: FlaskClient) -> None:
    phone, code = client.get("/sample/phone").text, client.get("/sample/code").text
    assert re.search(r'<input id="phone" name="phone" type="tel" autocomplete="tel"', phone)
    assert re.search(
        r'id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code"', code
    )
    assert 'value="allow"' in client.get("/sample/consent").text


def test_nothing_is_switched_on_for_the_person(client: FlaskClient) -> None:
    assert "checked" not in client.get("/sample/consent").text


def test_the_words_that_were_agreed(client: FlaskClient) -> None:
    agreed = {
        "choose": [
            "Войдите, чтобы продолжить в сервисе Витрина", "Войти с Mail.ru", "Войти по номеру телефона",
            "Sign in to continue to Витрина", "Continue with Mail.ru", "Continue with a phone number",
        ],
        "code": ["Мы отправили код на +7 920 •••-••-67. Он действует 5 минут.",
                 "We sent a code to +7 920 •••-••-67. It works for 5 minutes."],
        "expired": ["Эта страница устарела. Нажмите «Продолжить», и мы вернём вас в сервис Витрина.",
                    "This page has expired. Press Continue to go on to Витрина."],
        "handed_over": [
            "Этим номером давно не подтверждали вход. Подтвердите вторым способом или начните с новой учётной записью.",
            "This number has not been confirmed for a long time. Confirm in a second way or start a new account.",
        ],
    }  # fmt: skip
    for name, texts in agreed.items():
        pages = client.get(f"/sample/{name}?lang=ru").text + client.get(f"/sample/{name}?lang=en").text
        plain = re.sub(r"<[^>]+>", "", pages)
        for text in texts:
            assert text in plain
