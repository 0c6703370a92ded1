"""The door: every request comes in here, whether a machine's endpoint answers it or a page does.

Neither way skips size limits, the client's address, rate windows, headers, metrics or the reference id.
"""

import ipaddress
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from app.storage.database import Storage, Transaction, Unavailable
from app.storage.ephemeral.base import EphemeralDown
from app.web import cookie_header, cors
from app.web.cors import Origins
from app.web.metrics import Metrics
from app.web.request import (
    CERTIFICATE,
    CERTIFICATE_VERIFIED,
    EMPTY_FORM,
    NO_STORE,
    Answer,
    Form,
    Malformed,
    Request,
    json_answer,
)
from app.web.windows import AddressWindows
from config.settings import Settings

log = logging.getLogger("mostid.door")

REASONS = {
    200: "200 OK",
    201: "201 Created",
    204: "204 No Content",
    303: "303 See Other",
    304: "304 Not Modified",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    411: "411 Length Required",
    413: "413 Content Too Large",
    429: "429 Too Many Requests",
    431: "431 Request Header Fields Too Large",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}
BODILESS = frozenset({204, 304})
"""Answers that must not say a length of theirs (RFC 9110 §8.6)."""
JSON_BODY_BYTES = 65_536
HEADER_BYTES = 32_768
"""All header values together: our own cookies of four journeys begun at once need half of it."""
MAPPED = "::ffff:"
LONGEST_LENGTH = 19
"""Digits of a Content-Length that is still read as a number."""
CERTIFICATE_HEADERS = tuple(
    "HTTP_" + name.upper().replace("-", "_") for name in (CERTIFICATE, CERTIFICATE_VERIFIED)
)
REFUSED = "mostid.refused"
"""Where the page of a request that ends at the door finds its status."""
BY_COOKIES = "mostid.by_cookies"
"""Where it finds whether the cookies are to blame."""
RETRY_AFTER = {429: "30", 503: "2"}
"""Seconds to wait, by status."""
SECTIONS = {
    400: "RFC 9110 §15.5.1",
    405: "RFC 9110 §15.5.6",
    411: "RFC 9110 §15.5.12",
    413: "RFC 9110 §15.5.14",
    429: "RFC 6585 §4",
    431: "RFC 6585 §5",
}
"""Where it is said what a status means: for the log alone."""
LINES_A_MINUTE = 10
"""Of the refusals of one address so many are in the log: a flood neither fills it nor takes the lines of others."""

Handler = Callable[[Request], Answer | None]
Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A machine's endpoint: its function, its methods, and whether it writes."""

    handler: Handler
    methods: frozenset[str]
    write: bool = False
    raw_body: bool = False
    """The body is JSON for the handler to read, in header-free form under `Request.form['body']`."""
    pages: bool = False
    """A page of the same path takes over where the method is another, or the handler has no answer."""
    services: bool = False
    """Services ask, many people behind one address: only faulty requests count against it."""
    origins: Origins | None = None
    """Whose scripts may read the answers; None: nobody's but our own."""


class Refusal(Exception):
    """The request ends at the door: with JSON for a machine, with a page for a person. The text is safe to send."""

    def __init__(self, status: int, text: str = "", *, by_cookies: bool = False) -> None:
        super().__init__(text)
        self.status, self.text, self.by_cookies = status, text, by_cookies

    @property
    def may_be_repeated(self) -> bool:
        """Whether the request itself was in order: its page keeps what it was asked with."""
        return self.status == 500 or self.status in RETRY_AFTER

    def answer(self, reference: str) -> Answer:
        """What a machine is told."""
        if self.status == 500:
            return json_answer(500, {"error": "server_error", "reference": reference})
        if self.status in RETRY_AFTER:
            retry = ("Retry-After", RETRY_AFTER[self.status])
            return json_answer(self.status, {"error": "temporarily_unavailable"}, retry)
        answer = json_answer(self.status, {"error": "invalid_request", "error_description": self.text})
        return replace(answer, faulty=True)


