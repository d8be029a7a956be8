"""A node that dies between the files of a result and their rows: only what has no row goes."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from storage.database import open_database
from storage.files import DataDir
from storage.orphans import SAFE_AGE, missing_files, remove_orphans
from tests.robustness.report_by_steps import PIECES

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)


def killed_run(root: Path, run: int, *, files: int) -> set[str]:
    """The files of a result that a process, killed after so many files, did not record."""
    command = [sys.executable, "-m", "tests.robustness.report_by_steps", str(root), str(run)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        written = []
        for _ in range(files):
            print(file=child.stdin, flush=True)
            written.append(child.stdout.readline().strip())
        child.kill()
    assert child.returncode == -9, "it ran until it was killed"
    return set(written[len(written) // len(PIECES) * len(PIECES) :])


def test_what_a_kill_leaves_goes_and_nothing_else(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    unrecorded = killed_run(data_dir.root, 1, files=5) | killed_run(data_dir.root, 2, files=1)
    assert len(unrecorded) == 3
    db = open_database(data_dir.default_database_url)
    assert remove_orphans(db, data_dir, now=db.now() + SAFE_AGE - HOUR).orphans == ()
    found = remove_orphans(db, data_dir, now=db.now() + SAFE_AGE + HOUR)
    assert {each.stem for each in found.orphans} == unrecorded
    assert found.known == len(list(data_dir.report_paths())) == 3
    assert missing_files(db, data_dir) == ()
    db.close()
