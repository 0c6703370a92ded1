"""Whether this process lives, and whether it can serve."""

from collections.abc import Callable

from sqlalchemy import select, text

from app.storage.ephemeral.base import Ephemeral
from app.web.request import Answer, Request, json_answer


def live(_request: Request) -> Answer:
    """`GET /health/live`: the process answers."""
    return json_answer(200, {"status": "live"})


def ready(ephemeral: Ephemeral) -> Callable[[Request], Answer]:
    """`GET /health/ready`: both stores answer; the door turns their failures into 503."""

    def answer(request: Request) -> Answer:
        ephemeral.birth()
        request.tx.execute(select(text("1"))).scalar_one()
        return json_answer(200, {"status": "ready"})

    return answer
