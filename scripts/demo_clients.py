"""The example services as clients: what is registered of them, and the file that tells them their secrets."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.supervisor import Supervisor

FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
OURS = {"first_party": True, "sector": "ecosystem"}
DEMO: dict[str, dict[str, Any]] = {
    "store": OURS
    | {
        "client_name": "Bereg store",
        "client_name#ru": "Магазин «Берег»",
        "short_name": "Bereg",
        "accent": "#0f5c4a",
        "allowed_scopes": ["openid", "profile", "email", "phone"],
    },
    "social": OURS
    | {
        "client_name": "Prichal",
        "client_name#ru": "Причал",
        "short_name": "Prichal",
        "accent": "#1d4e9e",
        "allowed_scopes": ["openid", "profile"],
    },
    "merchant": {
        "client_name": "Parus tea",
        "client_name#ru": "Чай «Парус»",
        "short_name": "Parus",
        "accent": "#8a3b12",
        "first_party": False,
        "allowed_scopes": ["openid", "profile", "email", "phone"],
    },
}
"""RFC 7591 metadata and ours, by the client id that each gets; addresses are added."""


def ensure(supervisor: Supervisor, file: Path, origins: dict[str, str]) -> None:
    """Register what is not registered, and write what the services need. Safe to repeat.

    `origins`: address of each service. Raises Failed, Stopped.
    """
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    listed = json.loads(supervisor.complete("clients", [*FLASK, "clients", "list", "--json"]))
    registered = {client["client_id"] for client in listed}
    before = dict(known)
    for name, origin in origins.items():
        if name not in registered:
            known[name] = _add(supervisor, file.parent, name, origin)
        elif name not in known:
            known[name] = _new_secret(supervisor, name, origin)
    if known != before:
        _write(file, known)


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


def _add(supervisor: Supervisor, directory: Path, name: str, origin: str) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", dir=directory, suffix=".json", encoding="utf-8") as file:
        json.dump(metadata(name, origin), file)
        file.flush()
        command = [*FLASK, "clients", "add", "--client-id", name, "--metadata", file.name, "--json"]
        answer: dict[str, Any] = json.loads(supervisor.complete("clients", command))
    return answer


def _new_secret(supervisor: Supervisor, name: str, origin: str) -> dict[str, Any]:
    """A secret for a client whose former one nobody knows any more."""
    command = [*FLASK, "clients", "rotate-secret", name, "--overlap", "0", "--json"]
    answer: dict[str, Any] = json.loads(supervisor.complete("clients", command))
    return metadata(name, origin) | answer


def _write(file: Path, known: dict[str, Any]) -> None:
    """Replace the file in one step; it holds secrets, so only its owner reads it."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(known, out, indent=2, ensure_ascii=False)
    new.replace(file)
