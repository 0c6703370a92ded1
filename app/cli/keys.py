"""`flask keys`: the keys that sign tokens."""

from typing import Any

import click
from sqlalchemy import Row, select

from app.cli.output import NOT_YET, moment, operator, print_json, print_rows, refuse, seconds
from app.events import audit
from app.keys.lifecycle import KeyLifecycle, Rotation
from app.keys.tables import signing_keys
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction

TIMES = ("published_at", "activated_at", "retiring_at", "retired_at")


def group(storage: Storage, clock: Clock, lifecycle: KeyLifecycle) -> click.Group:
    """The commands on signing keys."""

    @click.group("keys")
    def keys() -> None:
        """Keys that sign tokens."""

    for command in (
        _ensure(storage, clock, lifecycle),
        _list(storage),
        _rotate(storage, clock, lifecycle),
        _retire(storage, clock, lifecycle),
    ):
        keys.add_command(command)
    return keys


def _ensure(storage: Storage, clock: Clock, lifecycle: KeyLifecycle) -> click.Command:
    @click.command("ensure")
    def ensure() -> None:
        """Make the first keys where there are none. Safe to repeat."""

        def act(tx: Transaction) -> list[str]:
            made = lifecycle.ensure(tx)
            for kid in made:
                _record(tx, clock, "key.made", {"kid": kid})
            return made

        made = storage.run(act, write=True)
        click.echo(f"made {len(made)} keys" if made else "the keys are there")

    return ensure


def _list(storage: Storage) -> click.Command:
    @click.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def list_(as_json: bool) -> None:
        """All keys with their states, oldest first."""
        wanted = select(signing_keys).order_by(signing_keys.c.algorithm, signing_keys.c.published_at)
        rows = storage.run(lambda tx: tx.execute(wanted).all())
        if as_json:
            print_json([_document(row) for row in rows])
            return
        heading = ("kid", "alg", "state", *(name.replace("_", " ") for name in TIMES))
        lines = [
            (row.kid, row.algorithm, row.state, *(moment(getattr(row, name)) for name in TIMES))
            for row in rows
        ]
        print_rows([heading, *lines])

    return list_


def _rotate(storage: Storage, clock: Clock, lifecycle: KeyLifecycle) -> click.Command:
    @click.command("rotate")
    @click.option(
        "--emergency",
        is_flag=True,
        help="A key was stolen: promote now, and stop verifying by the former one.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def rotate(emergency: bool, as_json: bool) -> None:
        """Let the next key sign and publish another one. Exits 3 when services may not have seen the next key yet."""

        def act(tx: Transaction) -> list[Rotation]:
            done = lifecycle.rotate(tx, emergency=emergency)
            for one in done:
                if one.promoted or one.published:
                    kind = "key.emergency_rotated" if emergency else "key.rotated"
                    _record(tx, clock, kind, {"published": one.next, "promoted": one.promoted})
            return done

        done = storage.run(act, write=True)
        _tell(done, as_json=as_json)
        waits = [one.not_before for one in done if one.not_before is not None]
        if waits:
            refuse(f"not yet: the next keys may sign from {moment(max(waits))}", NOT_YET)

    return rotate


def _retire(storage: Storage, clock: Clock, lifecycle: KeyLifecycle) -> click.Command:
    @click.command("retire")
    @click.argument("kid", required=False)
    def retire(kid: str | None) -> None:
        """Take keys out of the key set whose last token has expired; or one retiring key now, by its id."""

        def act(tx: Transaction) -> list[str]:
            gone = lifecycle.retire(tx, kid)
            for one in gone:
                _record(tx, clock, "key.retired", {"kid": one})
            return gone

        gone = storage.run(act, write=True)
        if kid is not None and not gone:
            refuse(f"{kid} is no retiring key")
        click.echo("\n".join(f"retired {one}" for one in gone) or "no key is due")

    return retire


def _tell(done: list[Rotation], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "alg": one.algorithm,
                    "promoted": one.promoted,
                    "next": one.next,
                    "not_before": seconds(one.not_before),
                }
                for one in done
            ]
        )
        return
    for one in done:
        if one.promoted:
            click.echo(f"{one.algorithm}: {one.promoted} signs now, {one.next} is next")
        elif one.published:
            click.echo(f"{one.algorithm}: {one.next} is published and will be next")


def _record(tx: Transaction, clock: Clock, kind: str, detail: dict[str, Any]) -> None:
    audit.record(tx, kind, clock.now(), actor=operator(), detail=detail)


def _document(row: Row[Any]) -> dict[str, Any]:
    """A key by the member names of RFC 7517, and its times in seconds."""
    times = {name: seconds(getattr(row, name)) for name in TIMES}
    return {"kid": row.kid, "alg": row.algorithm, "use": "sig", "state": row.state} | times
