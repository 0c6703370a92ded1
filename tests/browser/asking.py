"""What services and devices ask of MostID in ways that the example services have no button for."""

import json
import os
import secrets
import subprocess
import sys
from urllib.parse import urlencode

import httpx2

from tests.support.whole import ROOT, Whole

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 appendix B."""
TELEVISION = {
    "client_name": "Кинозал",
    "client_name#en": "Cinema Hall",
    "accent": "#7a1f5c",
    "first_party": True,
    "redirect_uris": [],
    "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
    "token_endpoint_auth_method": "none",
    "allowed_scopes": ["openid", "profile", "email"],
}


def authorization_url(mostid: Whole, service: str, **more: str) -> str:
    """Where a service would send a browser; the service itself knows nothing of it and refuses the answer."""
    asked = {
        "client_id": service,
        "redirect_uri": mostid.address(service, "/callback"),
        "response_type": "code",
        "scope": "openid profile",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return mostid.address("public", f"/authorize?{urlencode(asked | more)}")


def television_codes(mostid: Whole) -> dict[str, str]:
    """The codes that a new kind of television is given."""
    client_id = f"tv-{secrets.token_hex(4)}"
    settings = os.environ | {
        "MOSTID_ENV_FILE": str(mostid.directory / "data" / "mostid.env"),
        "MOSTID_CLOCK_FILE": str(mostid.directory / "clock"),
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "clients", "add", "--client-id", client_id]
    subprocess.run(
        [*command, "--metadata", "-"],
        input=json.dumps(TELEVISION),
        env=settings,
        cwd=ROOT,
        check=True,
        text=True,
        capture_output=True,
    )
    answer = httpx2.post(
        mostid.address("public", "/device_authorization"),
        data={"client_id": client_id, "scope": "openid profile email"},
        headers={"User-Agent": "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0)"},
        trust_env=False,
    )
    codes: dict[str, str] = answer.raise_for_status().json()
    return codes
