"""`python -m bench`: measure every scenario on one worker and print the table; `--write` keeps it in bench/results/."""

import argparse
import datetime as dt
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from bench.measure import Figures, measure
from bench.prepare import prepare
from bench.processes import SERVERS, Server
from bench.scenarios import SCENARIOS

HEAD = "| scenario | ops | ops/s | p50 ms | p99 ms | CPU ms/op | statements | peak MB |\n|---|--:|--:|--:|--:|--:|--:|--:|"


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--server", choices=sorted(SERVERS), default="granian")
    parser.add_argument("--seconds", type=float, default=6, help="per scenario")
    parser.add_argument("--threads", type=int, default=4, help="of the worker")
    parser.add_argument("--connections", type=int, default=4, help="of the driver, all at once")
    parser.add_argument("--algorithm", choices=("ES256", "RS256"), default="ES256", help="of ID tokens")
    parser.add_argument("--database-url", default="", help="empty: SQLite in a directory of its own")
    parser.add_argument("--redis-url", default="")
    parser.add_argument(
        "--only", nargs="*", default=list(SCENARIOS), choices=list(SCENARIOS), metavar="SCENARIO"
    )
    parser.add_argument("--write", metavar="NAME", help="keep the table as bench/results/NAME.md")
    asked = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="mostid-bench-"))
    try:
        rows = _run(asked, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    table = "\n".join([HEAD, *(_row(name, figures) for name, figures in rows)])
    print(table)
    if asked.write:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        command = "python -m bench " + " ".join(sys.argv[1:])
        head = f"# {asked.write}\n\n{now} · Python {platform.python_version()} · `{command}`\n\n"
        Path(__file__).with_name("results").joinpath(f"{asked.write}.md").write_text(head + table + "\n")


def _run(asked: argparse.Namespace, directory: Path) -> list[tuple[str, Figures]]:
    environment, setting = prepare(directory, asked.database_url, asked.redis_url, asked.algorithm)
    server = Server(asked.server, environment, asked.threads, directory / "server.log")
    try:
        return [
            (name, measure(server, SCENARIOS[name], setting, asked.seconds, asked.connections))
            for name in asked.only
        ]
    finally:
        server.stop()


def _row(name: str, figures: Figures) -> str:
    return (
        f"| {name} | {figures.operations} | {figures.per_second:.0f} | {figures.p50:.2f} | {figures.p99:.2f} "
        f"| {figures.cpu:.3f} | {figures.statements:.2f} | {figures.peak_mb:.0f} |"
    )


if __name__ == "__main__":
    main()
