"""Each refusal says in a line of the log what was wrong and where the specification says so; the wire says neither."""

import ast
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from app.provider import sections
from tests.deployment import Browser, Deployment, Service
from tests.provider.tokens import exchange, post, refresh, userinfo

ROOM = Path(sections.__file__).parent


@pytest.fixture
def signed_in(deployment: Deployment, browser: Browser) -> Browser:
    deployment.sign_in(browser)
    return browser


@pytest.fixture
def lines(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The lines of the provider, down to those of ordinary refusals."""
    caplog.set_level(logging.INFO, "mostid.provider")
    return caplog


Try = Callable[[Browser, Service], TestResponse]
REFUSALS: dict[str, tuple[Try, str]] = {
    "another verifier": (lambda b, s: exchange(b, s, b.code(s), code_verifier="v" * 43), "RFC 7636 §4.6"),
    "another address": (
        lambda b, s: exchange(b, s, b.code(s), redirect_uri="http://localhost:8200/x"),
        "RFC 6749 §4.1.3",
    ),
    "no code at all": (lambda b, s: exchange(b, s, "x"), "RFC 6749 §5.2"),
    "a secret that is wrong": (
        lambda b, s: b.post(
            "/token", data={"grant_type": "refresh_token", "client_id": s.client_id, "client_secret": "x"}
        ),
        "RFC 6749 §5.2",
    ),
    "no refresh token": (lambda b, s: refresh(b, s, "x"), "RFC 6749 §6"),
    "no grant type": (lambda b, s: post(b, "/token", s, {"grant_type": "magic"}), "RFC 6749 §5.2"),
    "a bad access token": (lambda b, s: userinfo(b, "x"), "RFC 6750 §3.1"),
    "an unregistered address": (
        lambda b, s: b.authorize(s, redirect_uri="https://x.example/"),
        "RFC 6749 §3.1.2.4",
    ),
    "no challenge": (lambda b, s: b.authorize(s, code_challenge=None), "RFC 7636 §4.4.1"),
    "no response type": (lambda b, s: b.authorize(s, response_type=None), "RFC 6749 §3.1.1"),
    "a page that may not be shown": (
        lambda b, s: b.authorize(s, prompt="none", max_age="0"),
        "OIDC Core §3.1.2.6",
    ),
    "a prompt of nobody's": (lambda b, s: b.authorize(s, prompt="x"), "OIDC Core §3.1.2.6"),
}


@pytest.mark.sr("SR-033")
@pytest.mark.parametrize("name", REFUSALS)
def test_the_log_explains(
    signed_in: Browser, store: Service, lines: pytest.LogCaptureFixture, name: str
) -> None:
    attempt, section = REFUSALS[name]
    answer = attempt(signed_in, store)
    (line,) = {id(one): one for one in lines.records if hasattr(one, "section")}.values()
    assert line.section == section  # type: ignore[attr-defined]
    assert line.cause  # type: ignore[attr-defined]
    reference = line.reference  # type: ignore[attr-defined]
    assert reference == answer.headers.get("X-Reference", reference)
    assert section not in answer.text
    assert section.partition(" §")[2] not in answer.headers.get("Location", "")


@pytest.mark.sr("SR-033")
def test_what_comes_twice_is_explained(
    signed_in: Browser, store: Service, lines: pytest.LogCaptureFixture
) -> None:
    code = signed_in.code(store)
    first = exchange(signed_in, store, code).json["refresh_token"]
    second = refresh(signed_in, store, first).json["refresh_token"]
    refresh(signed_in, store, second)
    lines.clear()
    answers = [refresh(signed_in, store, first), exchange(signed_in, store, code)]
    said = [one for one in lines.records if one.message == "refused"]
    assert [(one.error, one.section) for one in said] == [  # type: ignore[attr-defined]
        ("invalid_grant", "RFC 9700 §4.14.2"),
        ("invalid_grant", "RFC 6749 §4.1.2"),
    ]
    assert all(one.cause for one in said)  # type: ignore[attr-defined]
    assert [one.reference for one in said] == [  # type: ignore[attr-defined]
        answer.headers["X-Reference"] for answer in answers
    ]
    assert {answer.text for answer in answers} == {'{"error":"invalid_grant"}'}


def _raised() -> list[tuple[str, str]]:
    """Every error code that is written down in the room, with its place."""
    found = []
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            at = {"ProtocolError": 0, "Refused": 1, "Refuse": 0, "BadBearer": 1}.get(node.func.id)
            if at is None or len(node.args) <= at or not isinstance(node.args[at], ast.Constant):
                continue
            found.append((str(node.args[at].value), f"{file.name}:{node.lineno}"))
    return found


def test_every_error_has_its_section() -> None:
    raised = _raised()
    assert len(raised) > 30
    assert [place for code, place in raised if code not in sections.OF_CODE] == []
