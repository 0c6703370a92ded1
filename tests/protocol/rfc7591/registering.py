"""What a partner does at /register: a token of an operator, a document, and the token that manages its record."""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.test import TestResponse

from app.clients.initial_tokens import Terms, issue
from tests.deployment import Browser, Deployment

DAY_MS = 86_400_000


def token(deployment: Deployment, scope: str = "openid profile email", **members: Any) -> str:
    """An initial access token for one use; members are what its client is excepted from."""
    terms = Terms("a partner", scope.split(), 1, DAY_MS, members)
    return deployment.storage.run(
        lambda tx: issue(tx, terms, deployment.clock.now(), actor="test"), write=True
    )


def post(browser: Browser, document: Mapping[str, Any], bearer: str = "") -> TestResponse:
    """Register, with this token or with a new one."""
    bearer = bearer or token(browser.deployment)
    return browser.post("/register", json=document, headers={"Authorization": f"Bearer {bearer}"})


def put(browser: Browser, client: Mapping[str, Any], document: Mapping[str, Any]) -> TestResponse:
    """Replace a client's record."""
    headers = {"Authorization": f"Bearer {client['registration_access_token']}"}
    body = json.dumps({"client_id": client["client_id"], **document})
    return browser.put(
        f"/register/{client['client_id']}", data=body, headers=headers, content_type="application/json"
    )
