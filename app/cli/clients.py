"""`flask clients`: the services that rely on us."""

import json
from pathlib import Path
from typing import Any, TextIO

import click

from app.cli import initial_tokens
from app.cli.output import operator, print_json, print_rows, refuse, warn
from app.clients import logos, registration
from app.clients.logos import Logos
from app.clients.metadata import BadMetadata, ClientMetadata, ignored, parse
from app.clients.policy import Policy
from app.clients.registration import ClientIdTaken, Registered, UnknownClient
from app.clients.sectors import Sectors, check_hosts
from app.grants.detail_types import SETTING, load_types
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction

DAY_S = 86_400
FLAGS = (
    click.option("--name", "client_name", help="Name shown to people."),
    click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where answers go; give it once for each."),
    click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True, help="Where to after it."),
    click.option("--scope", "scopes", multiple=True, help="A scope that it may ask for, or several with spaces."),
    click.option("--grant-type", "grant_types", multiple=True, help="A grant type; the default is authorization_code."),
    click.option(
        "--auth-method",
        "token_endpoint_auth_method",
        help="client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth, none.",
    ),
    click.option("--sector", help="Services of one sector share a subject."),
    click.option("--accent", help="Its colour, #rrggbb."),
    click.option("--short-name", help="Its name in a message by SMS, 14 letters at most."),
    click.option("--first-party/--third-party", default=None, help="One of our own: no consent page."),
    click.option("--public", is_flag=True, help="Without a secret: browser and device applications."),
    click.option("--native", is_flag=True, help="An application on the person's own device (RFC 8252)."),
)  # fmt: skip


def group(
    storage: Storage, clock: Clock, policy: Policy, sectors: Sectors, pictures: Logos, types: Path | None
) -> click.Group:
    """The commands on clients. `types`: the directory of types of authorization details."""

    @click.group("clients")
    def clients() -> None:
        """Services that rely on us."""

    for command in (
        _add(storage, clock, policy, sectors, pictures, types),
        _show(storage),
        _list(storage),
        _switch(storage, clock, "disable", "Stop a client everywhere within seconds."),
        _switch(storage, clock, "enable", "Let a disabled client go on."),
        _rotate(storage, clock),
        initial_tokens.command(storage, clock),
    ):
        clients.add_command(command)
    return clients


