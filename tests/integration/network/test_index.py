"""The index can be rebuilt from the files alone."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from dicom_node.scp.index import rebuild_index
from storage.database import Database, open_database
from storage.files import DataDir
from storage.instances import instances_of
from storage.records import SeriesState
from storage.series import list_series
from tests.dcmtk import converted, storescu
from tests.integration.network.conftest import Door, MakeCt


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    yield database
    database.close()


def rebuilt(database: Database, data_dir: DataDir) -> int:
    return rebuild_index(database, data_dir, quiet_s=60, now=database.now())


def test_a_lost_database_comes_back(
    door: Door, make_ct: MakeCt, tmp_path: Path, empty_database: Database
) -> None:
    other = make_ct(
        "other.dcm",
        SeriesInstanceUID=generate_uid(None),
        PatientName="Ö^Ö",
        StudyPriorityID="HIGH",
        StationName="CT",
    )
    deflated = converted(other, tmp_path / "deflated.dcm", "dcmconv", "+td")
    assert storescu(door.port, make_ct("a.dcm"), make_ct("b.dcm")).ok
    assert storescu(door.port, "-xd", "-R", deflated).ok
    door.listener.stop(grace_s=30)

    assert rebuilt(empty_database, door.data_dir) == 3

    # Times aside, everything is as it was; the file does not know the host of its sender.
    before = {each.series_uid: each for each in door.series()}
    after = {each.series_uid: each for each in list_series(empty_database)}
    assert after.keys() == before.keys()
    for uid, series in after.items():
        first, last = series.first_received_utc, series.last_received_utc
        assert series == replace(
            before[uid],
            id=series.id,
            first_received_utc=first,
            last_received_utc=last,
            quiet_until_utc=last + timedelta(seconds=60),
        )
        assert series.state is SeriesState.RECEIVING
        rows = instances_of(empty_database, uid)
        assert [replace(each, received_utc=first) for each in rows] == [
            replace(each, received_utc=first) for each in instances_of(door.database, uid)
        ]


def test_what_is_indexed_stays_as_it_is(door: Door, make_ct: MakeCt) -> None:
    assert storescu(door.port, make_ct()).ok
    before = door.series()

    assert rebuilt(door.database, door.data_dir) == 0

    assert door.series() == before


@pytest.mark.parametrize("content", [b"", b"nothing", bytes(128) + b"DICM" + bytes(100)])
def test_an_unreadable_file_is_moved_aside(
    door: Door,
    make_ct: MakeCt,
    empty_database: Database,
    content: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert storescu(door.port, make_ct("a.dcm"), make_ct("b.dcm")).ok
    damaged, whole = door.files()
    damaged.write_bytes(content)

    assert rebuilt(empty_database, door.data_dir) == 1

    assert door.files() == [whole]
    (aside,) = (door.data_dir.root / "unreadable").iterdir()
    assert aside.read_bytes() == content
    assert aside.name.startswith(damaged.stem)
    assert [each.levelno for each in caplog.records if each.name == "dicom_node.scp.index"] == [
        logging.ERROR
    ]


def test_a_file_in_the_wrong_place_is_moved_aside(
    door: Door, make_ct: MakeCt, empty_database: Database
) -> None:
    assert storescu(door.port, make_ct()).ok
    (path,) = door.files()
    shutil.copy(path, path.with_name("1.2.3.dcm"))

    assert rebuilt(empty_database, door.data_dir) == 1

    assert door.files() == [path]
    assert len(list((door.data_dir.root / "unreadable").iterdir())) == 1
