"""`flask clients initial-token`: what somebody needs who registers clients of their own."""

from typing import Any

import click

from app.cli.output import moment, operator, print_json, print_rows, seconds
from app.clients.initial_tokens import Terms, issue
from app.clients.scopes import PERSONAL
from app.storage.clock import Clock
from app.storage.database import Storage

DAY_MS = 86_400_000
SCOPE = " ".join(PERSONAL)


def command(storage: Storage, clock: Clock) -> click.Command:
    """The command."""

    @click.command("initial-token")
    @click.option("--note", required=True, help="Whom it is for; kept on the record.")
    @click.option("--scope", default=SCOPE, show_default=True, help="The most that its clients may ask for.")
    @click.option(
        "--uses", default=1, show_default=True, type=click.IntRange(1, 1000), help="Clients it registers."
    )
    @click.option(
        "--days", default=7, show_default=True, type=click.IntRange(1, 365), help="Days until it expires."
    )
    @click.option("--without-pkce", is_flag=True, help="Its clients with a secret or key may leave out PKCE.")
    @click.option(
        "--endpoint-audience",
        is_flag=True,
        help="Its clients' assertions may be as older libraries write them.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def initial_token(note: str, scope: str, uses: int, days: int, as_json: bool, **excepted: bool) -> None:
        """Issue an initial access token (RFC 7591) for /register. It is shown now and never again."""
        now = clock.now()
        terms = Terms(note[:100], scope.split(), uses, days * DAY_MS, _members(**excepted))
        token = storage.run(lambda tx: issue(tx, terms, now, actor=operator()), write=True)
        expires_at = now + terms.life_ms
        if as_json:
            print_json({"initial_access_token": token, "uses": uses, "expires_at": seconds(expires_at)})
        else:
            print_rows(
                [("initial_access_token", token), ("uses", str(uses)), ("expires", moment(expires_at))]
            )

    return initial_token


def _members(*, without_pkce: bool, endpoint_audience: bool) -> dict[str, Any]:
    members: dict[str, Any] = {"require_pkce": False} if without_pkce else {}
    return members | ({"assertion_audience": "endpoint"} if endpoint_audience else {})
