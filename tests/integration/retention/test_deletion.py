"""Files and rows of a deleted series go together, whatever comes between; and by age."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dicom_node.retention.deletion import delete_series, settle_deletions, told
from dicom_node.retention.tick import Retention
from dicom_node.scp.index import rebuild_index
from storage import audit, deliveries, instances, peers, queue, removal, series
from storage.database import Database, open_database
from storage.errors import AlreadyExistsError, NotFoundError
from storage.files import DataDir
from storage.records import Actor, DeletedSeries, NewObject, Peer, Piece, SeriesState
from tests.integration.storage import given

ANN = Actor("ann", "192.0.2.1")


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    found = DataDir(tmp_path / "data")
    found.prepare()
    return found


@pytest.fixture
def db(data_dir: DataDir) -> Iterator[Database]:
    database = open_database(data_dir.default_database_url)
    yield database
    database.close()


def reported(db: Database, data_dir: DataDir, uid: str) -> None:
    """A series with a stored image and a stored report that the PACS has."""
    _receive(db, data_dir, uid)
    record = series.get_series(db, uid)
    assert series.mark_complete(db, record.id, fingerprint=given.FINGERPRINT, now=given.NOW)
    assert series.enqueue(db, record.id, fingerprint=given.FINGERPRINT, now=given.NOW)
    claim = given.claimed(db)
    report = f"2.25.{record.id}"
    path = data_dir.store_report(report, b"report")
    new = NewObject(Piece.REPORT, 0, report, "1.2.840", path)
    assert queue.finish_analysed(
        db,
        claim,
        result={},
        objects=[new],
        deliveries=given.for_peers(new, given.PEER),
        now=given.NOW,
    )
    (due,) = deliveries.due_deliveries(db, given.NOW)
    deliveries.delivered(db, due.id, note="", now=given.NOW)


def _receive(db: Database, data_dir: DataDir, uid: str) -> None:
    file, _ = data_dir.store_instance(
        study_uid="1.2.1",
        series_uid=uid,
        sop_instance_uid=f"{uid}.1",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        file_meta=b"meta",
        data_set=b"data",
    )
    facts = given.facts(f"{uid}.1", uid)
    instances.record_instance(db, facts, file, quiet_s=0, now=given.NOW)


def delete(db: Database, data_dir: DataDir, uid: str = "1.2.7") -> DeletedSeries:
    return delete_series(db, data_dir, uid, by=ANN, cause="a person asked", now=given.LATER)


def files(data_dir: DataDir) -> set[str]:
    folders = ("instances", "reports", "deleted", "incoming", "conflicts")
    return {
        str(path.relative_to(data_dir.root))
        for name in folders
        for path in (data_dir.root / name).rglob("*")
        if path.is_file()
    }


def test_files_rows_and_entry_go_together(db: Database, data_dir: DataDir) -> None:
    reported(db, data_dir, "1.2.7")
    reported(db, data_dir, "1.2.8")
    gone = delete(db, data_dir)
    assert files(data_dir) == {"instances/1.2.1/1.2.8/1.2.8.1.dcm", "reports/2.25.2.dcm"}
    assert not (data_dir.root / "instances/1.2.1/1.2.7").exists()
    assert told(gone) == (
        "Deleted: 1 images, 1 result objects, 0 verdicts. What was delivered stays there: pacs (1)."
    )
    (entry,) = audit.entries(db, object_="1.2.7")
    assert (entry.actor, entry.action) == ("ann", "series.deleted")
    assert (entry.before or {})["instances"] == 1
    assert (entry.after or {})["kept_by"] == {"pacs": 1}
    assert "Doe" not in audit.as_line(entry)
    assert delete(db, data_dir, "1.2.8").kept_by == {"pacs": 1}
    assert list((data_dir.root / "instances").iterdir()) == []


def test_a_failure_leaves_everything_as_it_was(
    db: Database, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(db, data_dir, "1.2.7")
    before = files(data_dir)
    moved = removal.set_aside

    def then_fail(*arguments: object) -> int:
        moved(*arguments)  # type: ignore[arg-type]
        raise AlreadyExistsError("the database failed in the end")

    monkeypatch.setattr(removal, "set_aside", then_fail)
    with pytest.raises(AlreadyExistsError):
        delete(db, data_dir)
    assert files(data_dir) == before
    assert series.get_series(db, "1.2.7").state is SeriesState.REPORTED
    assert audit.entries(db, object_="1.2.7") == ()


class PowerCutError(BaseException):
    """The process is gone."""


def test_a_crash_before_the_commit_deletes_nothing(
    db: Database, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(db, data_dir, "1.2.7")
    before = files(data_dir)
    moved = removal.set_aside

    def then_die(*arguments: object) -> int:
        moved(*arguments)  # type: ignore[arg-type]
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(removal, "set_aside", then_die)
        patch.setattr(removal, "bring_back", lambda *_: 0)
        with pytest.raises(PowerCutError):
            delete(db, data_dir)
    assert files(data_dir) != before
    settle_deletions(db, data_dir)
    assert files(data_dir) == before
    assert removal.tokens(data_dir) == ()


def test_a_crash_after_the_commit_deletes_all(
    db: Database, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(db, data_dir, "1.2.7")

    def die(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(removal, "discard", die)
        with pytest.raises(PowerCutError):
            delete(db, data_dir)
    assert len(files(data_dir)) == 2
    settle_deletions(db, data_dir)
    assert files(data_dir) == set()
    assert rebuild_index(db, data_dir, quiet_s=1, now=given.NOW) == 0
    with pytest.raises(NotFoundError):
        series.get_series(db, "1.2.7")


def test_what_lies_elsewhere_is_not_deleted_here(
    db: Database, data_dir: DataDir, tmp_path: Path
) -> None:
    reported(db, data_dir, "1.2.7")
    before = files(data_dir)
    other = DataDir(tmp_path / "other")
    other.prepare()
    with pytest.raises(Exception, match="delete it on that node"):
        delete(db, other)
    assert files(data_dir) == before
    assert series.get_series(db, "1.2.7").state is SeriesState.REPORTED


def test_by_age_the_oldest_first_and_only_what_was_delivered(
    db: Database, data_dir: DataDir, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    peers.add_peer(db, Peer("pacs", "PACS", "h", 104, gets_results=True), now=given.NOW)
    reported(db, data_dir, "1.2.7")
    _receive(db, data_dir, "1.2.8")
    days: list[int | None] = [None]
    clock = [given.NOW + timedelta(days=31)]
    retention = Retention(db, data_dir, lambda: days[0], lambda: clock[0])
    retention.tick()
    assert len(files(data_dir)) == 3, "off by default"
    days[0] = 31
    retention.tick()
    assert len(files(data_dir)) == 3, "not old enough"
    again = Retention(db, data_dir, lambda: 30, lambda: clock[0])
    again.tick()
    assert files(data_dir) == {"instances/1.2.1/1.2.8/1.2.8.1.dcm"}
    (entry,) = audit.entries(db, object_="1.2.7")
    assert (entry.actor, entry.address, entry.action) == ("retention", "node", "series.deleted")
    assert (entry.after or {})["cause"] == "older than 30 days"
    assert "deleted, older than 30 days. Deleted: 1 images" in caplog.text
    assert "Doe" not in caplog.text