class Door:
    """A WSGI application in front of Flask's."""

    def __init__(
        self,
        pages: Application,
        endpoints: Mapping[str, Endpoint],
        storage: Storage,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._pages, self._endpoints, self._storage, self._metrics = pages, endpoints, storage, metrics
        self._bytes, self._most = settings.limits.request_bytes, settings.limits.request_parameters
        self._proxies = tuple(ipaddress.ip_network(network) for network in settings.trusted_proxies)
        self._certificates = settings.client_certificates
        exempt = settings.profile != "production"
        self._windows = AddressWindows(storage.clock, settings.limits.requests_per_address_minute, exempt)
        self._lines = AddressWindows(storage.clock, LINES_A_MINUTE, exempt_loopback=False)
        self._always = (("X-Content-Type-Options", "nosniff"),) + (
            (("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),) if settings.secure else ()
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        started = time.perf_counter()
        environ["mostid.reference"] = reference = secrets.token_hex(6)
        environ["mostid.address"] = _peer(environ)
        if CERTIFICATE_HEADERS[0] in environ or CERTIFICATE_HEADERS[1] in environ:
            self._check_certificate(environ)
        # An empty path is / (RFC 9110 §4.2.3); Flask would redirect there, by the Host header (SR-094).
        environ["PATH_INFO"] = environ["PATH_INFO"] or "/"
        name, endpoint = self._find(environ["PATH_INFO"])
        try:
            environ["mostid.address"] = self._address(environ)
            self._check_size(environ, endpoint)
            self._check_cookies(environ, endpoint)
            answer = self._answer(endpoint, environ, reference) if endpoint is not None else None
            if answer is None:
                self._check_page(environ)
        except Refusal as refusal:
            if refusal.text:  # others have their line already, with what failed
                self._explain(environ, refusal.status, refusal.text)
            if endpoint is None or endpoint.pages:
                environ[REFUSED], environ[BY_COOKIES] = refusal.status, refusal.by_cookies
                shown = environ if refusal.may_be_repeated else _emptied(environ)
                return self._page(shown, start_response, started)
            answer = refusal.answer(reference)
        if answer is None:
            return self._page(environ, start_response, started)
        self._metrics.request(name if endpoint else "refused", answer.status, time.perf_counter() - started)
        if endpoint is not None and endpoint.services and answer.faulty:
            self._windows.admit(environ["mostid.address"])
        length = () if answer.status in BODILESS else (("Content-Length", str(len(answer.body))),)
        crossing = cors.headers(environ, endpoint.origins) if endpoint and endpoint.origins else ()
        headers = [*answer.headers, *crossing, *self._always, ("X-Reference", reference), *length]
        start_response(REASONS[answer.status], headers)
        return [answer.body] if environ["REQUEST_METHOD"] != "HEAD" else []

    def _find(self, path: str) -> tuple[str, Endpoint | None]:
        """The endpoint of a path, and the name that it is counted under; one whose name ends in / has all below it."""
        found = self._endpoints.get(path)
        if found is not None:
            return path, found
        name = path[: path.rfind("/") + 1]
        return name, self._endpoints.get(name) if len(name) > 1 else None

    def _page(
        self, environ: WSGIEnvironment, start_response: StartResponse, started: float
    ) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            self._metrics.request(
                environ.get("mostid.rule", "page"), int(status[:3]), time.perf_counter() - started
            )
            extra = [*self._always, ("X-Reference", environ["mostid.reference"])]
            return start_response(status, headers + extra, exc_info)

        return self._pages(environ, start)

    def _answer(self, endpoint: Endpoint, environ: WSGIEnvironment, reference: str) -> Answer | None:
        method = environ["REQUEST_METHOD"]
        if method not in endpoint.methods:
            return self._other_method(endpoint, environ)
        try:
            asked = self._query(environ)
            form = self._form(environ, raw=endpoint.raw_body)
        except Malformed as error:
            raise Refusal(400, str(error)) from None

        def act(tx: Transaction) -> Answer | None:
            headers = _headers(environ)
            return endpoint.handler(
                Request(
                    method,
                    environ["PATH_INFO"],
                    asked,
                    form,
                    headers,
                    environ["mostid.address"],
                    reference,
                    tx,
                )
            )

        try:
            return self._storage.run(act, write=endpoint.write)
        except (Unavailable, EphemeralDown) as error:
            log.warning("storage unavailable", extra={"reference": reference, "cause": str(error)})
            raise Refusal(503) from None
        except Exception:
            log.exception("unexpected", extra={"reference": reference})
            raise Refusal(500) from None

    def _other_method(self, endpoint: Endpoint, environ: WSGIEnvironment) -> Answer | None:
        if endpoint.pages:
            return None
        if endpoint.origins is not None:
            answer = cors.preflight(environ, endpoint.methods, endpoint.origins)
            if answer is not None:
                return answer
        self._explain(environ, 405, "the method is none of this endpoint's")
        return Answer(405, b"", (("Allow", ", ".join(sorted(endpoint.methods))), *NO_STORE))

    def _explain(self, environ: WSGIEnvironment, status: int, cause: str) -> None:
        """Why a request ends here, under the reference that its sender sees (SR-033)."""
        if self._lines.admit(environ["mostid.address"]):
            said = {"reference": environ["mostid.reference"], "status": status, "cause": cause}
            log.info("refused", extra={**said, "section": SECTIONS[status]})

    def _query(self, environ: WSGIEnvironment) -> Form:
        query = environ.get("QUERY_STRING", "")
        return Form.parse(query.encode("latin-1"), self._most) if query else EMPTY_FORM

    def _form(self, environ: WSGIEnvironment, *, raw: bool = False) -> Form:
        body = _body(environ)
        if not body:
            return EMPTY_FORM
        if raw:
            return _raw(body)
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Malformed("the body must be application/x-www-form-urlencoded")
        return Form.parse(body, self._most)

    def _check_page(self, environ: WSGIEnvironment) -> None:
        """What pages read is as well-formed as what endpoints read (SR-024). Raises Refusal."""
        try:
            self._query(environ)
            self._form(environ)
        except Malformed as error:
            raise Refusal(400, str(error)) from None

    def _check_size(self, environ: WSGIEnvironment, endpoint: Endpoint | None) -> None:
        """Limits that hold before anything is read (SR-024). Raises Refusal."""
        if len(environ.get("QUERY_STRING", "")) > self._bytes:
            raise Refusal(400, "request too large")
        if sum(len(value) for name, value in environ.items() if name.startswith("HTTP_")) > HEADER_BYTES:
            raise Refusal(431, "request too large")
        if "HTTP_TRANSFER_ENCODING" in environ:
            raise Refusal(411, "the length of the body must be said before it")
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            raise Refusal(400, "Content-Length is not a number")
        most = JSON_BODY_BYTES if endpoint is not None and endpoint.raw_body else self._bytes
        if len(length) > LONGEST_LENGTH or int(length) > most:
            raise Refusal(413, "request too large")
        serves = endpoint is not None and endpoint.services
        may_enter = self._windows.has_room if serves else self._windows.admit
        if not may_enter(environ["mostid.address"]):
            raise Refusal(429, "too many requests of this address")

    def _check_cookies(self, environ: WSGIEnvironment, endpoint: Endpoint | None) -> None:
        """Where cookies are read, all of them came, each once (SR-081). Raises Refusal."""
        problem = cookie_header.problem(environ, read=endpoint is None or endpoint.pages)
        if problem:
            raise Refusal(400, problem, by_cookies=True)

    def _address(self, environ: WSGIEnvironment) -> str:
        """The client's address: the last hop that is not one of our proxies (SR-094). Raises Refusal.

        What is not an address is not guessed: with a byte outside ASCII in it the whole header comes empty.
        """
        address, said = _peer(environ), environ.get("HTTP_X_FORWARDED_FOR")
        if said is None:
            return address
        hops = said.split(",")
        while hops and self._trusted(address):
            address = _unmapped(hops.pop().strip())
            if not _is_address(address):
                raise Refusal(400, "the proxy's X-Forwarded-For names no address")
        return address

    def _check_certificate(self, environ: WSGIEnvironment) -> None:
        """Leave a certificate only where it comes from a trusted proxy itself (RFC 9440 §4): anybody can write a header."""
        if self._certificates and self._trusted(_peer(environ)):
            return
        came = [environ.pop(name, None) for name in CERTIFICATE_HEADERS]
        if self._certificates and came[0] is not None:
            log.warning(
                "certificate ignored: its sender is no trusted proxy",
                extra={"reference": environ["mostid.reference"]},
            )

    def _trusted(self, address: str) -> bool:
        if not self._proxies or not _is_address(address):
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _peer(environ: WSGIEnvironment) -> str:
    """Who is at the other end of the connection; a socket in the file system has no address."""
    return _unmapped(environ.get("REMOTE_ADDR", "") or "127.0.0.1")


def _unmapped(address: str) -> str:
    """An IPv4 address as such, though it came through an IPv6 socket (RFC 4291 §2.5.5.2): all of them share one /64."""
    mapped = address.lower().startswith(MAPPED) and "." in address
    return address[len(MAPPED) :] if mapped else address


def _body(environ: WSGIEnvironment) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = BytesIO(body)
    return body


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    headers = {
        key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return headers


def _raw(body: bytes) -> Form:
    """A body for its handler to read; what is not UTF-8 is none (SR-024)."""
    try:
        return Form([("body", body.decode("utf-8"))])
    except UnicodeDecodeError:
        return EMPTY_FORM


def _emptied(environ: WSGIEnvironment) -> WSGIEnvironment:
    """A request of which the page that refuses it reads nothing more."""
    left_out = {"HTTP_COOKIE", "HTTP_TRANSFER_ENCODING", "CONTENT_TYPE"}
    kept = {name: value for name, value in environ.items() if name not in left_out}
    return kept | {"QUERY_STRING": "", "CONTENT_LENGTH": "0", "wsgi.input": BytesIO()}
