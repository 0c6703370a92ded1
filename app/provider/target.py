"""Where an authorization request may be answered: found first, before anything else of it is read (SR-005).

Only a `Target`, whose client and redirect URI were found to belong together, is able to redirect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from app.clients.registry import Client, Clients
from app.provider.response_mode import QUERY, Mode, fallback, mode_of
from app.provider.sections import section_of
from app.web.request import Answer, Form

LONGEST_VALUE = 1_024
REFERRER = ("Referrer-Policy", "no-referrer")


class Unanswerable(Exception):
    """The client or its redirect URI is not known good: only a page may say so. Text and section are for the log."""

    def __init__(self, cause: str, section: str = "RFC 6749 §4.1.2.1") -> None:
        super().__init__(cause)
        self.section = section


@dataclass(frozen=True, slots=True)
class Target:
    """Where this request may be answered, and in which mode: found, never assumed."""

    client: Client
    redirect_uri: str
    state: str
    issuer: str
    mode: Mode = QUERY

    def values(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """What the service gets in each mode: these parameters, `state` and `iss` (RFC 9207 §2)."""
        values = dict(parameters)
        if self.state:
            values["state"] = self.state
        values["iss"] = self.issuer
        return values

    def redirect(self, values: Mapping[str, str]) -> Answer:
        """Send the browser there with these values.

        The URI is written exactly as it was compared (SR-003); 303 makes every browser use GET (RFC 9700 §4.12).
        """
        joint = "&" if "?" in self.redirect_uri else "?"
        location = self.redirect_uri + joint + urlencode(values, quote_via=quote, safe="")
        return Answer(303, b"", (("Location", location), ("Cache-Control", "no-store"), REFERRER))


class Refused(Exception):
    """The request is refused at its target: code and our own fixed description; the section is for the log."""

    def __init__(self, target: Target, code: str, description: str = "", section: str = "") -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.section = section or section_of(code)
        self.target, self.code, self.description = target, code, description
        self.pushed = ""
        """The reference that it came by, which its answer spends."""

    @property
    def parameters(self) -> dict[str, str]:
        """What says so to the service (RFC 6749 §4.1.2.1)."""
        parameters = {"error": self.code}
        if self.description:
            parameters["error_description"] = self.description
        return parameters


def find_target(form: Form, clients: Clients, issuer: str) -> Target:
    """The client and a redirect URI that is exactly one of its own. Raises Unanswerable.

    A state that is too long, or came twice, goes back to nobody; `validate` refuses its request. It refuses one
    with a mode that the client may not have as well, by the default mode.
    """
    if form.repeated & {"client_id", "redirect_uri"}:
        raise Unanswerable("client_id or redirect_uri is repeated", "RFC 6749 §3.1")
    client = clients.get(form.get("client_id", ""))
    if client is None:
        raise Unanswerable("unknown or disabled client")
    redirect_uri = form.get("redirect_uri", "")
    if not redirect_uri:
        raise Unanswerable("redirect_uri is missing", "OIDC Core §3.1.2.1")
    if not client.accepts_redirect(redirect_uri):
        raise Unanswerable("redirect_uri is not registered for this client", "RFC 6749 §3.1.2.4")
    state = form.get("state", "")
    if "state" in form.repeated or len(state.encode()) > LONGEST_VALUE:
        state = ""
    return Target(
        client, redirect_uri, state, issuer, mode_of(form, client, redirect_uri) or fallback(client)
    )
