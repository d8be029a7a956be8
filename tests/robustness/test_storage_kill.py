from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from storage import instances, series
from storage.database import open_database
from storage.files import DataDir, stored_file
from storage.part10 import content_digest
from storage.records import ReceiptOutcome
from tests.robustness.store_forever import data_set_of, facts_of
from tests.unit.storage.part10 import EXPLICIT_LE, file_meta

ROOT = Path(__file__).parents[2]
KILLS = 6


def killed_run(root: Path, run: int, *, after: int) -> list[str]:
    """What a process acknowledged that was killed after so many acknowledgements."""
    command = [sys.executable, "-m", "tests.robustness.store_forever", str(root), str(run)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline().rstrip("\n") for _ in range(after)]
        child.kill()
        acknowledged += child.stdout.read().split()
    assert child.returncode == -9, "it ran until it was killed"
    return acknowledged


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    moments = random.Random(7)
    acknowledged: list[str] = []
    for run in range(1, KILLS + 1):
        acknowledged += killed_run(data_dir.root, run, after=moments.randint(1, 80))
    with data_dir.lock():  # the dead hold nothing
        data_dir.sweep_incoming()
        final = {path.stem: path for path in data_dir.instance_paths()}
        assert set(acknowledged) <= set(final)
        for uid, path in final.items():  # also those that were not acknowledged any more
            assert path.read_bytes() == file_meta() + data_set_of(uid)
            assert stored_file(path).sha256 == content_digest(EXPLICIT_LE, data_set_of(uid))
        assert not list((data_dir.root / "conflicts").iterdir())
        database = open_database(data_dir.default_database_url)
        lost = {path.stem for path in instances.unindexed(database, final.values())}
        assert lost.isdisjoint(acknowledged)
        for uid in lost:  # the index is rebuilt from the files
            outcome = instances.record_instance(
                database,
                facts_of(uid),
                stored_file(final[uid]),
                quiet_s=30,
                now=datetime.now(UTC),
            )
            assert outcome is ReceiptOutcome.NEW
        assert instances.unindexed(database, final.values()) == ()
        counted = sum(each.instance_count for each in series.list_series(database))
        assert counted == len(final)
        database.close()
    assert len(acknowledged) > KILLS
