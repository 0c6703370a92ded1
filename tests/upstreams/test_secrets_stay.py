"""Codes, tokens, secrets and messages are in no log, no error, no metric (SR-134, SR-041)."""

import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

from app.storage.clock import Clock
from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from app.upstreams.mailru import MailRu
from app.upstreams.sms import Sms
from app.web.logs import JsonFormatter
from tests.upstreams.fakes import Fake, Reply, made, told
from tests.upstreams.world import SECRET, mailru_settings, sms_settings

CODE, TOKEN, VERIFIER, REFRESH = "canary-code", "canary-token", "canary-verifier" * 3, "canary-refresh"
NUMBER, TEXT = "+79990001122", "canary-text 123456"
ECHO = f"{CODE} {TOKEN} {VERIFIER} {SECRET} {TEXT}"
ECHOES: dict[str, Reply] = {
    "error": told({"error": ECHO, "error_code": 6, "error_description": ECHO}),
    "error_code": told({"error": "text", "error_code": ECHO}),
    "error in a 400": told({"error": ECHO}, 400),
    "not JSON": made(ECHO),
    "a name twice": made('{"' + ECHO + '": 1, "' + ECHO + '": 1}'),
    "a half character": made('{"x": "' + ECHO + '\\ud800"}'),
    "an integer": made('{"x": "' + ECHO + '", "y": 99999999999999999999}'),
    "not utf-8": made(ECHO.encode() + b"\xff"),
    "a type": told({"access_token": [ECHO], "id": [ECHO], "email": [ECHO], "result": ECHO}),
    "an id": told({"access_token": TOKEN, "id": ECHO, "result": {"status": {"code": ECHO}}}),
    "a status line": lambda wire: wire.send(f"HTTP/1.1 {ECHO}\r\n\r\n".encode()),
    "a head line": lambda wire: wire.send(f"HTTP/1.1 200 OK\r\n{ECHO}\r\n\r\n".encode()),
    "a content type": made("[]", 200, ECHO + ";charset=" + ECHO),
    "a header": made("[]", 200, "application/json", f"X-Echo: {ECHO}"),
    "a redirect": made("", 302, "text/plain", f"Location: /?{TOKEN}"),
    "a server error": told({"error": ECHO}, 500),
}


@pytest.fixture
def said(events: list[str], clock: Clock) -> Iterator[list[str]]:
    """Everything that was said while a test ran, looked through at its end."""
    lines: list[str] = []
    listener = Listener(lines, clock)
    loggers = [(logger, logger.level) for logger in map(logging.getLogger, ("", "mostid"))]
    for logger, _ in loggers:
        logger.addHandler(listener)
        logger.setLevel(logging.DEBUG)
    logging.getLogger("mostid.upstreams").debug("somebody listens")
    yield lines
    for logger, level in loggers:
        logger.removeHandler(listener)
        logger.setLevel(level)
    text = "\n".join([*lines, *events])
    assert "somebody listens" in text
    assert "canary" not in text
    assert "123456" not in text


class Listener(logging.Handler):
    """Keeps what any logger says, as it is and as our log would have it."""

    def __init__(self, lines: list[str], clock: Clock) -> None:
        super().__init__(logging.DEBUG)
        self._lines, self._json = lines, JsonFormatter(clock)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines += [f"{record.getMessage()} {record.__dict__}", self._json.format(record)]


def whole(error: UpstreamError) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + error.detail


@pytest.mark.sr("SR-041", "SR-134")
@pytest.mark.parametrize("place", ["/token", "/userinfo"])
@pytest.mark.parametrize("method", ["post", "get"])
@pytest.mark.parametrize("reply", ECHOES.values(), ids=ECHOES.keys())
def test_mail_ru(
    http: Http, fake: Fake, clock: Clock, said: list[str], place: str, method: str, reply: Reply
) -> None:
    fake.replies = {
        "/token": told({"access_token": TOKEN, "refresh_token": REFRESH}),
        "/userinfo": told({"id": "1"}),
    }
    mailru = MailRu(mailru_settings(fake, userinfo_method=method), http, clock)
    assert mailru.finish({"code": CODE}, VERIFIER, "https://id.example.ru/back").subject == "1"
    fake.replies[place] = reply
    for _ in range(2):
        try:
            mailru.finish({"code": CODE}, VERIFIER, "https://id.example.ru/back")
        except UpstreamError as error:
            said.append(whole(error))
    assert said or place == "/token"


@pytest.mark.sr("SR-134")
@pytest.mark.parametrize("reply", ECHOES.values(), ids=ECHOES.keys())
def test_the_gateway(client: Callable[..., Http], fake: Fake, said: list[str], reply: Reply) -> None:
    fake.replies["/sms"] = reply
    sms = Sms(sms_settings(fake), client())
    for _ in range(6):  # the breaker's word is among them
        with pytest.raises(UpstreamError) as caught:
            sms.send(NUMBER, TEXT, "challenge")
        said.append(whole(caught.value))
    fake.close()
    with pytest.raises(UpstreamError) as caught:
        Sms(sms_settings(fake), client()).send(NUMBER, TEXT, "challenge")
    said.append(whole(caught.value))
