"""A cache is forgotten when the code that filled it changes, and only then."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inference.training.code_digest import code_digest

MADE = """\
\"\"\"Makes things.\"\"\"
from madeup.parts import WIDTH


def make() -> int:
    \"\"\"How wide.\"\"\"
    return WIDTH
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "madeup"
    folder.mkdir()
    for name, text in (("__init__", ""), ("made", MADE), ("parts", "WIDTH = 3\n"), ("other", "")):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "madeup", raising=False)
    return folder


@pytest.mark.parametrize(
    ("module", "text", "same"),
    [
        ("made", MADE.replace("How wide.", "The width.") + "\n# a remark\n", True),
        ("made", MADE.replace("return WIDTH", "return WIDTH + 1"), False),
        ("parts", "WIDTH = 4\n", False),
        ("parts", "WIDTH   =   3\n", True),
        ("other", "WIDTH = 4\n", True),
    ],
)
def test_only_what_the_module_needs_counts(
    package: Path, module: str, text: str, same: bool
) -> None:
    before = code_digest("madeup", "made")
    (package / f"{module}.py").write_text(text, encoding="utf-8")
    assert (code_digest("madeup", "made") == before) is same
