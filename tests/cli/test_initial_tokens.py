"""`flask clients initial-token`: what a partner registers with."""

import pytest

from tests.cli.conftest import Flask, printed
from tests.deployment import REDIRECT, Deployment

MINE = {"redirect_uris": [REDIRECT], "client_name": "Читальня"}


@pytest.mark.parametrize(
    ("flags", "excepted"),
    [
        ((), {}),
        (("--without-pkce",), {"require_pkce": False}),
        (
            ("--without-pkce", "--endpoint-audience"),
            {"require_pkce": False, "assertion_audience": "endpoint"},
        ),
    ],
)
@pytest.mark.sr("SR-053", "SR-056")
def test_a_token_excepts_its_clients_from_what_it_says(
    deployment: Deployment, flask: Flask, flags: tuple[str, ...], excepted: dict[str, object]
) -> None:
    said = printed(flask("clients", "initial-token", "--note", "a partner", *flags, "--json"))
    headers = {"Authorization": f"Bearer {said['initial_access_token']}"}
    made = deployment.client().post("/register", json=MINE, headers=headers)
    assert made.status_code == 201, made.text
    (row,) = [row for row in deployment.rows("clients") if row.client_id == made.json["client_id"]]
    names = ("require_pkce", "assertion_audience")
    assert {name: row.metadata[name] for name in names if name in row.metadata} == excepted
    (entry,) = [row for row in deployment.rows("audit") if row.kind == "client.initial_token_issued"]
    assert excepted.items() <= entry.detail.items()
