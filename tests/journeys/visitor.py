"""A browser without scripts over real HTTP: it keeps cookies, follows redirects, fills in forms and presses buttons."""

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx2

from tests.html import Page, PageForm, read

MOST_REDIRECTS = 12


@dataclass
class Visitor:
    """One person's browser. `page` is what it shows, `answer` how that came."""

    language: str = "ru"
    client: httpx2.Client = field(init=False)
    answer: httpx2.Response = field(init=False)
    page: Page = field(init=False)
    trail: list[str] = field(default_factory=list)
    """Every address of the last step, redirects and all."""

    def __post_init__(self) -> None:
        headers = {"Accept-Language": self.language, "User-Agent": "Visitor"}
        self.client = httpx2.Client(headers=headers, trust_env=False, timeout=20)

    def go(self, url: str) -> "Visitor":
        """Open an address."""
        return self._request("GET", url)

    def click(self, identifier: str) -> "Visitor":
        """Follow a link by its id."""
        return self.go(urljoin(self.url, self.page.links[identifier]))

    def press(self, name: str, value: str | None = None, **filled: str | list[str]) -> "Visitor":
        """Press the button of this name (and value), with these fields filled in."""
        form, button = self._button(name, value)
        sent = form.filled(**filled) | {button[0]: button[1]}
        return self._request("POST", urljoin(self.url, form.action or self.url), sent)

    def submit(self, action: str, **filled: str | list[str]) -> "Visitor":
        """Fill in the form that goes to this path and press Enter."""
        form = self.page.form(action)
        return self._request("POST", urljoin(self.url, form.action), form.filled(**filled))

    def reload(self) -> "Visitor":
        """Ask for the shown address again, by GET."""
        return self.go(self.url)

    @property
    def url(self) -> str:
        return str(self.answer.url)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        return self.answer.text

    def element(self, identifier: str) -> str:
        """The text of the element with this id, without markup within it; empty if there is none."""
        return self.text.partition(f'id="{identifier}"')[2].partition(">")[2].partition("<")[0].strip()

    def cookies(self) -> set[str]:
        """Names of the cookies that it holds."""
        return {cookie.name for cookie in self.client.cookies.jar}

    def forget(self, *names: str) -> None:
        """Lose these cookies; all of them, if none is named."""
        for cookie in list(self.client.cookies.jar):
            if not names or cookie.name in names:
                self.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)

    def close(self) -> None:
        """End the session of this browser: cookies without a date go."""
        self.client.cookies.jar.clear_session_cookies()

    def _request(self, method: str, url: str, data: dict[str, str | list[str]] | None = None) -> "Visitor":
        self.trail = []
        for _ in range(MOST_REDIRECTS):
            self.trail.append(url)
            self.answer = self.client.request(method, url, data=data)
            if self.answer.status_code not in {302, 303}:
                self.page = read(self.answer)  # type: ignore[arg-type]  # both kinds of answer have a text
                return self
            method, url, data = "GET", urljoin(url, self.answer.headers["Location"]), None
        raise AssertionError(f"redirects do not end: {self.trail}")

    def _button(self, name: str, value: str | None) -> tuple[PageForm, tuple[str, str]]:
        for form in self.page.forms:
            for button in form.buttons:
                if button[0] == name and value in (None, button[1]):
                    return form, button
        raise AssertionError(f"no button {name}={value} on {self.url}: {self.page.title}")
