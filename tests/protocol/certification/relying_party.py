"""What the OpenID Foundation's suite does as a client: ask for a code without PKCE, take the answer, use what it gave."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from app.keys.sealing import encode
from tests.deployment import REDIRECT, Browser, Deployment, Service
from tests.html import read
from tests.protocol.rfc7523.signer import Signer, ask, new_key, public
from tests.protocol.rfc7591.registering import post as post_registration
from tests.protocol.rfc7591.registering import token
from tests.provider.proofs import TOKEN
from tests.provider.tokens import header, post, userinfo

SCOPES = ["openid", "profile", "email", "phone", "offline_access"]
PERSON = {
    "name": "Мария Иванова", "given_name": "Мария", "family_name": "Иванова", "email": "maria@mail.ru",
    "phone_number": "+79201234567",
}  # fmt: skip
KEY = new_key("RS256")
EXCEPTIONS = {"require_pkce": False, "assertion_audience": "endpoint"}
DOCUMENT: dict[str, Any] = {
    "client_name": "Certification",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "private_key_jwt",
}


@dataclass(slots=True)
class RelyingParty:
    """One client of a plan, and the browser that it drives."""

    browser: Browser
    service: Service
    mode: str | None = None
    """`form_post` in the Form Post plan."""
    last: dict[str, str] = field(default_factory=dict)
    """The last answer of the authorization endpoint."""
    signer: Signer | None = None
    """Makes the assertions of a client of the Dynamic plan."""
    record: dict[str, Any] = field(default_factory=dict)
    """What its registration was answered with."""

    @classmethod
    def register(
        cls, deployment: Deployment, browser: Browser, mode: str | None, **members: Any
    ) -> "RelyingParty":
        """A client as an operator registers it for these plans: neither PKCE nor a nonce is demanded."""
        given = {"allowed_scopes": SCOPES, "require_pkce": False, "require_nonce": False} | members
        return cls(browser, deployment.register(**given), mode)

    @classmethod
    def register_itself(cls, browser: Browser, **document: Any) -> "RelyingParty":
        """A client of the Dynamic plan: it registers with a token that excepts it, and signs its assertions."""
        deployment, signer = browser.deployment, Signer(browser.deployment, "", "RS256", KEY)
        bearer = token(deployment, " ".join(SCOPES), **EXCEPTIONS)
        answer = post_registration(browser, DOCUMENT | {"jwks": public(KEY)} | document, bearer)
        assert answer.status_code == 201, answer.text
        record = dict(answer.json)
        signer.client_id = record["client_id"]
        deployment.clock_file.advance(2)
        service = Service(signer.client_id, None, record["redirect_uris"][0])
        return cls(browser, service, None, {}, signer, record)

    def sign_in(self, **more: Any) -> None:
        """Somebody is signed in."""
        self.browser.deployment.sign_in(self.browser, claims=PERSON, **more)

    def request(self, **changed: str | None) -> dict[str, str]:
        """The parameters that the suite sends."""
        plain: dict[str, str | None] = {
            "code_challenge": None,
            "code_challenge_method": None,
            "scope": "openid",
            "response_mode": self.mode,
        }
        return self.service.request(**(plain | changed))

    def visit(self, **changed: str | None) -> TestResponse:
        """`GET /authorize`, as far as our own pages lead; who is asked allows everything."""
        shown = self.browser.follow(self.browser.get("/authorize", query_string=self.request(**changed)))
        for form in read(shown).forms:
            if form.action == "/consent":
                allowed = form.filled(decision="allow", scope=[value for _, value in form.switches])
                return self.browser.follow(self.browser.post("/consent", data=allowed))
        return shown

    def answer(self, visited: TestResponse) -> dict[str, str]:
        """What came to the client, by the way that it asked for."""
        if self.mode == "form_post":
            (form,) = read(visited).forms
            assert (form.action, form.method) == (self.service.redirect_uri, "post")
            self.last = dict(form.fields)
            return self.last
        assert visited.status_code == 303, visited.text
        assert visited.location.startswith(self.service.redirect_uri)
        self.last = {name: values[0] for name, values in parse_qs(urlsplit(visited.location).query).items()}
        return self.last

    def authorize(self, **changed: str | None) -> dict[str, str]:
        """Visit and answer."""
        return self.answer(self.visit(**changed))

    def exchange(self, code: str, **changed: str | None) -> TestResponse:
        """Redeem a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.service.redirect_uri}
        return self.send(form | changed)

    def refresh(self, refresh_token: str) -> TestResponse:
        """Use a refresh token."""
        return self.send({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def send(self, form: dict[str, Any], audience: str = TOKEN) -> TestResponse:
        """A token request, authenticated in the client's way."""
        if self.signer is None:
            return post(self.browser, "/token", self.service, form)
        return ask(self.browser, self.signer.assertion(self.signer.claims(aud=audience)), **form)

    def tokens(self, **changed: str | None) -> dict[str, Any]:
        """The whole flow."""
        answer = self.exchange(self.authorize(**changed)["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def id_token(self, given: dict[str, Any]) -> dict[str, Any]:
        """The ID token's claims, after all that §3.1.3.7 has a client check."""
        token = given["id_token"]
        keys = KeySet.import_key_set(self.browser.get("/jwks.json").json)
        assert header(token)["kid"] in {key.kid for key in keys.keys}
        said = jwt.decode(token, keys, algorithms=["RS256"]).claims
        now = self.browser.deployment.clock.now() / 1000
        assert (said["iss"], said["aud"]) == (self.browser.issuer, self.service.client_id)
        assert said["exp"] > now >= said["iat"] - 1
        assert header(token)["alg"] == "RS256"
        half = hashlib.sha256(given["access_token"].encode()).digest()[:16]
        assert said["at_hash"] == encode(half)
        return dict(said)

    def person(self, given: dict[str, Any]) -> dict[str, Any]:
        """What userinfo says; the subject is the ID token's."""
        answer = userinfo(self.browser, given["access_token"])
        assert answer.status_code == 200
        assert answer.json["sub"] == self.id_token(given)["sub"]
        return dict(answer.json)

    def of(self, **changed: Any) -> "RelyingParty":
        """The same browser, something else changed."""
        return replace(self, **changed)


def shows_an_error(visited: TestResponse) -> bool:
    """Whether the browser stays with us, at a page that says so."""
    return (visited.status_code, "Location" in visited.headers) == (400, False) and not any(
        form.action.startswith("http") for form in read(visited).forms
    )
