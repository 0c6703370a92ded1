"""Addresses that look like a registered one and are not: what attackers, proxies and careless parsers make of it."""

from collections.abc import Iterator
from urllib.parse import quote, unquote

LOOKALIKES = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "s": "ѕ", "i": "і"}
"""Latin letters and Cyrillic ones of the same shape."""
ENDS = (
    "/", "//", "?", "#", "#x", "?x=1", "&x=1", ";x", "%20", " ", "\t", "\r\n", "\n", ".", "..", "/.", "/..", "/../",
    "/%2e%2e", "%2f..", "%252f", "%2F", "\\", "\\..", "%5c", "%00", "%0d%0aLocation:x", "@evil.example", ":80", "*",
    "/*", "[", "%", "%2", "%zz", "\u200b", "\uff0f", "?code=1", "?state=x", "/../../evil", ",https://evil.example",
)  # fmt: skip
STARTS = (
    " ",
    "\t",
    "\n",
    "\u200b",
    "//",
    "\\",
    "x",
    "view-source:",
    "javascript:",
    "data:text/html,",
    "https:",
    "%20",
)
HOSTS = (
    "evil.example", "{host}.evil.example", "evil-{host}", "evil.{host}", "{host}.", ".{host}", "{host}%2eevil.example",
    "{host}@evil.example", "evil.example@{host}", "user:pass@{host}", "{host}:443", "{host}:80", "{host}:0", "{host}:",
    "{host}\\evil.example", "{host};evil.example", "{host}#@evil.example", "evil.example#{host}", "evil.example?{host}",
    "{host}\uff0eevil.example", "xn--{host}", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost.evil.example",
    "{host}/evil.example", "{host}%00.evil.example", "{host}%23.evil.example", "{host}%5c.evil.example", "*.{host}",
)  # fmt: skip
SCHEMES = ("http", "HTTP", "Https", "ftp", "ws", "file", "intent", "x-https", "https ", "https%3a", "")


def mutations(uri: str) -> list[str]:
    """Each different from `uri`, and each once."""
    return list(dict.fromkeys(made for made in _made(uri) if made != uri))


def _made(uri: str) -> Iterator[str]:
    yield from (uri + end for end in ENDS)
    yield from (start + uri for start in STARTS)
    yield from _of_letters(uri)
    yield from (
        uri.upper(),
        uri.title(),
        uri.swapcase(),
        quote(uri, safe=""),
        quote(uri),
        unquote(uri),
        uri + uri,
    )
    yield from (uri[: len(uri) - cut] for cut in range(1, 8))
    scheme, mark, rest = uri.partition("://")
    if mark:
        yield from (f"{other}://{rest}" for other in SCHEMES if other != scheme)
        yield from (
            f"{scheme}{other}{rest}" for other in (":", ":/", ":///", ":\\\\", "%3a//", "://@", "://:@")
        )
        host, slash, path = rest.partition("/")
        yield from (f"{scheme}://{form.format(host=host)}{slash}{path}" for form in HOSTS)
        yield from (f"{scheme}://{host}/{form}" for form in _paths(path))


def _of_letters(uri: str) -> Iterator[str]:
    """One letter at a time: left out, doubled, in the other case, escaped, escaped twice, replaced by its look-alike."""
    for at, letter in enumerate(uri):
        before, after = uri[:at], uri[at + 1 :]
        yield before + after
        yield before + letter * 2 + after
        yield before + letter.swapcase() + after
        yield before + f"%{ord(letter):02x}" + after
        yield before + f"%25{ord(letter):02x}" + after
        if letter in LOOKALIKES:
            yield before + LOOKALIKES[letter] + after


def _paths(path: str) -> Iterator[str]:
    yield from (f"x/../{path}", f"./{path}", f"/{path}", f"%2e/{path}", f"{path}/../{path}", f";/{path}", "")
    yield from (
        f"../{path}",
        f"..%2f{path}",
        f"..\\{path}",
        f"{path.replace('/', '//')}",
        f"{path}%2f%2e%2e%2fx",
    )
