"""Secrets are compared without telling by the time how much of them was right (SR-029)."""

import ast
import base64
import hashlib
import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.clients import secrets
from app.provider.pkce import verifies

SECRET = re.compile(r"secret|verifier|signature|csrf|password|hash|digest|sha256", re.IGNORECASE)
HARMLESS = {
    "challenge == verifier": "only where one of them is empty",
    "code.redirect_hash != redirect_hash(self.form['redirect_uri'])": "of an address, which is no secret",
    "claims.get('ath') != _hash(access_token)": "the caller has shown the token itself",
    "found.witness == digest": "of the operator's name for a subscriber, out of its own signed token",
    "encode(hashlib.sha256(body).digest()) != fragment": "of a document that its client publishes",
    "hashlib.sha256(found).digest() != tail[len(PARKED):]": "out of a code that we sealed",
    "request.query.get('v') == logo_version(digest)": "of a picture that everybody may see",
    "value[:HASH_BYTES] != bytes.fromhex(browser_hash(browser))": "out of a cookie that we sealed",
}
SAMPLES = 10_000


def plain_comparisons(file: Path) -> Iterator[str]:
    """Comparisons of values that are called like secrets, other than with a constant or by the database."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            named = [side for side in sides if SECRET.search(_name(side))]
            if named and not any(
                isinstance(side, ast.Constant) or ".c." in ast.unparse(side) for side in sides
            ):
                yield ast.unparse(node)


def _name(side: ast.expr) -> str:
    """What a value is called; the words within a constant do not count."""
    return (
        ""
        if isinstance(side, ast.Constant | ast.List | ast.Dict | ast.Set)
        else re.sub(r"'[^']*'", "", ast.unparse(side))
    )


@pytest.mark.sr("SR-029")
def test_no_secret_is_compared_as_a_text_is() -> None:
    found = {
        f"{file}: {text}"
        for file in Path("app").rglob("*.py")
        for text in plain_comparisons(file)
        if text not in HARMLESS
    }
    assert sorted(found) == []


def medians(compare: Callable[[str], bool], candidates: list[str]) -> list[float]:
    """How long each takes, measured by turns so that whatever else happens falls on all alike."""
    times: list[list[int]] = [[] for _ in candidates]
    for _ in range(SAMPLES):
        for number, candidate in enumerate(candidates):
            started = time.perf_counter_ns()
            compare(candidate)
            times[number].append(time.perf_counter_ns() - started)
    return [statistics.median(one) for one in times]


def differing(text: str) -> list[str]:
    """Right but for the first letter, the last one, and all of them."""
    return [
        "A" + text[1:] if text[0] != "A" else "B" + text[1:],
        text[:-1] + ("A" if text[-1] != "A" else "B"),
        "A" * len(text),
    ]


@pytest.mark.sr("SR-029")
def test_the_time_tells_nothing() -> None:
    verifier, secret = "v" * 43, "cs_" + "s" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    hashes = secrets.read([secrets.stored(secret, 0)])
    checks: list[tuple[Callable[[str], bool], str]] = [
        (lambda text: verifies(text, challenge), verifier),
        (lambda text: secrets.matches(text, hashes, 1), secret),
    ]
    for compare, right in checks:
        assert compare(right)
        assert not any(compare(text) for text in [*differing(right), "", right[:-1], right + "A", "я" * 43])
        found = medians(compare, differing(right))
        assert max(found) < 1.5 * min(found), found
