"""`flask doctor`: finds mistakes of address, cookie, clock, proxy, key, database and limits, and says what to change.

Settings that are unsafe by themselves never come this far: they stop the start.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict

import click

from app.cli.check_details import check_details
from app.cli.check_files import check_files
from app.cli.check_keys import check_keys
from app.cli.check_settings import check_settings
from app.cli.check_stores import check_clients, check_clock, check_database, check_ephemeral
from app.cli.finding import Finding, error
from app.cli.output import print_json
from app.keys.signing import SigningKeys
from app.storage.clock import Clock
from app.storage.database import Storage, Unavailable
from app.storage.ephemeral import Ephemeral
from config.settings import Settings


def findings(
    settings: Settings, storage: Storage, ephemeral: Ephemeral, signing_keys: SigningKeys, clock: Clock
) -> list[Finding]:
    """Everything that was found, errors first. A database that cannot be used is one finding, not a failure."""
    found = [*check_settings(settings), *check_files(settings), *check_clock(clock)]
    found += check_ephemeral(settings, ephemeral)
    found += _in_database(
        lambda: check_database(settings, storage),
        lambda: check_keys(storage, signing_keys, clock, settings.lifetimes),
        lambda: check_clients(settings, storage),
        lambda: check_details(settings, storage),
    )
    return sorted(found, key=lambda finding: finding.level)


def command(
    settings: Settings, storage: Storage, ephemeral: Ephemeral, signing_keys: SigningKeys, clock: Clock
) -> click.Command:
    """The command."""

    @click.command("doctor")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def doctor(as_json: bool) -> None:
        """Look for mistakes of this deployment and say what to change. Exits 1 when one breaks something now."""
        found = findings(settings, storage, ephemeral, signing_keys, clock)
        if as_json:
            print_json([asdict(finding) for finding in found])
        else:
            _tell(found)
        if any(finding.level == "error" for finding in found):
            raise click.exceptions.Exit(1)

    return doctor


def _in_database(*checks: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Checks that need tables end with the first one that says the database is not ready."""
    for check in checks:
        try:
            found = list(check())
        except Unavailable as cause:
            yield error(
                "database",
                f"the database cannot be used ({cause})",
                "start it, or change MOSTID_DATABASE_URL",
            )
            return
        yield from found
        if any(finding.change == "run `flask db upgrade`" for finding in found):
            return


def _tell(found: list[Finding]) -> None:
    for finding in found:
        click.echo(f"{finding.level}: {finding.area}: {finding.what}\n    {finding.change}")
    if not found:
        click.echo("no mistake found")
