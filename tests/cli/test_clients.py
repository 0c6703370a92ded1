"""`flask clients`: registering services, and their secrets, from the shell."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Flask, on, printed
from tests.deployment import Deploy, Deployment, Service
from tests.services import ClockFile

CALLBACK = "http://localhost:8200/callback"
ADD = ("clients", "add", "--name", "Store", "--redirect-uri", CALLBACK, "--scope", "openid profile")


def works(deployment: Deployment, client_id: str, secret: str) -> bool:
    """Whether a client may use its secret."""
    headers = {"Authorization": Service(client_id, secret, "").basic}
    form = {
        "grant_type": "authorization_code",
        "code": "none",
        "redirect_uri": CALLBACK,
        "code_verifier": "v" * 43,
    }
    answer = deployment.client().post("/token", data=form, headers=headers)
    return bool(answer.json["error"] == "invalid_grant")


def test_a_client_is_added_with_the_names_of_rfc_7591(deployment: Deployment, flask: Flask) -> None:
    made = printed(flask(*ADD, "--grant-type", "authorization_code", "--first-party", "--json"))
    assert (made["client_name"], made["redirect_uris"], made["first_party"]) == ("Store", [CALLBACK], True)
    assert made["allowed_scopes"] == ["openid", "profile"]
    assert made["client_secret_expires_at"] == 0
    assert works(deployment, made["client_id"], made["client_secret"])
    assert not works(deployment, made["client_id"], "cs_" + "x" * 43)
    shown = printed(flask("clients", "show", made["client_id"], "--json"))
    assert shown["client_name"] == "Store"
    assert "secret" not in json.dumps(shown).replace("client_secret_basic", "")
    (row,) = [row for row in deployment.rows("audit") if row.kind == "client.added"]
    assert (row.client_id, row.actor[:4]) == (made["client_id"], "cli:")


def test_people_are_shown_the_secret_once(flask: Flask) -> None:
    said = dict(line.split(maxsplit=1) for line in flask(*ADD, "--client-id", "store").stdout.splitlines())
    assert said["client_id"] == "store"
    assert said["client_secret"].startswith("cs_")
    assert "cs_" not in flask("clients", "show", "store").stdout + flask("clients", "list").stdout


def test_metadata_from_a_file_with_flags_on_top(flask: Flask, tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    metadata: dict[str, Any] = {
        "client_name": "Store",
        "client_name#ru": "Магазин",
        "redirect_uris": [CALLBACK],
        "scope": "openid",
        "first_party": True,
        "sector": "ecosystem",
        "fapi": "",
        "favourite_colour": "green",
    }
    file.write_text(json.dumps(metadata))
    result = flask("clients", "add", "--metadata", str(file), "--name", "Games", "--public", "--json")
    made = printed(result)
    assert (made["client_name"], made["token_endpoint_auth_method"]) == ("Games", "none")
    assert made["client_name#ru"] == "Магазин"
    assert "client_secret" not in made
    assert result.stderr == "Note: favourite_colour means nothing here and is left out\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*ADD, "--client-id", "no such form"), 1, "client_id: 2 to 48 small letters"),
        (("clients", "add", "--name", "Store", "--redirect-uri", "ftp://x"), 1, "redirect_uris"),
        (("clients", "add", "--metadata", "/no/such/file"), 2, "No such file"),
        (("clients", "show", "nobody"), 1, "there is no client nobody"),
        (("clients", "disable", "nobody"), 1, "there is no client nobody"),
        (("clients", "rotate-secret", "nobody"), 1, "there is no client nobody"),
        (("clients", "rotate-secret", "store", "--overlap", "-1"), 2, "--overlap"),
        (("clients", "add", "--colour", "red"), 2, "--colour"),
    ],
)
def test_what_is_refused(flask: Flask, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = flask(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff\xfe", b"[" * 100_000, b""])
def test_a_file_that_holds_no_metadata(flask: Flask, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "client.json"
    file.write_bytes(content)
    result = flask("clients", "add", "--metadata", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: the metadata file ")


def test_an_id_is_given_once(flask: Flask) -> None:
    assert flask(*ADD, "--client-id", "store").exit_code == 0
    again = flask(*ADD, "--client-id", "store")
    assert (again.exit_code, again.stderr) == (1, "Error: there is a client store already\n")


@pytest.mark.sr("SR-057")
def test_a_client_is_stopped_and_let_go_on(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    made = printed(flask(*ADD, "--client-id", "store", "--json"))
    assert works(deployment, "store", made["client_secret"])
    assert flask("clients", "disable", "store").stdout == "store is disabled\n"
    assert flask("clients", "disable", "store").stdout == "store was disabled before\n"
    clock_file.advance(2)
    assert not works(deployment, "store", made["client_secret"])
    assert [row.split()[3] for row in flask("clients", "list").stdout.splitlines()[1:]] == ["disabled"]
    assert flask("clients", "enable", "store").stdout == "store is enabled\n"
    clock_file.advance(2)
    assert works(deployment, "store", made["client_secret"])
    kinds = [row.kind for row in deployment.rows("audit") if row.kind.startswith("client.")]
    assert kinds == ["client.added", "client.disabled", "client.enabled"]


def test_two_secrets_work_while_one_replaces_the_other(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    old = printed(flask(*ADD, "--client-id", "store", "--json"))["client_secret"]
    rotated = flask("clients", "rotate-secret", "store", "--overlap", "60", "--json")
    assert rotated.stderr == "Note: the former secret works for 60 seconds more\n"
    new = printed(rotated)["client_secret"]
    clock_file.advance(2)
    assert works(deployment, "store", old)
    assert works(deployment, "store", new)
    clock_file.advance(60)
    assert not works(deployment, "store", old)
    assert works(deployment, "store", new)
    public = printed(flask(*ADD, "--public", "--json"))["client_id"]
    assert "a public client has no secret" in flask("clients", "rotate-secret", public).stderr


def test_a_secret_that_leaked_is_replaced_at_once(
    deployment: Deployment, flask: Flask, clock_file: ClockFile
) -> None:
    old = printed(flask(*ADD, "--client-id", "store", "--json"))["client_secret"]
    assert flask("clients", "rotate-secret", "store", "--overlap", "0").stderr == ""
    clock_file.advance(2)
    assert not works(deployment, "store", old)


def test_types_that_are_not_there_yet_are_said(deploy: Deploy, tmp_path: Path) -> None:
    types = Path(__file__).parents[2] / "examples" / "authorization_details"
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"authorization_details_types": ["mir_payment", "report"]}))
    result = on(deploy(authorization_details_dir=types))(*ADD, "--metadata", str(file), "--json")
    assert printed(result)["authorization_details_types"] == ["mir_payment", "report"]
    assert result.stderr == (
        "Note: there is no type report of authorization details: "
        "put report.json into the directory of MOSTID_AUTHORIZATION_DETAILS_DIR\n"
    )


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3", "an operator reads each member that the profile forbids, and where it says so"
)
def test_a_client_under_fapi(flask: Flask, tmp_path: Path) -> None:
    file = tmp_path / "bank.json"
    wrong = {"token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": "RS256"}
    bank = {"client_name": "Bank", "redirect_uris": ["https://bank.example/cb"], "fapi": "security"}
    file.write_text(json.dumps(bank | wrong))
    refused = flask("clients", "add", "--metadata", str(file))
    assert refused.exit_code == 1
    assert (
        "token_endpoint_auth_method: it is private_key_jwt or mutual TLS (FAPI 2.0 SP §5.3.2.1)"
        in refused.stderr
    )
    assert (
        "id_token_signed_response_alg: it is one of PS256, ES256 and EdDSA (FAPI 2.0 SP §5.4.1)"
        in refused.stderr
    )
    file.write_text(json.dumps(bank | {"jwks_uri": "https://bank.example/keys"}))
    made = printed(flask("clients", "add", "--metadata", str(file), "--json"))
    assert (made["fapi"], made["token_endpoint_auth_method"]) == ("security", "private_key_jwt")
    assert "client_secret" not in made
