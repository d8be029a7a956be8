"""What a crash left goes when it is old; what has a row never does."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from dicom_node.monitoring.instruments import Instruments
from dicom_node.retention.sweep import Sweep
from storage import orphans, queue
from storage.database import Database
from storage.files import DataDir
from storage.orphans import CRASHES_LEAVE, SAFE_AGE
from storage.part10 import whole_digest
from storage.records import NewObject, Piece
from tests.integration.storage import given

HOUR = timedelta(hours=1)
Write: TypeAlias = Callable[..., Path]


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    found = DataDir(tmp_path / "data")
    found.prepare()
    return found


@pytest.fixture
def write(data_dir: DataDir, db: Database) -> Write:
    """Write a result file that was last changed so long ago; ``row``: of a reading, too."""

    def written(uid: str, age: timedelta = SAFE_AGE + HOUR, *, row: bool = False) -> Path:
        path = data_dir.store_report(uid, uid.encode())
        if row:
            given.queued(db, uid)
            digest = whole_digest(uid.encode())
            made = NewObject(Piece.REPORT, 0, uid, "1.2.840.10008.5.1.4.1.1.88.34", path, digest)
            claim = given.claimed(db)
            assert queue.finish_analysed(
                db, claim, result={}, objects=[made], deliveries=[], now=given.NOW
            )
        then = (db.now() - age).timestamp()
        os.utime(path, (then, then))
        return path

    return written


@pytest.fixture
def sweep(data_dir: DataDir, db: Database) -> Sweep:
    return Sweep(db, data_dir, Instruments())


def removed(sweep: Sweep) -> float | None:
    return sweep.instruments.registry.get_sample_value("cspine_leftover_files_removed_total")


def test_only_what_is_old_and_has_no_row_goes(
    sweep: Sweep, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    kept = {write("1.1", row=True), write("1.2", timedelta(0)), write("1.3", SAFE_AGE - HOUR)}
    write("1.4")
    write("1.5")
    with caplog.at_level(logging.WARNING):
        sweep.tick()
    assert set(sweep.data_dir.report_paths()) == kept
    assert removed(sweep) == 2
    assert "2 result files without a row" in caplog.text
    caplog.clear()
    sweep.tick()
    assert (removed(sweep), caplog.text) == (2, "")


def test_half_written_files_go_while_the_node_runs_only_if_they_are_old(sweep: Sweep) -> None:
    incoming = sweep.data_dir.root / "incoming"
    fresh, old = incoming / "a.part", incoming / "b.part"
    for path, age in ((fresh, timedelta(0)), (old, SAFE_AGE + HOUR)):
        path.write_bytes(b"half")
        then = (sweep.database.now() - age).timestamp()
        os.utime(path, (then, then))
    sweep.tick()
    assert list(incoming.iterdir()) == [fresh]
    assert removed(sweep) == 1


def test_another_database_removes_nothing(
    sweep: Sweep, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """Put back from a copy, or a new one: its first result comes later than the files."""
    path = write("1.1")
    sweep.tick()
    assert path.exists()
    assert "Is this the right database" in caplog.text
    write("1.2", row=True)
    sweep.tick()
    assert not path.exists()


def test_more_than_crashes_leave_is_not_removed(sweep: Sweep, write: Write) -> None:
    write("1.1", row=True)
    for number in range(CRASHES_LEAVE + 1):
        write(f"1.2.{number}")
    sweep.tick()
    assert len(list(sweep.data_dir.report_paths())) == CRASHES_LEAVE + 2
    assert removed(sweep) == 0


def test_a_disk_that_fails_ends_nothing(
    sweep: Sweep, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    (sweep.data_dir.root / "incoming").rmdir()
    sweep.tick()
    assert "are not removed" in caplog.text


def test_files_that_are_gone_are_named(sweep: Sweep, write: Write) -> None:
    path, other = write("1.1", row=True), write("1.2", row=True)
    assert orphans.missing_files(sweep.database, sweep.data_dir) == ()
    path.unlink()
    assert orphans.missing_files(sweep.database, sweep.data_dir) == (path,)
    elsewhere = DataDir(sweep.data_dir.root.parent / "another node")
    other.unlink()
    assert orphans.missing_files(sweep.database, elsewhere) == ()


def test_files_that_changed_are_named(sweep: Sweep, write: Write) -> None:
    path, gone = write("1.1", row=True), write("1.2", row=True)
    write("1.3")
    assert orphans.changed_files(sweep.database, sweep.data_dir) == ()
    path.write_bytes(b"1.2")
    gone.unlink()
    assert orphans.changed_files(sweep.database, sweep.data_dir) == (path,)
    elsewhere = DataDir(sweep.data_dir.root.parent / "another node")
    assert orphans.changed_files(sweep.database, elsewhere) == ()
