"""The example services as clients: what is registered of them, and the file that tells them their secrets."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.clients import registration
from app.clients.metadata import parse
from app.clients.policy import Policy
from app.storage.database import Storage, Transaction

ACTOR = "make run"
OURS = {"first_party": True, "sector": "ecosystem"}
DEMO: dict[str, dict[str, Any]] = {
    "store": OURS
    | {
        "client_name": "Bereg store",
        "client_name#ru": "Магазин «Берег»",
        "short_name": "Берег",
        "accent": "#0f5c4a",
        "allowed_scopes": ["openid", "profile", "email", "phone"],
        "authorization_details_types": ["mir_payment"],
    },
    "social": OURS
    | {
        "client_name": "Prichal",
        "client_name#ru": "Причал",
        "accent": "#1d4e9e",
        "allowed_scopes": ["openid", "profile"],
    },
    "merchant": {
        "client_name": "Parus tea",
        "client_name#ru": "Чай «Парус»",
        "short_name": "Парус",
        "accent": "#8a3b12",
        "first_party": False,
        "allowed_scopes": ["openid", "profile", "email", "phone"],
        "authorization_details_types": ["mir_payment"],
    },
}
"""RFC 7591 metadata and ours, by the client id that each gets; addresses are added."""


def ensure(storage: Storage, policy: Policy, file: Path, origins: Mapping[str, str]) -> None:
    """Register what is not registered, and write what the services need. Safe to repeat.

    `origins`: address of each service.
    """
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    now = storage.clock.now()

    def act(tx: Transaction) -> dict[str, Any]:
        registered = {client["client_id"] for client in registration.describe_all(tx)}
        return {
            name: _registered(tx, name, origin, policy, now, known=name in registered)
            for name, origin in origins.items()
            if name not in registered or name not in known
        }

    new = storage.run(act, write=True)
    if new:
        _write(file, known | new)


def metadata(name: str, origin: str) -> dict[str, Any]:
    """What is registered of one service."""
    return DEMO[name] | {
        "client_uri": f"{origin}/",
        "initiate_login_uri": f"{origin}/signin",
        "redirect_uris": [f"{origin}/callback"],
        "post_logout_redirect_uris": [f"{origin}/signed-out"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
    }


def _registered(
    tx: Transaction, name: str, origin: str, policy: Policy, now: int, *, known: bool
) -> dict[str, Any]:
    """What the service is told: RFC 7591 §3.2.1. One that lost its secret gets another one."""
    if known:
        secret: str | None = registration.rotate_secret(tx, name, now, overlap_s=0, actor=ACTOR)
        return metadata(name, origin) | {"client_id": name, "client_secret": secret}
    parsed = parse(metadata(name, origin), policy)
    made = registration.add(tx, parsed, now, client_id=name, actor=ACTOR)
    return {"client_id": name, "client_secret": made.secret} | parsed.document()


def _write(file: Path, known: Mapping[str, Any]) -> None:
    """Replace the file in one step; it holds secrets, so only its owner reads it."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(known, out, indent=2, ensure_ascii=False)
    new.replace(file)
