"""The doctor's look at authorization details. Types that cannot be read stop the start; they never come this far."""

from collections.abc import Iterator

from app.cli.finding import Finding, warning
from app.clients.registration import describe_all
from app.grants.detail_types import SETTING, load_types
from app.storage.database import Storage
from config.settings import Settings

MEMBER = "authorization_details_types"


def check_details(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Clients that may ask for types which are not registered here, and a directory without any. Raises Unavailable."""
    known = load_types(settings.authorization_details_dir)
    if settings.authorization_details_dir is not None and not known:
        yield warning(
            "setting", f"{SETTING} names a directory without types", "put a <type>.json there, or unset it"
        )
    for client in storage.run(describe_all):
        for name in sorted(set(client.get(MEMBER, ())) - known.keys()):
            yield warning(
                "client",
                f"{client['client_id']} may ask for authorization details of the type {name}, which is not registered",
                f"put {name}.json into the directory of {SETTING}, or take the type from its metadata",
            )
