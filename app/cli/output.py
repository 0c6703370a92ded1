"""How commands print and end."""

import json
import os
import pwd
from datetime import UTC, datetime
from typing import Any, NoReturn

import click

NOT_YET = 3


def print_json(value: Any) -> None:
    """One JSON value on stdout, for programs."""
    click.echo(_plain(json.dumps(value, indent=2, ensure_ascii=False), keep="\n"))


def print_rows(rows: list[tuple[str, ...]]) -> None:
    """Rows in aligned columns, for people."""
    shown = [tuple(_plain(cell) for cell in row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*shown, strict=True)]
    for row in shown:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def refuse(reason: str, code: int = 1) -> NoReturn:
    """End with the reason on stderr."""
    click.echo(f"Error: {reason}", err=True)
    raise click.exceptions.Exit(code)


def warn(text: str) -> None:
    """Something to know, on stderr."""
    click.echo(f"Note: {text}", err=True)


def moment(at: int | None) -> str:
    """A time in ms as UTC text; a dash for none."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if at is not None else "-"


def seconds(at: int | None) -> int | None:
    """A time in ms as JSON members carry it (RFC 7519 §2, NumericDate)."""
    return at // 1000 if at is not None else None


def _plain(text: str, keep: str = "") -> str:
    """Names come from people and upstreams: what could steer a terminal is written as an escape (SR-184)."""
    return "".join(sign if sign.isprintable() or sign in keep else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    """As JSON writes it (RFC 8259 §7)."""
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def operator() -> str:
    """Who acts, for the record: the account of the machine."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"
