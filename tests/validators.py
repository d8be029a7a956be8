"""What the validators that others wrote say of our reports: dciodvfy and dsrdump."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.support import require_tool


def said_by(program: str, *files: Path) -> tuple[int, str]:
    """Exit status and everything written, of a validator."""
    command = [require_tool(program), *files]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
    )
    return done.returncode, done.stdout.decode(errors="replace")


def assert_valid_report(path: Path, *, source_is_odd: bool = False) -> None:
    """No error, and no warning either but of what an odd source handed down."""
    status, text = said_by("dciodvfy", path)
    assert status == 0, text
    assert "Error" not in text, text
    assert source_is_odd or "Warning" not in text, text
    status, text = said_by("dsrdump", path)
    assert status == 0, text
    # It cannot check the characters of UTF-8, and says so of itself.
    complaints = [line for line in text.splitlines() if re.match("[EWF]: ", line)]
    assert [c for c in complaints if "VR checker does not support" not in c] == []
    assert "C5 vertebra" in text
    assert "AI result" in text
