"""The house holds: who imports whom, what is heavy, how long things get."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("dicom_node", "inference", "storage", "pyqt_console")
SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts
)
MODULE_LINES = 340
FUNCTION_LINES = 75


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    "module", ["dicom_node.app", "dicom_node.cli", "dicom_node.intake.tick", "inference.fitness"]
)
def test_the_receiving_process_loads_no_model_library(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'timm') if m in sys.modules])"
    outcome = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout.strip() == "[]"


def test_the_security_check_of_make_check_sees_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text(
        "import subprocess, pickle\n"
        "def careless(session, name):\n"
        "    subprocess.run(f'ls {name}', shell=True)\n"
        "    session.execute(f'SELECT * FROM users WHERE name = {name}')\n"
        "    return pickle.loads(name)\n"
    )
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "bandit --quiet --configfile pyproject.toml --recursive $(PACKAGES)" in recipe
    assert f"PACKAGES := {' '.join(PACKAGES)}\n" in recipe
    options = ["--quiet", "--configfile", "pyproject.toml", "--format", "csv", "--recursive"]
    bandit = Path(sys.executable).with_name("bandit")
    outcome = subprocess.run(
        [bandit, *options, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 1
    for rule in ("B301", "B602", "B608"):
        assert f",{rule}," in outcome.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_outgrows_its_room(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"
