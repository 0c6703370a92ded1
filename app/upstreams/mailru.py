"""Mail.ru, direct ("OAuth Mail"): OAuth 2.0 with a profile address, no ID token, errors in answers of status 200."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.storage.clock import Clock
from app.upstreams import answers
from app.upstreams.base import Assertion, Evidence, UpstreamError
from app.upstreams.exchange import Response
from app.upstreams.http import Http
from app.upstreams.mailru_profile import claims_of, is_own
from app.upstreams.pkce import challenge_of
from app.upstreams.profile import email_of
from config.upstream import MailRuSettings

PROVIDER = "mailru"
ACR = "urn:mostid:acr:1"
SUBJECT = re.compile(r"[1-9][0-9]{0,19}")
MOST_CODE = 2048


class MailRu:
    """Sends a browser to Mail.ru and asks who came back."""

    def __init__(self, settings: MailRuSettings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock

    @property
    def address(self) -> str:
        """Where browsers are sent."""
        return self._settings.authorize_url

    def begin(
        self, state: str, verifier: str, redirect_uri: str, *, force: bool, login_hint: str, locale: str
    ) -> str:
        """The address to send the browser to, with PKCE (RFC 7636 §4.3). `force` has the person asked again."""
        settings = self._settings
        query = {
            "client_id": settings.client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": settings.scope,
            "state": state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        if force:
            query["prompt_force"] = "1"
        if email_of(login_hint):
            query["login"] = login_hint
        return f"{settings.authorize_url}{'&' if '?' in settings.authorize_url else '?'}{urlencode(query)}"

    def finish(self, answer: Mapping[str, str], verifier: str, redirect_uri: str) -> Assertion:
        """Who it was, by what the browser brought back. Raises UpstreamError.

        The profile counts because its token comes from our own exchange just now (SR-116). No token outlives this
        call (SR-122).
        """
        if not self._settings.enabled:
            raise UpstreamError(PROVIDER, "unavailable", "switched off")
        code = answer.get("code", "")
        if not 0 < len(code) <= MOST_CODE:
            raise UpstreamError(PROVIDER, "rejected", "no code")
        return self._assertion(self._profile(self._token(code, verifier, redirect_uri)))

    def _token(self, code: str, verifier: str, redirect_uri: str) -> str:
        """Exchange a code for an access token (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
        settings, auth = self._settings, None
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        secret = settings.client_secret.get_secret_value()
        if settings.client_authentication == "basic":
            auth = (settings.client_id, secret)
        else:
            form |= {"client_id": settings.client_id, "client_secret": secret}
        answer = _read(self._http.post(PROVIDER, settings.token_url, form=form, auth=auth), "access_token")
        return str(answer["access_token"])

    def _profile(self, token: str) -> Mapping[str, Any]:
        url, sent = self._settings.userinfo_url, {"access_token": token}
        if self._settings.userinfo_method == "post":
            return _read(self._http.post(PROVIDER, url, form=sent), "id")
        return _read(self._http.get(PROVIDER, url, params=sent), "id")

    def _assertion(self, profile: Mapping[str, Any]) -> Assertion:
        subject: str = profile["id"]
        # One person has one form of id: "01", " 1" or "１" would be somebody else to us (SR-120).
        if not SUBJECT.fullmatch(subject):
            raise UpstreamError(PROVIDER, "malformed", "id")
        if profile.get("client_id") not in (None, self._settings.client_id):
            raise UpstreamError(PROVIDER, "rejected", "token of another application")
        claims = claims_of(profile, self._clock.now())
        own = is_own(claims.get("email", ""), self._settings.own_domains)
        evidence = Evidence(("fed",), ACR, self._clock.now(), "")
        return Assertion(PROVIDER, subject, evidence, claims, frozenset({"email"} if own else ()))


def _read(response: Response, member: str) -> Mapping[str, Any]:
    """An answer with one text that it must have. An error is an error at any status, and 200 is the usual one."""
    answer = answers.read_told(PROVIDER, response)
    if answer.get("error") or answer.get("error_code") or not response.is_success:
        code = answer.get("error_code")
        # The texts beside it may repeat what was sent, a code or a token.
        shown = code if isinstance(code, int) else "unknown"
        raise UpstreamError(PROVIDER, "rejected", f"error_code {shown}, status {response.status}")
    if not isinstance(answer.get(member), str) or not answer[member]:
        raise UpstreamError(PROVIDER, "malformed", f"no {member}")
    return answer
