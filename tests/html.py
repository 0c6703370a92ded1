"""Reading our own pages as a browser without JavaScript does: their forms, links and resources."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from werkzeug.test import TestResponse


@dataclass(slots=True)
class PageForm:
    """One form: where it goes, what it carries, its buttons as (name, value), its switches as (name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    switches: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **changed: str | list[str]) -> dict[str, str | list[str]]:
        """What is sent when these fields are filled in and a button, given like a field, is pressed."""
        return {**self.fields, **changed}


@dataclass(slots=True)
class Page:
    """What was found in a page."""

    forms: list[PageForm] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """Addresses by id; those without one by their order."""
    addresses: list[str] = field(default_factory=list)
    """Whatever the browser would load by itself."""
    title: str = ""

    def form(self, action: str) -> PageForm:
        """The form that goes to this path."""
        return next(form for form in self.forms if form.action == action)


def read(answer: TestResponse) -> Page:
    """The page of an answer."""
    reader = _Reader()
    reader.feed(answer.text)
    return reader.page


LOADED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "object": "data",
    "use": "href",
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._form: PageForm | None = None
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(values.get("action", ""), values.get("method", "get"))
            self.page.forms.append(self._form)
        elif tag in {"input", "button"} and self._form is not None and "name" in values:
            self._control(self._form, tag, values)
        elif tag == "a":
            self.page.links[values.get("id", str(len(self.page.links)))] = values.get("href", "")
        self._in_title |= tag == "title"
        if tag in LOADED and LOADED[tag] in values:
            self.page.addresses.append(values[LOADED[tag]])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        self._in_title &= tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.page.title += data

    def _control(self, form: PageForm, tag: str, values: dict[str, str]) -> None:
        pair = (values["name"], values.get("value", ""))
        if tag == "button":
            form.buttons.append(pair)
        elif values.get("type") in {"checkbox", "radio"}:
            form.switches.append(pair)
            if "checked" in values:
                form.fields[pair[0]] = pair[1]
        else:
            form.fields[pair[0]] = pair[1]


def foreign(page: Page) -> Iterator[str]:
    """Addresses loaded from anywhere but our own origin."""
    return (address for address in page.addresses if urlsplit(address).netloc or urlsplit(address).scheme)
