"""A browser at Mail.ru, and the calls that MostID makes afterwards."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.simulation import MOSTID, Simulation

CLIENT_ID = "5d0a6f0e2c7b4b6f9a3d1e8c7b2f4a60"
SECRET = "mailru-simulator-secret"
REDIRECT = f"{MOSTID}/signin/mailru/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class MailRuVisitor:
    """Keeps cookies, follows nothing."""

    simulation: Simulation
    host: str = "/mailru"
    http: httpx2.Client = field(init=False)

    def __enter__(self) -> Self:
        self.http = httpx2.Client(base_url=self.simulation.url, trust_env=False, timeout=10, verify=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def query(self, **changed: str | None) -> dict[str, str]:
        """The authorization request; None takes a parameter away."""
        asked = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "userinfo",
            "state": "the state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changed
        return {name: value for name, value in asked.items() if value is not None}

    def open(self, **changed: str | None) -> httpx2.Response:
        return self.http.get(f"{self.host}/login", params=self.query(**changed))

    def decide(
        self, person: str = "maria", decision: str = "allow", **changed: str | None
    ) -> httpx2.Response:
        return self.http.post(
            f"{self.host}/login", params=self.query(**changed), data={"person": person, "decision": decision}
        )

    def code(self, person: str = "maria") -> str:
        return answered(self.decide(person))["code"]

    def exchange(self, code: str, *, auth: Any = (CLIENT_ID, SECRET), **changed: str | None) -> Any:
        """The answer of the token address: always status 200."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        } | changed
        form = {name: value for name, value in sent.items() if value is not None}
        return self.ok(self.http.post(f"{self.host}/token", data=form, auth=auth))

    def profile(self, token: str) -> Any:
        return self.ok(self.http.post(f"{self.host}/userinfo", data={"access_token": token}))

    def profile_of(self, person: str) -> Any:
        return self.profile(self.exchange(self.code(person))["access_token"])

    def ok(self, answer: httpx2.Response) -> Any:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
        return answer.json()


def answered(answer: httpx2.Response) -> dict[str, str]:
    """Parameters with which the browser is sent back to MostID."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["Location"]
    assert location.startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
