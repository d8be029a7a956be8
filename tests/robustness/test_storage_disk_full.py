from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import require_tool

ROOT = Path(__file__).parents[2]
FULL = """
mount -t tmpfs -o size=256k tmpfs "$1" || exit 77
exec "$2" -m tests.robustness.disk_full "$1"
"""


def test_a_full_disk_refuses_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    unshare = [str(require_tool("unshare")), "--mount"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    done = subprocess.run(
        [*unshare, "sh", "-c", FULL, "sh", tmp_path, sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        # The kernel's permission, no package: so it is no failure in CI either.
        pytest.skip(f"no small file system may be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["stored"] > 0, "the test stores something before the disk is full"
    assert said["refused"] == 200 - said["stored"] > 0
    assert said["final"] == said["stored"]
    assert said["sizes"] == 1, "every file is whole"
    assert said["report"] == "refused"
    assert said["left"] == said["reports"] == 0
