"""What holds for every answer to bad input, and that nothing has changed when it is over."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from app.storage.model import metadata
from tests.deployment import Deployment

MARK = "<u title='7f3a'>\"7f3a"
"""Put into what is sent, it must come back nowhere as it stands."""


class Watch:
    """Looks at answers of one deployment; `registered` are the only foreign addresses that a browser may be sent to."""

    def __init__(
        self, deployment: Deployment, registered: tuple[str, ...], secrets: tuple[str, ...] = ()
    ) -> None:
        self._deployment, self._registered, self._secrets = deployment, registered, secrets
        self.seen = 0

    def look(self, answer: TestResponse, about: object) -> TestResponse:
        """The same answer, when it is one that bad input may have."""
        self.seen += 1
        assert answer.status_code < 500, about
        assert leads_home(answer.headers.get("Location", "/"), self._registered), about
        body = answer.get_data()
        assert MARK.encode() not in body, about
        for secret in self._secrets:
            assert secret.encode() not in body, about
        return answer

    def page(self, answer: TestResponse, about: object) -> None:
        """It is a page of ours that refuses, and sends nobody anywhere."""
        self.look(answer, about)
        assert (answer.status_code, answer.mimetype) == (400, "text/html"), about
        assert "Location" not in answer.headers, about

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        """Every row of both stores is afterwards as it was before, and something was looked at."""
        before, seen = self.state(), self.seen
        yield
        assert self.state() == before
        assert self.seen > seen

    def state(self) -> Mapping[str, list[Any]]:
        """Whatever is stored."""
        with self._deployment.storage.transaction() as tx:
            found: dict[str, list[Any]] = {
                name: sorted(repr(tuple(row)) for row in tx.execute(select(table)))
                for name, table in metadata.tables.items()
            }
        with sqlite3.connect(self._deployment.settings.data_dir / "ephemeral.db") as store:
            found["ephemeral"] = sorted(store.execute("SELECT key, value FROM ephemeral"))
        store.close()
        return found


def leads_home(location: str, registered: tuple[str, ...]) -> bool:
    """Whether it is a path of ours, or exactly a registered address with a query added."""
    if location.startswith("/"):
        return not location.startswith(("//", "/\\"))
    for uri in registered:
        rest = location.removeprefix(uri)
        if rest != location and rest[:1] == ("&" if "?" in uri else "?"):
            return True
    return False
