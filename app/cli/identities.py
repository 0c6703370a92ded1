"""`flask identities`: what we know of a customer, and blocking. Whoever looks or acts says why, for the record (SR-155)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

import click

from app.cli.output import moment, operator, print_json, print_rows, refuse, seconds
from app.cli.tools import Tools
from app.events import audit
from app.identity import identities as people
from app.identity.identities import Identity
from app.identity.lookups import Lookups
from app.identity.subjects import Subjects
from app.keys.keyed import KeyedValues
from app.lifecycle.block import block, unblock
from app.lifecycle.dossier import Dossier, Dossiers
from app.storage.database import Transaction

LONGEST_REASON = 300
WHO = click.argument("who")
REASON = click.option(
    "--reason", required=True, help="Why, for the record: the request or ticket. No number, no address."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
ANY_SUB = {"ignore_unknown_options": True}
"""A `sub` may begin with a dash."""
Act = Callable[[Transaction, UUID, str], str | None]
"""Does something to a person, for a reason; the words for what was done, or None where it could not be."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A change of a person's status."""

    name: str
    text: str
    before: str
    after: str
    act: Act


def group(tools: Tools) -> click.Group:
    """The commands on identities."""
    lookups, settings = Lookups(tools.lookup), tools.settings
    subjects = Subjects(lookups, KeyedValues(tools.keyring))
    dossiers = Dossiers(
        lookups, subjects, tools.data_keys, settings.default_region, settings.number_countries
    )

    @click.group("identities")
    def identities() -> None:
        """Customers. WHO is an identity id, a number in any spelling, `mailru:ID`, `vkid:ID`, or a `sub` of any service."""

    identities.add_command(_show(tools, dossiers))
    for verb in (_block(tools), _unblock(tools)):
        identities.add_command(_change(tools, dossiers, verb))
    return identities


def _show(tools: Tools, dossiers: Dossiers) -> click.Command:
    @click.command("show", context_settings=ANY_SUB)
    @WHO
    @REASON
    @JSON
    def show(who: str, reason: str, as_json: bool) -> None:
        """Ways in, profile, sessions, grants and the record of one customer; numbers and addresses masked."""
        why = _reason(dossiers, reason)

        def act(tx: Transaction) -> Dossier | None:
            identity = _find(tools, dossiers, tx, who, why)
            if identity is None:
                return None
            return dossiers.look(tx, identity, tools.clock.now(), actor=operator(), reason=why)

        found = tools.storage.run(act, write=True)
        if found is None:
            _nobody()
        elif as_json:
            print_json(_document(found))
        else:
            _tell(found)

    return show


def _change(tools: Tools, dossiers: Dossiers, verb: Verb) -> click.Command:
    @click.command(verb.name, help=verb.text, context_settings=ANY_SUB)
    @WHO
    @REASON
    @JSON
    def change(who: str, reason: str, as_json: bool) -> None:
        why = _reason(dossiers, reason)

        def act(tx: Transaction) -> tuple[Identity | None, str | None]:
            person = _root(tx, _find(tools, dossiers, tx, who, why))
            return person, verb.act(tx, person.id, why) if person else None

        person, done = tools.storage.run(act, write=True)
        if person is None:
            _nobody()
        if done is None:
            refuse(f"{person.id} is {person.status}, not {verb.before}: nothing was changed")
        if as_json:
            print_json({"id": str(person.id), "status": verb.after})
        else:
            click.echo(f"{person.id} {done}")

    return change


def _block(tools: Tools) -> Verb:
    def act(tx: Transaction, identity: UUID, reason: str) -> str | None:
        now = tools.clock.now()
        done = block(tx, tools.sessions, identity, now, actor=operator(), reason=reason)
        return f"is blocked; sessions ended: {done.sessions}, grants ended: {done.grants}" if done else None

    text = "Stop a customer: no sign-in, no token; sessions and grants end now."
    return Verb("block", text, "active", "blocked", act)


def _unblock(tools: Tools) -> Verb:
    def act(tx: Transaction, identity: UUID, reason: str) -> str | None:
        done = unblock(tx, identity, tools.clock.now(), actor=operator(), reason=reason)
        return "may sign in again" if done else None

    text = "Let a blocked customer sign in again; what was ended stays ended."
    return Verb("unblock", text, "blocked", "active", act)


def _root(tx: Transaction, identity: UUID | None) -> Identity | None:
    """The person, or the one that they were merged into."""
    person = people.get(tx, identity) if identity else None
    return people.get(tx, person.root) if person and person.root else person


def _find(tools: Tools, dossiers: Dossiers, tx: Transaction, who: str, reason: str) -> UUID | None:
    """Whoever is meant. A search that finds nobody is on the record too: it may have been a guess."""
    found = dossiers.find(tx, who)
    if found is None:
        audit.record(tx, "identity.not_found", tools.clock.now(), actor=operator(), detail={"reason": reason})
    return found


def _reason(dossiers: Dossiers, text: str) -> str:
    """The reason as it is kept. The record outlives the person's data, so it holds none of it (SR-183)."""
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST_REASON:
        refuse(f"give a reason of 1 to {LONGEST_REASON} characters", 2)
    if dossiers.carries_contact(reason):
        refuse("leave numbers and addresses of people out of the reason: it is kept for years", 2)
    return reason


def _nobody() -> NoReturn:
    refuse("nobody is found by that; write an identity id, a number, mailru:ID, vkid:ID or a sub")


def _document(found: Dossier) -> dict[str, Any]:
    """The dossier with times in seconds, as all JSON of ours has them."""
    person = found.identity
    return {
        "id": str(person.id),
        "status": person.status,
        "root": str(person.root) if person.root else None,
        "locale": person.locale,
        "created_at": seconds(person.created_at),
        "changed_at": seconds(person.changed_at),
        "links": _in_seconds(found.links),
        "profile": _in_seconds(found.profile),
        "live_sessions": found.live_sessions,
        "sessions": _in_seconds(found.sessions),
        "live_grants": found.live_grants,
        "grants": _in_seconds(found.grants),
        "consents": _in_seconds(found.consents),
        "record": _in_seconds(found.record),
    }


def _in_seconds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: seconds(value) if _is_time(name) else value for name, value in row.items()} for row in rows
    ]


def _tell(found: Dossier) -> None:
    person = found.identity
    rows = [("identity", str(person.id)), ("status", person.status)]
    if person.root is not None:
        rows.append(("merged into", str(person.root)))
    print_rows([*rows, ("created", moment(person.created_at)), ("changed", moment(person.changed_at))])
    _table("ways in", found.links)
    _table("profile", found.profile)
    _table(f"sessions ({found.live_sessions} live)", found.sessions)
    _table(f"grants ({found.live_grants} live)", found.grants)
    _table("consents", found.consents)
    _table("record", found.record)


def _table(title: str, rows: list[dict[str, Any]]) -> None:
    click.echo(f"\n{title}")
    if not rows:
        click.echo("  none")
        return
    heading = tuple(name.removesuffix("_at").replace("_", " ") for name in rows[0])
    print_rows([heading, *(tuple(_cell(*item) for item in row.items()) for row in rows)])


def _cell(name: str, value: Any) -> str:
    if _is_time(name):
        return moment(value)
    if isinstance(value, list):
        return " ".join(value)
    return "-" if value is None else str(value)


def _is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")
