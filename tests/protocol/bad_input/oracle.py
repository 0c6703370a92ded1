"""What the specifications say of an authorization request, told from its parameters alone.

Written from the specifications and blind to our code: a request in which several things are wrong may be refused for
any one of them, so the oracle knows all errors that would be true.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Pairs = Sequence[tuple[str, str]]
KNOWN = frozenset({
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "prompt", "max_age", "login_hint", "ui_locales", "claims_locales", "acr_values", "response_mode", "display",
    "claims", "resource", "dpop_jkt", "id_token_hint",
})  # fmt: skip
PAGE = "page"
"""Nobody is redirected: the person is told (RFC 6749 §4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may come of a request."""

    errors: frozenset[str]
    """True reasons to refuse it; none: it is answered with a code, or pushed. `PAGE` alone: no redirect at all."""
    state: str | None
    """What comes back as `state`, if anything does."""


def authorization(pairs: Pairs) -> Expected:
    """A request of a confidential client that has one redirect address and must use PKCE."""
    sent = [
        (name, value) for name, value in pairs if value
    ]  # RFC 6749 §3.1: without a value is as if it were omitted
    times, values = Counter(name for name, _ in sent), dict(sent)
    if (
        times["client_id"] != 1 or times["redirect_uri"] != 1
    ):  # RFC 6749 §4.1.2.1; OIDC Core §3.1.2.1: both required
        return Expected(frozenset({PAGE}), None)
    state = values["state"] if times["state"] == 1 else None
    return Expected(frozenset(_errors(times, values)), state)


def pushed(pairs: Pairs) -> Expected:
    """The same request at the pushing endpoint: who the client is says its authentication (RFC 9126 §2.1)."""
    sent = [(name, value) for name, value in pairs if value]
    times, values = Counter(name for name, _ in sent), dict(sent)
    errors = _errors(times, values)
    if times["redirect_uri"] != 1 or any(
        count > 1 for count in times.values()
    ):  # RFC 9126 §2.3, RFC 6749 §3.2
        errors = {*errors, "invalid_request"}
    return Expected(frozenset(errors), None)


def _errors(times: Counter[str], values: dict[str, str]) -> set[str]:
    errors = set()
    if any(times[name] > 1 for name in KNOWN - {"resource"}):
        errors.add("invalid_request")  # RFC 6749 §3.1
    if times["resource"] > 1:
        errors.add("invalid_target")  # RFC 8707 §2: we give tokens for one resource
    if times["response_type"] == 0:
        errors.add("invalid_request")  # RFC 6749 §4.1.1: required
    if times["scope"] == 0:
        errors.add("invalid_scope")  # RFC 6749 §3.3: there is no default
    if times["code_challenge"] == 0 or values.get("code_challenge_method") != "S256":
        errors.add("invalid_request")  # RFC 7636 §4.4.1; without a method it would be plain (§4.3)
    return errors
