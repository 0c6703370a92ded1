"""A browser that MostID has sent to VK ID's simulator, and an application that knows its own ways there."""

from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.simulation import MOSTID, Simulation

CLIENT_ID, SECRET = "52410977", "vkid-simulator-secret"
REDIRECT = f"{MOSTID}/signin/vkid/callback"
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"


class VkVisitor:
    """Keeps cookies, follows nothing."""

    def __init__(self, simulation: Simulation) -> None:
        self.http = httpx2.Client(base_url=simulation.url, trust_env=False, timeout=10, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def arrive(self, **changed: str | None) -> httpx2.Response:
        """Open the page as MostID asks for it; None takes a parameter away."""
        return self.http.get("/vkid/authorize", params=asked(**changed))

    def decide(self, person: str = "maria", decision: str = "allow", **changed: str | None) -> dict[str, str]:
        """Answer the page; what the browser is led back with."""
        data = {"person": person, "decision": decision}
        return back(self.http.post("/vkid/authorize", params=asked(**changed), data=data))

    def call(self, door: str, form: dict[str, str], query: dict[str, str] | None = None) -> httpx2.Response:
        """Call one of the application's doors."""
        return self.http.post(f"/vkid/oauth2/{door}", data=form, params=query or {})

    def exchange(self, answer: dict[str, str], **changed: str | None) -> httpx2.Response:
        """Exchange a code."""
        return self.call("auth", exchange_form(answer, **changed))

    def tokens(self, person: str = "maria", **changed: str | None) -> dict[str, Any]:
        """The tokens of somebody who agreed."""
        given: dict[str, Any] = self.exchange(self.decide(person, **changed)).json()
        return given


def asked(**changed: str | None) -> dict[str, str]:
    """A good request, changed."""
    good = {
        "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT, "state": "the state",
        "code_challenge": CHALLENGE, "code_challenge_method": "s256", "scope": "vkid.personal_info email",
    }  # fmt: skip
    return {name: value for name, value in (good | changed).items() if value is not None}


def exchange_form(answer: dict[str, str], **changed: str | None) -> dict[str, str]:
    """A good exchange of what the browser came back with, changed."""
    good = {
        "grant_type": "authorization_code", "code": answer["code"], "code_verifier": VERIFIER, "client_id": CLIENT_ID,
        "device_id": answer["device_id"], "redirect_uri": REDIRECT, "state": "another state",
    }  # fmt: skip
    return {name: value for name, value in (good | changed).items() if value is not None}


def back(response: httpx2.Response) -> dict[str, str]:
    """The parameters that lead back to MostID."""
    assert response.status_code == 302, response.text
    address = response.headers["location"]
    assert address.startswith(REDIRECT + "?")
    return dict(parse_qsl(urlsplit(address).query))
