"""What a machine and a reader learn from a run: the exit status, the closing line, and what was left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLOSING = "================== 1 failed, 2 passed, 1 skipped in 0.11s =================="
MAKE = f"""#!/bin/sh
echo "make $*"
[ "$1" = lint ] && exit "$LINT"
echo "test_one.py ..F"
echo "{CLOSING}"
echo "left behind" >&2
exit "$TEST"
"""


@pytest.mark.parametrize(
    ("lint", "test", "said"),
    [(0, 0, []), (2, 0, ["failed: lint"]), (0, 2, ["failed: test"]), (1, 1, ["failed: lint test"])],
)
def test_the_check_fails_where_lint_or_tests_fail(
    tmp_path: Path, lint: int, test: int, said: list[str]
) -> None:
    """Also when its output goes through a pipe; its last line is that of the tests."""
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    given = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LINT": str(lint), "TEST": str(test)}
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; .ci/run 2>&1 | tee {tmp_path}/log"],
        cwd=ROOT, env=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[:2] == ["make lint", "make test"]
    assert lines[-1 - len(said) :] == [*said, CLOSING]
    assert (done.returncode != 0) == bool(lint or test)


INNER = """
import pytest

@pytest.mark.parametrize("which", [1, 2])
def test_left_out(which):
    pytest.skip("redis-server is not installed (scripts/install_services.sh)")

def test_here():
    pass
"""


def test_what_was_left_out_is_said_with_its_reason(tmp_path: Path) -> None:
    inner = tmp_path / "test_inner.py"
    inner.write_text(INNER)
    given = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "-c",
        "pyproject.toml",
    ]
    done = subprocess.run(
        [*command, "-p", "tests.conftest", str(inner)],
        cwd=ROOT, env=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    *_, left_out, closing = done.stdout.rstrip().splitlines()
    assert left_out == "left out: 2 test(s): redis-server is not installed (scripts/install_services.sh)"
    assert "1 passed, 2 skipped" in closing


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text()
    return {line.partition(":")[0] for line in text.splitlines() if "## " in line and line[0].islower()}


def test_every_target_is_listed_and_can_be_made() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[0] for line in told.splitlines()} == targets()
    wanted = {
        "run",
        "test",
        "soak",
        "lint",
        "format",
        "bench",
        "lock",
        "migration",
        "docs",
        "coverage-table",
        "clean",
    }
    assert wanted <= targets()
    for target in targets():
        dry = ["make", "--dry-run", target, "NAME=x"]
        assert subprocess.run(dry, cwd=ROOT, capture_output=True, check=False).returncode == 0, target


def test_locked_requirements_name_no_index_and_have_hashes() -> None:
    for name in ("run", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert "://" not in text
        assert not any(line.startswith("-") for line in text.splitlines())
        packages = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
        assert len(packages) > 20
        assert text.count("--hash=sha256:") >= len(packages)


def test_a_migration_is_written_from_the_tables(tmp_path: Path) -> None:
    """On a copy: the tables get a column that no revision knows."""
    for name in ("app", "config", "migrations"):
        subprocess.run(["cp", "-r", ROOT / name, tmp_path], check=True)
    tables = tmp_path / "app" / "sessions" / "tables.py"
    source = tables.read_text()
    given = os.environ | {"PYTHONPATH": str(tmp_path)}

    def write() -> str:
        command = [sys.executable, "-m", "migrations.commands", "a note of sessions"]
        done = subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, check=True)
        return done.stdout

    before = set((tmp_path / "migrations" / "versions").glob("*.py"))
    tables.write_text(source.replace('Column("device"', 'Column("note", String(10)),\n    Column("device"'))
    write()
    (made,) = set((tmp_path / "migrations" / "versions").glob("*.py")) - before
    assert made.name.endswith("_a_note_of_sessions.py")
    assert "sa.Column('note', sa.String(length=10), nullable=True)" in made.read_text()
    assert write() == "the tables are as the last revision left them: there is nothing to write\n"
