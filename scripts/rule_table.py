"""Writes docs/protocol.md: which rule of which specification is proved by which tests, and what is left out."""

import sys
from collections import defaultdict
from pathlib import Path

from scripts.markers import TESTS, BadMarker, Marker, markers, write

HEAD = """\
# Protocol rules and their tests

Made from the `rule` markers of the tests by `make coverage-table`. The rules are told in our own words.
What we do not do, and why, stands [at the end](#what-is-left-out-and-why).
"""
LEFT_OUT = Path(__file__).parents[1] / "tests" / "protocol" / "left_out.md"
"""Kept by hand beside the tests: what has no test because it does not exist."""


def text(tests: Path = TESTS) -> str:
    """The whole page. Raises BadMarker for a marker that is not (specification, section, rule)."""
    by_specification: dict[str, list[Marker]] = defaultdict(list)
    for marker in markers("rule", tests):
        if len(marker.values) != 3:
            raise BadMarker(f"{marker.file}: a rule has a specification, a section and a sentence")
        by_specification[marker.values[0]].append(marker)
    parts = [_part(name, by_specification[name]) for name in sorted(by_specification)]
    return "\n".join([HEAD, *parts, LEFT_OUT.read_text(encoding="utf-8")])


def _part(specification: str, found: list[Marker]) -> str:
    rules: dict[tuple[str, str], set[str]] = defaultdict(set)
    for marker in found:
        rules[marker.values[1], marker.values[2]].add(marker.file)
    rows = [
        f"| {section} | {_cell(rule)} | {_links(rules[section, rule])} |\n"
        for section, rule in sorted(rules, key=lambda key: (_order(key[0]), key[1]))
    ]
    return f"## {specification}\n\n| section | rule | proved in |\n|---|---|---|\n" + "".join(rows)


def _order(section: str) -> list[tuple[int, str]]:
    """Sections in the order of their numbers: 3.10 after 3.9."""
    return [(int(part) if part.isdecimal() else 0, part) for part in section.split(".")]


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def _links(files: set[str]) -> str:
    return ", ".join(f"[{file.removeprefix('tests/')}](../{file})" for file in sorted(files))


if __name__ == "__main__":
    sys.exit(write(text, Path(sys.argv[1])))
