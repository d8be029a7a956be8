"""What ends without a reading leaves a page at the PACS's door: from rows and files alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_node.analysis.notices import Notices
from dicom_node.reports.evidence import TYPE_2
from dicom_node.scp.index import rebuild_index
from storage import deliveries, notices, peers, routes, series
from storage.database import Database, open_database
from storage.files import DataDir
from storage.part10 import whole_digest
from storage.records import Peer, Piece, SeriesRecord
from tests.unit.reports.cases import DEVICE, write_ct_series
from tests.validators import said_by


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.prepare()
    return made


@pytest.fixture
def db(data_dir: DataDir) -> Iterator[Database]:
    database = open_database(data_dir.default_database_url)
    peer = Peer("pacs", "PACS", "192.0.2.10", 104, gets_results=True)
    peers.add_peer(database, peer, now=database.now())
    yield database
    database.close()


def refused(
    db: Database, data_dir: DataDir, folder: Path, edit: Callable[[Dataset], None] | None = None
) -> tuple[SeriesRecord, list[Path]]:
    """A series of three images that the intake refused, and its files in the store."""
    paths = write_ct_series(folder, slices=3, edit=edit)
    first = dcmread(paths[0], stop_before_pixels=True)
    stored = data_dir.root / "instances" / first.StudyInstanceUID / first.SeriesInstanceUID
    stored.mkdir(parents=True)
    for path in paths:
        uid = dcmread(path, stop_before_pixels=True).SOPInstanceUID
        shutil.copy(path, stored / f"{uid}.dcm")
    now = db.now()
    rebuild_index(db, data_dir, quiet_s=0, now=now)
    of = series.get_series(db, str(first.SeriesInstanceUID))
    assert series.mark_complete(db, of.id, fingerprint="f", now=now)
    text = "Slices are missing."
    assert series.refuse(db, of.id, code="missing_slices", text=text, now=now)
    return series.get_series(db, of.series_uid), sorted(stored.iterdir())


def page_of(db: Database, of: SeriesRecord) -> Path:
    (page,) = deliveries.objects_of(db, of.id)
    assert page.piece is Piece.SUMMARY
    assert page.sha256 == whole_digest(page.path.read_bytes())
    return page.path


def last_note(db: Database, of: SeriesRecord) -> str:
    return series.timeline(db, of.id)[-1].note


def files_of(data_dir: DataDir) -> list[Path]:
    return list((data_dir.root / "reports").iterdir())


def test_a_page_is_made_recorded_and_sent_once(
    db: Database, data_dir: DataDir, tmp_path: Path
) -> None:
    of, stored = refused(db, data_dir, tmp_path / "ct")
    for _ in range(2):
        Notices(db, data_dir, DEVICE).tick()
    page = page_of(db, of)
    assert [each.peer_name for each in deliveries.deliveries_of(db, of.id)] == ["pacs"]
    assert files_of(data_dir) == [page]
    ds = dcmread(page)
    assert (ds.Rows, ds.Columns, ds.Modality) == (1280, 1024, "OT")
    assert ds.DerivationDescription.startswith("Not analysed. This is not a negative result.")
    assert ds.PatientID == dcmread(stored[0]).PatientID
    status, text = said_by("dciodvfy", page)
    assert (status, "Error" in text) == (0, False), text


def no_type_2(ds: Dataset) -> None:
    for keyword in TYPE_2:
        if keyword in ds:
            del ds[keyword]


def as_mr(ds: Dataset) -> None:
    ds.Modality = "MR"


def no_geometry(ds: Dataset) -> None:
    for keyword in ("FrameOfReferenceUID", "PixelSpacing", "SliceThickness", "PatientPosition"):
        del ds[keyword]


@pytest.mark.parametrize("edit", [no_type_2, as_mr, no_geometry])
def test_odd_series_are_told_of_too(
    db: Database, data_dir: DataDir, tmp_path: Path, edit: Callable[[Dataset], None]
) -> None:
    of, _ = refused(db, data_dir, tmp_path / "ct", edit)
    Notices(db, data_dir, DEVICE).tick()
    status, text = said_by("dciodvfy", page_of(db, of))
    assert (status, "Error" in text) == (0, False), text


def test_a_file_that_cannot_be_read_is_left_out(
    db: Database, data_dir: DataDir, tmp_path: Path
) -> None:
    of, stored = refused(db, data_dir, tmp_path / "ct")
    stored[0].write_bytes(b"no DICOM")
    stored[1].unlink()
    Notices(db, data_dir, DEVICE).tick()
    assert page_of(db, of).exists()


def test_what_belongs_to_no_study_is_given_up_in_sight_and_the_others_go_on(
    db: Database, data_dir: DataDir, tmp_path: Path
) -> None:
    broken, stored = refused(db, data_dir, tmp_path / "broken")
    sound, _ = refused(db, data_dir, tmp_path / "sound")
    for path in stored:
        path.write_bytes(b"no DICOM")
    Notices(db, data_dir, DEVICE).tick()
    assert last_note(db, broken) == notices.UNTELLABLE
    assert deliveries.objects_of(db, broken.id) == ()
    assert page_of(db, sound).exists()
    assert notices.untold(db, since=broken.first_received_utc) == ()


def test_images_of_two_patients_give_a_page_to_neither(
    db: Database, data_dir: DataDir, tmp_path: Path
) -> None:
    of, stored = refused(db, data_dir, tmp_path / "ct")
    other = dcmread(stored[0])
    other.PatientID = "OTHER"
    other.save_as(stored[0])
    Notices(db, data_dir, DEVICE).tick()
    assert last_note(db, of) == notices.UNTELLABLE
    assert files_of(data_dir) == []


def test_a_rule_that_is_wrong_makes_it_wait_and_loses_nothing(
    db: Database, data_dir: DataDir, tmp_path: Path
) -> None:
    of, _ = refused(db, data_dir, tmp_path / "ct")
    routes.put_route(db, "old", {"to": ["pacs"], "colour": "red"}, now=db.now())
    teller = Notices(db, data_dir, DEVICE)
    teller.tick()
    assert files_of(data_dir) == []
    assert last_note(db, of) == "Slices are missing."
    routes.put_route(db, "old", {"to": ["pacs"]}, now=db.now())
    teller.tick()
    assert deliveries.objects_of(db, of.id) == (), "it pauses"
    Notices(db, data_dir, DEVICE).tick()
    assert page_of(db, of).exists()
