"""Writes docs/security-coverage.md: which security requirement is proved by which tests."""

import sys
from collections import defaultdict
from pathlib import Path

from scripts.markers import TESTS, BadMarker, markers, write
from tests.security_requirements import TITLES

HEAD = """\
# Security requirements and their tests

Made from the `sr` markers of the tests by `make coverage-table`; the titles stand in `tests/security_requirements.py`.
Run the tests of one file with `make test ARGS="tests/…"`.

| requirement | in short | proved in |
|---|---|---|
"""
OPEN = """
## Without a test of their own

These belong to parts that do not exist yet, or are drills of a whole deployment.

"""


def coverage(tests: Path = TESTS) -> dict[str, list[str]]:
    """Test files by requirement. Raises BadMarker for a number that means nothing."""
    found: dict[str, set[str]] = defaultdict(set)
    for marker in markers("sr", tests):
        for number in marker.values:
            if number not in TITLES:
                raise BadMarker(f"{marker.file}: there is no requirement {number}")
            found[number].add(marker.file)
    return {number: sorted(found[number]) for number in TITLES if number in found}


def text(tests: Path = TESTS) -> str:
    """The whole page."""
    proved = coverage(tests)
    rows = [f"| {number} | {TITLES[number]} | {_links(files)} |\n" for number, files in proved.items()]
    rest = [f"- {number} {title}\n" for number, title in TITLES.items() if number not in proved]
    return HEAD + "".join(rows) + (OPEN + "".join(rest) if rest else "")


def _links(files: list[str]) -> str:
    return ", ".join(f"[{file.removeprefix('tests/')}](../{file})" for file in files)


if __name__ == "__main__":
    sys.exit(write(text, Path(sys.argv[1])))
