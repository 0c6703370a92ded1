"""The pages of docs/ that are made from code and tests: how they are made, not whether they are of today."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import rule_table, sr_table
from scripts.markers import BadMarker, markers
from tests.security_requirements import TITLES

ROOT = Path(__file__).parents[2]
ONE = """
import pytest
pytestmark = pytest.mark.sr("SR-074")

@pytest.mark.sr("SR-156", "SR-001")
@pytest.mark.rule("RFC 6749", "4.10", "ten comes after | nine")
def test_one(): ...
"""
TWO = """
import pytest
pytest.param(1, marks=pytest.mark.rule("RFC 6749", "4.9", "nine"))

class TestTwo:
    @pytest.mark.rule("OIDC Core", "2", "two")
    @pytest.mark.rule("RFC 6749", "4.9", "nine")
    @pytest.mark.sr("SR-001")
    def test_two(self): ...
"""


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    folder = tmp_path / "tests"
    (folder / "room").mkdir(parents=True)
    (folder / "test_one.py").write_text(ONE)
    (folder / "room" / "test_two.py").write_text(TWO)
    return folder


def test_each_requirement_is_listed_with_the_files_that_prove_it(tests: Path) -> None:
    proved, _, rest = sr_table.text(tests).partition("## Without a test")
    rows = [line for line in proved.splitlines() if line.startswith("| SR-")]
    one, two = "[test_one.py](../tests/test_one.py)", "[room/test_two.py](../tests/room/test_two.py)"
    assert rows == [
        f"| SR-001 | {TITLES['SR-001']} | {two}, {one} |",
        f"| SR-074 | {TITLES['SR-074']} | {one} |",
        f"| SR-156 | {TITLES['SR-156']} | {one} |",
    ]
    assert sum(line.startswith("- SR-") for line in rest.splitlines()) == len(TITLES) - 3


def test_each_rule_is_listed_by_specification_and_section(tests: Path) -> None:
    page = rule_table.text(tests)
    assert [line for line in page.splitlines() if line.startswith(("## ", "| 2", "| 4"))] == [
        "## OIDC Core",
        "| 2 | two | [room/test_two.py](../tests/room/test_two.py) |",
        "## RFC 6749",
        "| 4.9 | nine | [room/test_two.py](../tests/room/test_two.py) |",
        "| 4.10 | ten comes after \\| nine | [test_one.py](../tests/test_one.py) |",
        "## What is left out, and why",
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('pytest.mark.sr("SR-999")', "tests/test_bad.py: there is no requirement SR-999"),
        ("pytest.mark.sr(NUMBER)", "tests/test_bad.py:1: write the marker's arguments as plain texts"),
        ('pytest.mark.sr(f"SR-001")', "tests/test_bad.py:1: write the marker's arguments as plain texts"),
        ('pytest.mark.sr("SR-001"', "tests/test_bad.py:1: this is not Python"),
    ],
)
def test_a_marker_that_means_nothing_is_named_and_the_former_page_stays(
    tests: Path, source: str, said: str
) -> None:
    (tests / "test_bad.py").write_text(source)
    with pytest.raises(BadMarker) as bad:
        sr_table.text(tests)
    assert str(bad.value).startswith(said)
    page = tests.parent / "page.md"
    page.write_text("the former page")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.sr_table", str(page)],
        cwd=tests.parent, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, page.read_text()) == (1, "the former page")
    assert done.stderr.startswith(said)


def test_a_rule_has_three_parts(tests: Path) -> None:
    (tests / "test_bad.py").write_text('pytest.mark.rule("RFC 6749", "2")')
    with pytest.raises(BadMarker, match="a specification, a section and a sentence"):
        rule_table.text(tests)


def test_our_own_tests_carry_markers_that_tables_can_be_made_of(tmp_path: Path) -> None:
    for table in ("sr_table", "rule_table"):
        page = tmp_path / f"{table}.md"
        command = [sys.executable, "-m", f"scripts.{table}", str(page)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        links = [part.partition(")")[0] for part in page.read_text().split("](../")[1:]]
        assert len(links) > 20
        assert all((ROOT / link).is_file() for link in links)
    assert markers("sr", ROOT / "tests")
