"""What the provider told this service when it was registered (RFC 7591 §3.2.1)."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Registration:
    """One service at one provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    signed_out_uri: str

    @property
    def origin(self) -> str:
        """Our own address, as browsers name it."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def callback_path(self) -> str:
        """Where answers arrive."""
        return urlsplit(self.redirect_uri).path

    @property
    def signed_out_path(self) -> str:
        """Where people arrive after they signed out everywhere."""
        return urlsplit(self.signed_out_uri).path


def read(file: Path, name: str, issuer: str) -> Registration:
    """The registration of one service from a file of several: RFC 7591 answers by the service's name."""
    answer = json.loads(file.read_text(encoding="utf-8"))[name]
    return Registration(
        issuer=issuer.rstrip("/"),
        client_id=answer["client_id"],
        client_secret=answer["client_secret"],
        redirect_uri=answer["redirect_uris"][0],
        signed_out_uri=answer["post_logout_redirect_uris"][0],
    )