def _add(
    storage: Storage, clock: Clock, policy: Policy, sectors: Sectors, pictures: Logos, types: Path | None
) -> click.Command:
    @click.command("add")
    @click.option("--client-id", help="A chosen id; without it a random one is made.")
    @click.option(
        "--metadata", "file", type=click.File(encoding="utf-8"), help="RFC 7591 metadata; flags come on top."
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON, with the secret.")
    def add(client_id: str | None, file: TextIO | None, as_json: bool, **flags: Any) -> None:
        """Register a client. Its secret is shown now and never again."""
        given = _read(file) | _members(**flags)
        for member in ignored(given):
            warn(f"{member} means nothing here and is left out")
            given.pop(member)
        try:
            metadata = parse(given, policy, client_id=client_id)
            check_hosts(metadata)
            sectors.check(metadata)
            logo, now = pictures.get(metadata), clock.now()

            def register(tx: Transaction) -> Registered:
                made = registration.add(tx, metadata, now, client_id=client_id, actor=operator())
                if logo is not None:
                    logos.keep(tx, made.client_id, logo, now)
                return made

            made = storage.run(register, write=True)
        except BadMetadata as error:
            refuse("\n  ".join(["metadata refused", *error.sentences]))
        except ClientIdTaken:
            refuse(f"there is a client {client_id} already")
        _warn_of_types(metadata, types)
        if metadata.logo_uri and logo is None:
            warn("its logo cannot be had; pages show the first letter of its name")
        _answer(made, metadata, now, as_json=as_json)

    for flag in reversed(FLAGS):
        flag(add)
    return add


def _show(storage: Storage) -> click.Command:
    @click.command("show")
    @click.argument("client_id")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def show(client_id: str, as_json: bool) -> None:
        """What is registered of one client, without its secrets."""
        document = storage.run(lambda tx: registration.describe(tx, client_id))
        if document is None:
            refuse(f"there is no client {client_id}")
        if as_json:
            print_json(document)
        else:
            print_rows([(member, _text(value)) for member, value in document.items()])

    return show


def _list(storage: Storage) -> click.Command:
    @click.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def list_(as_json: bool) -> None:
        """All clients, oldest first."""
        documents = storage.run(registration.describe_all)
        if as_json:
            print_json(documents)
            return
        heading = ("client_id", "name", "party", "state", "redirect addresses")
        print_rows([heading, *(_row(document) for document in documents)])

    return list_


def _switch(storage: Storage, clock: Clock, verb: str, text: str) -> click.Command:
    act = getattr(registration, verb)

    @click.command(verb, help=text)
    @click.argument("client_id")
    def switch(client_id: str) -> None:
        try:
            changed = storage.run(lambda tx: act(tx, client_id, clock.now(), actor=operator()), write=True)
        except UnknownClient:
            refuse(f"there is no client {client_id}")
        click.echo(f"{client_id} is {verb}d" if changed else f"{client_id} was {verb}d before")

    return switch


def _rotate(storage: Storage, clock: Clock) -> click.Command:
    @click.command("rotate-secret")
    @click.argument("client_id")
    @click.option(
        "--overlap",
        default=DAY_S,
        show_default=True,
        type=click.IntRange(0),
        help="Seconds the old one works.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def rotate(client_id: str, overlap: int, as_json: bool) -> None:
        """Give a client a new secret. It is shown now and never again; the old one goes on for a while."""
        try:
            secret = storage.run(
                lambda tx: registration.rotate_secret(
                    tx, client_id, clock.now(), overlap_s=overlap, actor=operator()
                ),
                write=True,
            )
        except UnknownClient:
            refuse(f"there is no client {client_id}")
        except BadMetadata as error:
            refuse(str(error))
        if overlap:
            warn(f"the former secret works for {overlap} seconds more")
        if as_json:
            print_json({"client_id": client_id, "client_secret": secret, "client_secret_expires_at": 0})
        else:
            print_rows([("client_id", client_id), ("client_secret", secret)])

    return rotate


def _warn_of_types(metadata: ClientMetadata, directory: Path | None) -> None:
    """Types may come later than their client: said now, as `flask doctor` says it then."""
    named = metadata.authorization_details_types
    for name in sorted(set(named) - load_types(directory).keys()) if named else ():
        warn(
            f"there is no type {name} of authorization details: put {name}.json into the directory of {SETTING}"
        )


def _read(file: TextIO | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        given = json.load(file)
    except (ValueError, RecursionError) as error:
        refuse(f"the metadata file is not JSON: {error}", 2)
    if not isinstance(given, dict):
        refuse("the metadata file must hold one JSON object", 2)
    return given


def _members(*, scopes: tuple[str, ...], public: bool, native: bool, **flags: Any) -> dict[str, Any]:
    """The members that flags stand for; a flag that was not given says nothing."""
    members = {name: value for name, value in flags.items() if value not in (None, ())}
    if scopes:
        members["allowed_scopes"] = " ".join(scopes).split()
    if public:
        members["token_endpoint_auth_method"] = "none"
    if native:
        members["application_type"] = "native"
    return members


def _answer(made: Registered, metadata: ClientMetadata, now: int, *, as_json: bool) -> None:
    """What RFC 7591 §3.2.1 answers."""
    answer: dict[str, Any] = {"client_id": made.client_id, "client_id_issued_at": now // 1000}
    if made.secret is not None:
        answer |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    if as_json:
        print_json(answer | metadata.document())
    else:
        print_rows([(member, str(value)) for member, value in answer.items() if not member.endswith("_at")])


def _row(document: dict[str, Any]) -> tuple[str, ...]:
    return (
        document["client_id"],
        document["client_name"],
        "first" if document["first_party"] else "third",
        "disabled" if document["disabled"] else "enabled",
        " ".join(document["redirect_uris"]),
    )


def _text(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
