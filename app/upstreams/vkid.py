"""VK ID: OAuth 2.1 with a `device_id`, an echo of `state`, and a profile address; its ID token proves nothing to us.

Whoever comes through another account there (`provider`) is a subject of VK ID, never one of Mail.ru.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.storage.clock import Clock
from app.upstreams import answers
from app.upstreams.base import Assertion, Evidence, UpstreamError
from app.upstreams.http import Http
from app.upstreams.pkce import challenge_of
from app.upstreams.profile import birthdate_of, email_of, name_of, picture_of
from config.upstream import VkIdSettings

PROVIDER = "vkid"
ACR = "urn:mostid:acr:1"
SUBJECT = re.compile(r"[1-9][0-9]{0,15}")
MOST_TEXT = 2048
"""Characters of a code or a device id: neither has a length that VK ID promises."""
LANGUAGES = {"ru": "0", "en": "3"}
SEXES = {1: "female", 2: "male"}
ERROR = re.compile(r"[a-z_]{1,40}")


class VkId:
    """Sends a browser to VK ID and asks who came back."""

    def __init__(self, settings: VkIdSettings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock

    @property
    def address(self) -> str:
        """Where browsers are sent."""
        return self._settings.authorize_url

    def begin(
        self, state: str, verifier: str, redirect_uri: str, *, force: bool, login_hint: str, locale: str
    ) -> str:
        """The address to send the browser to, with PKCE (RFC 7636 §4.3). `force` has the person asked again.

        VK ID has no place for a `login_hint`.
        """
        settings = self._settings
        query = {
            "client_id": settings.client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": settings.scope,
            "state": state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "s256",  # as VK ID's own software writes it
            "provider": settings.provider,
            "lang_id": LANGUAGES.get(locale, LANGUAGES["ru"]),
        }
        if force or settings.provider != "vkid":
            query["prompt"] = "login"
        return f"{settings.authorize_url}{'&' if '?' in settings.authorize_url else '?'}{urlencode(query)}"

    def finish(self, answer: Mapping[str, str], verifier: str, redirect_uri: str) -> Assertion:
        """Who it was, by what the browser brought back. Raises UpstreamError.

        The profile counts because its token comes from our own exchange just now (SR-116). No token outlives this
        call (SR-122).
        """
        if not self._settings.enabled:
            raise UpstreamError(PROVIDER, "unavailable", "switched off")
        code, device = answer.get("code", ""), answer.get("device_id", "")
        if not 0 < len(code) <= MOST_TEXT or not 0 < len(device) <= MOST_TEXT:
            raise UpstreamError(PROVIDER, "rejected", "no code or no device_id")
        tokens = self._tokens(code, device, verifier, redirect_uri)
        return self._assertion(tokens["user_id"], self._user(tokens["access_token"], device))

    def _tokens(self, code: str, device: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """Exchange a code (RFC 6749 §4.1.3, RFC 7636 §4.5). The answer must be to this very request."""
        settings, state = self._settings, secrets.token_urlsafe(24)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "client_id": settings.client_id,
            "device_id": device,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        if secret := settings.client_secret.get_secret_value():
            form["client_secret"] = secret
        answer = self._asked(settings.token_url, form, access_token=str, user_id=int)
        if answer.get("state") != state:
            raise UpstreamError(PROVIDER, "rejected", "an answer to another request")
        return answer

    def _user(self, token: str, device: str) -> Mapping[str, Any]:
        form = {"client_id": self._settings.client_id, "access_token": token, "device_id": device}
        user: Mapping[str, Any] = self._asked(self._settings.userinfo_url, form, user=dict)["user"]
        return user

    def _asked(self, url: str, form: Mapping[str, str], **required: type) -> Mapping[str, Any]:
        """The answer to a form. An error is one at any status."""
        response = self._http.post(PROVIDER, url, form=form)
        answer = answers.read_told(PROVIDER, response)
        if "error" in answer or not response.is_success:
            named = answer.get("error")
            # The words beside it may repeat what was sent, a code or a token.
            shown = named if isinstance(named, str) and ERROR.fullmatch(named) else "unknown"
            raise UpstreamError(PROVIDER, "rejected", f"error {shown}, status {response.status}")
        return answers.read_object(PROVIDER, response, **required)

    def _assertion(self, user_id: int, user: Mapping[str, Any]) -> Assertion:
        subject = user.get("user_id")
        # One person has one form of id: "01" or " 1" would be somebody else to us (SR-120).
        if not isinstance(subject, str) or not SUBJECT.fullmatch(subject) or subject != str(user_id):
            raise UpstreamError(PROVIDER, "malformed", "user_id")
        evidence = Evidence(("fed",), ACR, self._clock.now(), "")
        # An address there is what somebody once wrote; its badge `verified` is about the person (SR-098).
        return Assertion(PROVIDER, subject, evidence, _claims(user, self._clock.now()), frozenset())


def _claims(user: Mapping[str, Any], now: int) -> dict[str, str]:
    """The claims that a profile gives (OIDC Core §5.1); what is odd in it is left out."""
    given, family = name_of(user.get("first_name")), name_of(user.get("last_name"))
    sex = user.get("sex")
    found = {
        "name": f"{given} {family}".strip(),
        "given_name": given,
        "family_name": family,
        "email": email_of(user["email"]) if isinstance(user.get("email"), str) else "",
        "gender": SEXES.get(sex, "") if type(sex) is int else "",
        "birthdate": birthdate_of(str(user.get("birthday")), now),
        "picture": picture_of(user.get("avatar")),
    }
    return {claim: value for claim, value in found.items() if value}
