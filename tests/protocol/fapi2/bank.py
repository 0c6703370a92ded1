"""A bank under FAPI 2.0: it pushes its requests, signs its assertions, proves its key, and signs its requests where it must."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service, answered
from tests.protocol.rfc7523.signer import TYPE, Signer, new_key, public
from tests.protocol.rfc9101.signing import Signing
from tests.provider.proofs import Holder

REDIRECT = "https://bank.example/callback"
MEMBERS: dict[str, Any] = {
    "client_name": "Банк",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token"],
    "fapi": "security",
}


@dataclass
class Bank:
    """The bank's side of the wire."""

    deployment: Deployment
    browser: Browser
    service: Service
    signer: Signer
    holder: Holder = field(init=False)

    def __post_init__(self) -> None:
        self.holder = Holder(self.deployment.clock)

    @classmethod
    def register(
        cls, deployment: Deployment, browser: Browser, algorithm: str = "ES256", **members: Any
    ) -> "Bank":
        """With keys of its own, which is all that it has to say beside the profile."""
        key = new_key(algorithm)
        service = deployment.register("bank", **(MEMBERS | {"jwks": public(key)} | members))
        return cls(deployment, browser, service, Signer(deployment, "bank", algorithm, key))

    @property
    def signing(self) -> Signing:
        """Makes request objects with the same key."""
        return Signing(self.deployment, self.service, self.signer.algorithm, self.signer.key)

    def post(
        self, path: str, form: dict[str, str], *, assertion: str = "", proof: str | None = None
    ) -> TestResponse:
        """A request to an endpoint, with a new assertion unless one is given, and a proof if one is."""
        said = {"client_assertion_type": TYPE, "client_assertion": assertion or self.signer.assertion()}
        return self.browser.post(path, data=form | said, headers={} if proof is None else {"DPoP": proof})

    def push(self, *, assertion: str = "", proof: str | None = None, **changed: str | None) -> TestResponse:
        """`POST /par`."""
        return self.post("/par", self.service.request(**changed), assertion=assertion, proof=proof)

    def push_signed(self, text: str) -> TestResponse:
        """`POST /par` with a request object."""
        return self.post("/par", {"request": text})

    def visit(self, pushed: TestResponse) -> TestResponse:
        """The browser comes with the reference of what was pushed."""
        assert pushed.status_code == 201, pushed.text
        asked = {"client_id": "bank", "request_uri": pushed.json["request_uri"]}
        return self.browser.get(f"/authorize?{urlencode(asked)}")

    def code(self, **changed: str | None) -> str:
        """A code; the browser must be signed in."""
        return answered(self.visit(self.push(**changed)))["code"]

    def exchange(self, code: str, *, assertion: str = "", proof: str | None = None) -> TestResponse:
        """Redeem a code, with the bank's key unless another proof is given; no proof where it is empty."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.service.verifier,
        }
        shown = self.holder.proof() if proof is None else proof
        return self.post("/token", form, assertion=assertion, proof=shown or None)

    def tokens(self, **changed: str | None) -> dict[str, Any]:
        """The token answer for a new code."""
        answer = self.exchange(self.code(**changed))
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def refresh(self, token: str) -> TestResponse:
        """Use a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post("/token", form, proof=self.holder.proof())

    def introspect(self, token: str, accept: str = "application/json") -> TestResponse:
        """Ask for the state of a token."""
        said = {"client_assertion_type": TYPE, "client_assertion": self.signer.assertion()}
        return self.browser.post("/introspect", data={"token": token} | said, headers={"Accept": accept})

    def userinfo(self, access: str, scheme: str = "DPoP") -> TestResponse:
        """Ask who this is, with a proof for this token."""
        proof = self.holder.bound(access)
        return self.browser.get("/userinfo", headers={"Authorization": f"{scheme} {access}", "DPoP": proof})


def now(bank: Bank) -> int:
    """Whole seconds by the deployment's clock."""
    return int(bank.deployment.clock.now() // 1000)
