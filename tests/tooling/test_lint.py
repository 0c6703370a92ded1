"""The static checks see what they are there for: each is given a snippet that breaks its rule."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(ROOT.glob("app/**/*.py"))
EXECUTING = {"text", "execute", "exec_driver_sql", "executemany", "executescript"}
PRAGMAS = {"app/storage/engine.py"}
"""A PRAGMA takes no parameter: what it is put together from is written in the code."""


def lint(code: str, name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format", "concise", "--stdin-filename", name, "-"],
        input=code, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        pytest.param("import random\nprint(random.random())\n", "TID251", marks=pytest.mark.sr("SR-075")),
        pytest.param("from random import choice\n", "TID251", marks=pytest.mark.sr("SR-075")),
        pytest.param("import time\ntime.sleep(1)\n", "TID251"),
        pytest.param(
            "def find(tx, name):\n    return tx.execute(f\"SELECT id FROM links WHERE name = '{name}'\")\n",
            "S608",
            marks=pytest.mark.sr("SR-188"),
        ),
        pytest.param("try:\n    pass\nexcept Exception:\n    pass\n", "BLE001"),
        pytest.param("from . import tables\n", "TID252"),
    ],
)
def test_the_linter_refuses(code: str, rule: str) -> None:
    assert rule in lint(code, "app/identity/snippet.py")


@pytest.mark.sr("SR-188")
def test_no_statement_is_put_together_from_values() -> None:
    made = {
        _shown(file): lines
        for file in ROOMS
        if (lines := list(_made_statements(ast.parse(file.read_text()))))
    }
    assert made.keys() == PRAGMAS


@pytest.mark.sr("SR-156")
def test_nothing_turns_off_the_check_of_certificates() -> None:
    """Neither code nor a setting: there is nothing that production would have to refuse."""
    off = re.compile(
        r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|ssl\._create_unverified", re.ASCII
    )
    files = [
        *ROOMS,
        *ROOT.glob("config/*.py"),
        *ROOT.glob("examples/**/*.py"),
        *ROOT.glob("simulators/**/*.py"),
    ]
    assert [_shown(file) for file in files if off.search(file.read_text())] == []


def _shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _made_statements(tree: ast.AST) -> Iterator[int]:
    """Lines where a call that executes SQL is given text that was put together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in EXECUTING:
            made = node.args[0]
            formatted = isinstance(made, ast.Call) and _name(made.func) in {"format", "join", "replace"}
            if isinstance(made, ast.JoinedStr | ast.BinOp) or formatted:
                yield node.lineno


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def test_a_room_that_imports_upwards_is_found(tmp_path: Path) -> None:
    for name in ("app", "config"):
        subprocess.run(["cp", "-r", ROOT / name, tmp_path], check=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    with (tmp_path / "app" / "identity" / "links.py").open("a") as file:
        file.write("\nfrom app.signin import journey\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "app.identity.links -> app.signin.journey" in done.stdout
