"""The ways an authorization answer may take to the service (OAuth 2.0 Multiple Response Types §2.1, JARM §2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.clients.registry import Client
from app.web.request import Form


@dataclass(frozen=True, slots=True)
class Mode:
    """How an answer travels."""

    posts: bool = False
    """A form of ours takes it there by POST, instead of a redirect."""
    signed: bool = False
    """It is one signed JWT."""


QUERY, SIGNED_QUERY = Mode(), Mode(signed=True)
"""Where nothing else may be had: the default of the code flow, and of JARM."""
MODES: Mapping[str, Mode] = {
    "query": QUERY,
    "form_post": Mode(posts=True),
    "jwt": SIGNED_QUERY,  # JARM §2.3.4: for a code that is query.jwt
    "query.jwt": SIGNED_QUERY,
    "form_post.jwt": Mode(posts=True, signed=True),
}
"""`fragment` is not among them: whatever a page loads can read it."""
WEB = ("https://", "http://")
"""Where forms can be sent: an application's own scheme takes none."""


def fallback(client: Client) -> Mode:
    """How a request is refused that may not have its mode: signed, where its client has nothing else."""
    return QUERY if any(not MODES[name].signed for name in client.metadata.response_modes) else SIGNED_QUERY


def mode_of(form: Form, client: Client, redirect_uri: str) -> Mode | None:
    """The mode that a request asks for; None where this client may not have it, or it leads nowhere (SR-010)."""
    name = form.get("response_mode", "query")
    if name not in client.metadata.response_modes or "response_mode" in form.repeated:
        return None
    mode = MODES[name]
    return None if mode.posts and not redirect_uri.startswith(WEB) else mode
