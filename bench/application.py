"""The application as it is served, with a count of its statements at an address that exists only here."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from sqlalchemy import event

from app import create_app
from app.storage.database import Storage
from config import load

flask_app = create_app(load())


class Counting:
    """Counts statements; BEGIN and COMMIT are not statements of ours."""

    def __init__(self, inner: Any, storage: Storage) -> None:
        self._inner, self._count = inner, 0
        for engine in (storage.writer, storage.reader):
            event.listen(engine, "before_cursor_execute", self._seen)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the count, or let the application answer."""
        if environ["PATH_INFO"] != "/bench/statements":
            answer: Iterable[bytes] = self._inner(environ, start_response)
            return answer
        body = str(self._count).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def _seen(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self._count += not statement.startswith("BEGIN")


app = Counting(flask_app.wsgi_app, flask_app.extensions["mostid_storage"])
