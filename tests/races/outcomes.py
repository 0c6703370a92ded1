"""What races count: people whom nobody else knows, tokens of theirs, and how often each outcome came."""

from collections import Counter
from itertools import count
from typing import Any

import pytest

from tests.deployment import Browser, Service
from tests.races.served import Served, signed_in
from tests.support.volley import Reply, request

AT_ONCE = [50, pytest.param(200, marks=pytest.mark.soak)]
BAD_GRANT = (400, '{"error":"invalid_grant"}')
SUBJECTS = count(1)


def somebody() -> str:
    """The subject of a person whom no other test knows."""
    return str(1_000 + next(SUBJECTS))


def given(served: Served, service: Service, scope: str = "openid profile") -> dict[str, Any]:
    """A token answer for somebody new."""
    reply = served.send(served.redemption(service, signed_in(served, somebody()).code(service, scope=scope)))
    assert reply.status == 200, reply
    return dict(reply.json)


def tally(replies: list[Reply]) -> Counter[object]:
    """How often each outcome came; a good answer counts as 200."""
    return Counter(200 if reply.status == 200 else (reply.status, reply.text) for reply in replies)


def statuses(replies: list[Reply]) -> Counter[int]:
    """How often each status came, where the text is a page or has a reference in it."""
    return Counter(reply.status for reply in replies)


def dead(served: Served, service: Service, answer: dict[str, Any]) -> bool:
    """Whether nothing of a token answer is of any use; never half of it."""
    access, renewal = answer["access_token"], answer["refresh_token"]
    alive = {
        served.alive(service, access),
        served.alive(service, renewal),
        served.send(request("GET", "/userinfo", authorization=f"Bearer {access}")).status == 200,
        served.send(served.renewal(service, renewal)).status == 200,
    }
    assert len(alive) == 1
    return not alive.pop()


def cookies(browser: Browser) -> str:
    """The header by which the server knows this browser."""
    names = {kind: browser.deployment.cookie_name(kind) for kind in ("sid", "browser", "csrf")}
    held = {name: browser.cookie(kind) for kind, name in names.items()}
    return "; ".join(f"{name}={value}" for name, value in held.items() if value is not None)
