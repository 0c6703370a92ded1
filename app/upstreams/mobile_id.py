"""MegaFon Mobile ID, server-initiated (the Russian Mobile Connect profile): a request appears on the handset.

What is not known of MegaFon's own gateway is a setting; the rest follows the gateways of MTS and Beeline. Two of the
profile's ways are not used. Where the operator would send an SMS code of its own and have us hand it in, our code by SMS
does the same, under our own limits, and the push counts as impossible. Header enrichment asks nobody anything, so it proves
nothing to us, and its address is never opened.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.storage.clock import Clock
from app.upstreams import answers
from app.upstreams.base import Assertion, UpstreamError
from app.upstreams.exchange import Response
from app.upstreams.http import GATEWAY_S, Http
from app.upstreams.mobile_id_request import Prompt, RequestSigner, new_prompt
from app.upstreams.mobile_id_token import PROVIDER, TokenReader
from app.upstreams.remote_keys import RemoteKeys
from config.upstream import MobileIdSettings

__all__ = ["Ended", "MobileId", "NotServed", "Prompt"]

NOTIFY_PATH = "/upstream/mobileid/notify"
GRANT_TYPE = "urn:openid:params:mc:grant_type:server_initiated"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TRANSACTION = re.compile(r"[!-~]{1,128}")
NOT_SERVED = ("does not support", "blocked", "login_hint")
"""In the operator's words: this number cannot be prompted, now or later."""
REFUSED = ("denied", "cancelled", "canceled", "user_denied")
PENDING = frozenset({"authorization_pending", "slow_down"})


class NotServed(UpstreamError):
    """The operator cannot prompt this number: it is another's, blocked, or its SIM cannot."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A prompt that ended without a proof."""

    state: Literal["refused", "failed", "expired"]
    """The person said no; it did not work; nobody answered."""


class MobileId:
    """Starts requests on handsets and reads their results."""

    def __init__(
        self,
        settings: MobileIdSettings,
        http: Http,
        clock: Clock,
        *,
        issuer: str,
        total_s: float = GATEWAY_S,
    ) -> None:
        """`issuer` is ours: the operator calls back below it."""
        self._settings, self._http, self._clock, self._total_s = settings, http, clock, total_s
        notification_uri = issuer + NOTIFY_PATH
        self._signer = RequestSigner(settings, notification_uri)
        keys = RemoteKeys(PROVIDER, settings.jwks_url, http, clock)
        self._tokens = TokenReader(settings, keys, notification_uri)

    def public_jwks(self) -> dict[str, Any]:
        """The key set with the key that our requests are signed with."""
        return self._signer.public_jwks()

    def prompt(self, number: str, reference: str) -> Prompt:
        """A request for a number (E.164), not sent yet. Its bearer token begins with `reference` and a dot."""
        return new_prompt(number, reference, self._clock.now())

    def send(self, prompt: Prompt, message: str) -> str:
        """Start it, with a message for the handset if there is one; returns the operator's id of it.

        Raises NotServed, or another UpstreamError.
        """
        if not self._settings.enabled:
            raise UpstreamError(PROVIDER, "unavailable", "switched off")
        parameters = self._signer.parameters(prompt, message, self._clock.now())
        response = self._post(self._settings.si_authorize_url, parameters)
        if not response.is_success:
            raise _fault(response)
        answer = answers.read_object(PROVIDER, response, auth_req_id=str, expires_in=int)
        self._check_echo(answer, prompt)
        return _transaction(answer)

    def read(self, prompt: Prompt, transaction: str | None, body: str) -> Assertion | Ended:
        """The result that the operator has posted. `transaction` is None while its id is not known yet.

        Whoever calls has compared the bearer token. Raises UpstreamError for what cannot be believed (SR-139): then the
        prompt goes on waiting.
        """
        members = answers.read_object(PROVIDER, Response(200, body.encode(), ""), auth_req_id=str)
        self._check_echo(members, prompt)
        told = _transaction(members)
        if transaction is not None and told != transaction:
            raise UpstreamError(PROVIDER, "rejected", "auth_req_id")
        return self._result(prompt, told, members)

    def poll(self, prompt: Prompt, transaction: str) -> Assertion | Ended | None:
        """Ask for the result, as in CIBA Core §10.1; None while there is none. Raises UpstreamError.

        No operator documents this; the client authenticates by a JWT of its request key (RFC 7523 §2.2).
        """
        ours = self._settings.client_id
        jti = secrets.token_urlsafe(16)
        claims = {"iss": ours, "sub": ours, "aud": self._settings.token_url, "jti": jti}
        form = {
            "grant_type": GRANT_TYPE,
            "auth_req_id": transaction,
            "client_id": ours,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._signer.sign(claims, self._clock.now()),
        }
        response = self._http.post(PROVIDER, self._settings.token_url, form=form, total_s=self._total_s)
        members = answers.read_object(PROVIDER, response)
        if not response.is_success and members.get("error") in PENDING:
            return None
        return self._result(prompt, transaction, members)

    def _post(self, url: str, parameters: Mapping[str, str]) -> Response:
        if self._settings.encoding == "json":
            return self._http.post(PROVIDER, url, json=parameters, total_s=self._total_s)
        return self._http.post(PROVIDER, url, form=parameters, total_s=self._total_s)

    def _result(self, prompt: Prompt, transaction: str, members: Mapping[str, Any]) -> Assertion | Ended:
        if "error" in members:
            return _ended(members)
        if "id_token" in members:
            return self._tokens.read(members["id_token"], prompt, transaction, self._clock.now())
        if "smsotp_endpoint" in members:
            return Ended("failed")
        raise UpstreamError(PROVIDER, "malformed", "neither a result nor an error")

    @staticmethod
    def _check_echo(members: Mapping[str, Any], prompt: Prompt) -> None:
        if members.get("correlation_id", prompt.correlation_id) != prompt.correlation_id:
            raise UpstreamError(PROVIDER, "rejected", "correlation_id")


def _transaction(members: Mapping[str, Any]) -> str:
    found: str = members["auth_req_id"]
    if not TRANSACTION.fullmatch(found):
        raise UpstreamError(PROVIDER, "malformed", "auth_req_id")
    return found


def _fault(response: Response) -> UpstreamError:
    """What a refused request means. Only errors of the profile are repeated in the log, never its free texts."""
    error, text = _error(response)
    status = f"status {response.status}"
    if response.status == 404 or error == "not_found_entity" or any(part in text for part in NOT_SERVED):
        return NotServed(PROVIDER, "refused", f"not served, {status}")
    if response.status in {408, 409} or error in {"authorization_error", "timeout", "status_conflict"}:
        return UpstreamError(PROVIDER, "unavailable", f"busy, {status}")
    return UpstreamError(PROVIDER, "rejected", f"our request, {status}")


def _error(response: Response) -> tuple[str, str]:
    """The error and its description in lower case; empty where the answer is no JSON."""
    try:
        members = answers.read_object(PROVIDER, response)
    except UpstreamError:
        return "", ""
    return str(members.get("error", "")), str(members.get("error_description", "")).lower()


def _ended(members: Mapping[str, Any]) -> Ended:
    """What an error in place of a result means for the person."""
    error, text = str(members["error"]), str(members.get("error_description", "")).lower()
    if any(part in text for part in REFUSED) or error == "user_denied":
        return Ended("refused")
    if error == "access_denied" and "attempt" not in text:
        return Ended("refused")
    if error == "expired_token" or "expired" in text:
        return Ended("expired")
    return Ended("failed")
