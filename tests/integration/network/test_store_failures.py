"""What is refused, with which status, and that nothing of it is left."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    EnhancedCTImageStorage,
)

from dicom_node.retention.deletion import delete_series
from storage.errors import NotFoundError
from storage.files import DataDir
from storage.records import Actor
from tests.dcmtk import data_set_bytes, echoscu, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated, exchange, store_request
from tests.support import wait_until


def everything_under(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def send(door: Door, path: Path, **changes: Any) -> Any:
    """Send a file's data set as it is; ``changes`` are what the command set says instead."""
    instance = dcmread(path)
    said = {
        "sop_instance_uid": instance.SOPInstanceUID,
        "data_set": data_set_bytes(path),
        "sop_class_uid": instance.SOPClassUID,
    } | changes
    with associated(door.port) as assoc:
        return exchange(assoc, store_request(**said))


def assert_nothing_stored(door: Door) -> None:
    assert door.files() == []
    assert door.leftovers() == []
    assert door.series() == ()


@pytest.mark.parametrize(
    "path_like",
    [
        "../../../../tmp/evil",
        "/etc/cron.d/evil",
        "1.2.3/../../evil",
        "..",
        "1..2",
        "1.2.3\n4",
        "1.2.3.",
        "1." + "2" * 63,
    ],
)
def test_a_path_like_uid(
    door: Door, make_ct: MakeCt, tmp_path: Path, path_like: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = make_ct()
    before = everything_under(tmp_path)

    response = send(door, sent, sop_instance_uid=path_like)

    assert response.Status == 0x0117
    new = everything_under(tmp_path) - before
    assert all(path.name.startswith("cspine.sqlite3") for path in new), new
    assert not Path("/tmp/evil").exists()
    assert_nothing_stored(door)
    refusals = [each for each in caplog.records if each.name == "dicom_node.scp.store"]
    assert [each.getMessage().partition(":")[0] for each in refusals] == [
        "refused an invalid UID from STORESCU at 127.0.0.1"
    ]
    assert "evil" not in caplog.text


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("value", ["../../../evil", "", None])
def test_a_study_or_series_uid_that_is_none(
    door: Door, make_ct: MakeCt, tmp_path: Path, keyword: str, value: str | None
) -> None:
    response = send(door, make_ct(**{keyword: value}))

    assert response.Status == {"StudyInstanceUID": 0xC002, "SeriesInstanceUID": 0xC003}[keyword]
    assert_nothing_stored(door)


def test_another_sop_class_than_the_contexts(door: Door, make_ct: MakeCt) -> None:
    response = send(door, make_ct(), sop_class_uid=EnhancedCTImageStorage)

    assert response.Status == 0x0122
    assert_nothing_stored(door)


def test_another_sop_class_than_the_data_sets(door: Door, make_ct: MakeCt) -> None:
    path = make_ct(SOPClassUID=EnhancedCTImageStorage)

    response = send(door, path, sop_class_uid=CTImageStorage)

    assert response.Status == 0xA900
    assert response.OffendingElement == 0x00080016
    assert_nothing_stored(door)


def test_another_instance_than_the_data_sets(door: Door, make_ct: MakeCt) -> None:
    response = send(door, make_ct(), sop_instance_uid=generate_uid(None))

    assert response.Status == 0xC001
    assert response.ErrorComment == "data set has another SOP Instance UID"
    assert_nothing_stored(door)


@pytest.mark.parametrize("data_set", [b"\0", b"no data set at all", bytes(1000), b"\xff" * 64])
def test_no_data_set(door: Door, make_ct: MakeCt, data_set: bytes) -> None:
    response = send(door, make_ct(), data_set=data_set)

    assert response.Status == 0xC000
    assert_nothing_stored(door)


def test_a_data_set_cut_off_in_its_head(door: Door, make_ct: MakeCt) -> None:
    path = make_ct()

    response = send(door, path, data_set=data_set_bytes(path)[:600])

    assert response.Status == 0xC000
    assert_nothing_stored(door)


def test_a_truncated_pixel_stream_is_stored(door: Door, make_ct: MakeCt) -> None:
    """It is what the sender has; the fitness rules tell a reader that it cannot be read."""
    path = make_ct()
    cut = data_set_bytes(path)[:-1000]

    assert send(door, path, data_set=cut).Status == 0x0000

    assert [data_set_bytes(each) for each in door.files()] == [cut]


def test_below_the_reserve_nothing_is_taken(open_door: OpenDoor, make_ct: MakeCt) -> None:
    door = open_door(reserve_bytes=1 << 60)
    door.add_peer()

    result = storescu(door.port, make_ct())

    assert not result.ok
    assert "Refused: OutOfResources" in result.output
    assert_nothing_stored(door)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB, if we may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_disk_full(open_door: OpenDoor, make_ct: MakeCt, small_disk: Path) -> None:
    door = open_door(folder=small_disk)
    door.add_peer()
    (small_disk / "ballast").write_bytes(bytes(max(0, door.data_dir.free_bytes() - 200_000)))
    path = make_ct(PixelData=bytes(4 * 128 * 128 * 2 * 4), Rows=512, Columns=256)

    response = send(door, path)

    assert response.Status == 0xA700
    assert_nothing_stored(door)
    (small_disk / "ballast").unlink()
    assert send(door, path).Status == 0x0000


def test_database_locked(
    open_door: OpenDoor, make_ct: MakeCt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is durable, the sender is told to try again, and the retry makes the row."""
    monkeypatch.setattr("storage.database.LOCK_WAIT_S", 0.2)
    door = open_door()
    door.add_peer()
    path = make_ct()
    locker = sqlite3.connect(door.data_dir.root / "cspine.sqlite3", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    try:
        response = send(door, path)
    finally:
        locker.execute("ROLLBACK")
        locker.close()

    assert response.Status == 0xA700
    assert response.ErrorComment == "the index is not available"
    assert len(door.files()) == 1
    assert door.series() == ()
    assert send(door, path).Status == 0x0000
    assert len(door.instances()) == 1


class BrokenDataDir(DataDir):
    """One with a bug that would leak what it was given."""

    def store_instance(self, **given: Any) -> Any:
        raise KeyError(str(given["data_set"]))


def test_a_bug_is_answered_and_logged_without_data(
    open_door: OpenDoor, make_ct: MakeCt, caplog: pytest.LogCaptureFixture
) -> None:
    door = open_door(data_dir=BrokenDataDir)
    door.add_peer()

    response = send(door, make_ct(PatientName="SECRET^NAME"))

    assert response.Status == 0x0110
    assert "bug while storing: KeyError" in caplog.text
    assert "in store_instance" in caplog.text
    assert "SECRET" not in caplog.text


def test_the_association_goes_on_after_a_refusal(door: Door, make_ct: MakeCt) -> None:
    path = make_ct()
    uid = dcmread(path).SOPInstanceUID

    with associated(door.port) as assoc:
        assert exchange(assoc, store_request("../evil", b"x")).Status == 0x0117
        assert exchange(assoc, store_request(uid, data_set_bytes(path))).Status == 0x0000


def test_an_operation_that_the_context_does_not_have(door: Door) -> None:
    request = C_FIND()
    request.MessageID = 1
    request.AffectedSOPClassUID = CTImageStorage
    request.Priority = 0
    request.Identifier = store_request("1", b"xx").DataSet

    with associated(door.port) as assoc:
        assert exchange(assoc, request) is None
        wait_until(lambda: assoc.is_aborted, what="not aborted")

    assert echoscu(door.port).ok


def test_a_request_without_an_instance_uid_is_aborted(door: Door) -> None:
    """pynetdicom would leave the sender waiting for an answer."""
    with associated(door.port) as assoc:
        assert exchange(assoc, store_request("", b"x")) is None
        wait_until(lambda: assoc.is_aborted, what="not aborted")


def test_a_message_in_a_context_that_was_not_accepted(door: Door, make_ct: MakeCt) -> None:
    with associated(door.port, [build_context(CTImageStorage)]) as assoc:
        assert exchange(assoc, store_request("1.2.3", b"x"), context_id=99) is None

    assert echoscu(door.port).ok
    assert_nothing_stored(door)


def test_what_is_acknowledged_while_its_series_is_deleted_is_there(
    door: Door, make_ct: MakeCt
) -> None:
    path = make_ct()
    series_uid = str(dcmread(path).SeriesInstanceUID)
    stop, deleted = threading.Event(), []

    def delete_again_and_again() -> None:
        while not stop.is_set():
            try:
                delete_series(
                    door.database,
                    door.data_dir,
                    series_uid,
                    by=Actor("ann", "here"),
                    cause="a person asked",
                    now=door.database.now(),
                )
                deleted.append(1)
            except NotFoundError:
                pass

    deleter = threading.Thread(target=delete_again_and_again)
    deleter.start()
    try:
        wait_until(lambda: storescu(door.port, path).ok and len(deleted) > 20)
    finally:
        stop.set()
        deleter.join()
    assert storescu(door.port, path).ok
    assert [each.path for each in door.instances()] == door.files()
    assert door.leftovers() == []
