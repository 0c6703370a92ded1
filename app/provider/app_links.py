"""Which applications may open addresses of ours, as Android and Apple's systems ask (RFC 8252 §7.2).

An application of ours takes its answers at `/native/<client_id>/…` and may open nothing else: an application
that could open `/authorize` would stand where the browser has to be (RFC 8252 §8.12).
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from app.clients.placement import APPS
from app.clients.registry import Client, Clients
from app.provider.discovery import cacheable
from app.web.request import Answer, Request

HANDLE_URLS = "delegate_permission/common.handle_all_urls"
CACHE_S, STALE_S = 3_600, 600


def asset_links(clients: Clients) -> Callable[[Request], Answer]:
    """`/.well-known/assetlinks.json` (Digital Asset Links, Android App Links)."""
    return lambda request: _answer(request, _statements(clients.apps()))


def apple_association(clients: Clients) -> Callable[[Request], Answer]:
    """`/.well-known/apple-app-site-association` (Apple's universal links)."""
    return lambda request: _answer(request, {"applinks": {"details": _details(clients.apps())}})


def _statements(apps: Sequence[Client]) -> list[dict[str, Any]]:
    """One for each build. Android 15 and newer heed the paths; before, the manifest of our own application alone does."""
    return [
        {
            "relation": [HANDLE_URLS],
            "target": {
                "namespace": "android_app",
                "package_name": build.package_name,
                "sha256_cert_fingerprints": list(build.sha256_cert_fingerprints),
            },
            "relation_extensions": {HANDLE_URLS: {"dynamic_app_link_components": [{"/": _paths(app)}]}},
        }
        for app in apps
        for build in app.metadata.android_apps
    ]


def _details(apps: Sequence[Client]) -> list[dict[str, Any]]:
    return [
        {"appIDs": list(app.metadata.apple_app_ids), "components": [{"/": _paths(app)}]}
        for app in apps
        if app.metadata.apple_app_ids
    ]


def _paths(app: Client) -> str:
    return f"{APPS}{app.client_id}/*"


def _answer(request: Request, document: object) -> Answer:
    return cacheable(request, json.dumps(document, separators=(",", ":")).encode(), CACHE_S, STALE_S)
