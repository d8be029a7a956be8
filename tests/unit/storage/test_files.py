from __future__ import annotations

import errno
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url

from storage.errors import AlreadyExistsError, DataDirBusyError, InvalidUidError, StorageError
from storage.files import DataDir, stored_file
from storage.part10 import content_digest
from storage.records import ReceiptOutcome, StoredFile
from tests.unit.storage.part10 import EXPLICIT_LE, JPEG_LOSSLESS, file_meta

BODY = b"pixels" * 1000


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.prepare()
    return made


def store(
    data_dir: DataDir,
    *,
    study_uid: str = "1.1",
    series_uid: str = "1.2",
    sop_instance_uid: str = "1.3",
    transfer_syntax_uid: str = EXPLICIT_LE,
    data_set: bytes = BODY,
) -> tuple[StoredFile, ReceiptOutcome]:
    return data_dir.store_instance(
        study_uid=study_uid,
        series_uid=series_uid,
        sop_instance_uid=sop_instance_uid,
        transfer_syntax_uid=transfer_syntax_uid,
        file_meta=file_meta(transfer_syntax_uid),
        data_set=data_set,
    )


def files(data_dir: DataDir) -> set[str]:
    found = (path for path in data_dir.root.rglob("*") if path.is_file())
    return {str(path.relative_to(data_dir.root)) for path in found}


def test_a_new_instance_lies_whole_under_its_uids(data_dir: DataDir) -> None:
    file, outcome = store(data_dir)
    assert outcome is ReceiptOutcome.NEW
    assert file.path == data_dir.root / "instances/1.1/1.2/1.3.dcm"
    assert file.path.read_bytes() == file_meta() + BODY
    assert file.size_bytes == file.path.stat().st_size
    assert file.sha256 == content_digest(EXPLICIT_LE, BODY)
    assert files(data_dir) == {"instances/1.1/1.2/1.3.dcm"}, "nothing is left in incoming"


def test_an_empty_data_set_is_stored_too(data_dir: DataDir) -> None:
    file, _ = store(data_dir, data_set=b"")
    assert file.path.read_bytes() == file_meta()


def test_the_same_instance_again_changes_nothing(data_dir: DataDir) -> None:
    first, _ = store(data_dir)
    before = first.path.stat()
    again, outcome = store(data_dir)
    assert (again, outcome) == (first, ReceiptOutcome.DUPLICATE)
    assert first.path.stat().st_ino == before.st_ino
    assert files(data_dir) == {"instances/1.1/1.2/1.3.dcm"}


def test_a_duplicate_is_one_whatever_its_meta_information_says(data_dir: DataDir) -> None:
    first, _ = store(data_dir)
    again, outcome = data_dir.store_instance(
        study_uid="1.1",
        series_uid="1.2",
        sop_instance_uid="1.3",
        transfer_syntax_uid=EXPLICIT_LE,
        file_meta=file_meta(source_aet="ANOTHER-SENDER"),
        data_set=BODY,
    )
    assert outcome is ReceiptOutcome.DUPLICATE
    assert again == first, "the file that is there, with its own size"


@pytest.mark.parametrize("change", [{"data_set": b"other"}, {"transfer_syntax_uid": JPEG_LOSSLESS}])
def test_other_content_is_kept_aside_and_overwrites_nothing(
    data_dir: DataDir, change: dict[str, bytes | str]
) -> None:
    first, _ = store(data_dir)
    for _ in range(2):  # twice: the second finds its own content already aside
        aside, outcome = store(data_dir, **change)  # type: ignore[arg-type]
        assert outcome is ReceiptOutcome.CONFLICT
        assert aside.path == data_dir.root / f"conflicts/1.3/{aside.sha256}.dcm"
        assert stored_file(aside.path) == aside
        assert first.path.read_bytes() == file_meta() + BODY
        assert len(files(data_dir)) == 2


def test_a_damaged_file_does_not_swallow_the_good_one(data_dir: DataDir) -> None:
    first, _ = store(data_dir)
    first.path.write_bytes(b"damaged")
    aside, outcome = store(data_dir)
    assert outcome is ReceiptOutcome.CONFLICT
    assert aside.path.read_bytes() == file_meta() + BODY


@pytest.mark.parametrize("name", ["study_uid", "series_uid", "sop_instance_uid"])
@pytest.mark.parametrize("uid", ["../../x", "1.2/3", "1..2", "", "1" * 65, "1.٢", "1.2\n"])
def test_a_path_like_uid_leaves_no_trace(data_dir: DataDir, name: str, uid: str) -> None:
    before = sorted(data_dir.root.parent.rglob("*"))
    with pytest.raises(InvalidUidError):
        store(data_dir, **{name: uid})  # type: ignore[arg-type]
    assert sorted(data_dir.root.parent.rglob("*")) == before


def test_a_report_under_a_path_like_uid_is_refused(data_dir: DataDir) -> None:
    with pytest.raises(InvalidUidError):
        data_dir.store_report("../1.2", b"report")


def test_nobody_else_may_read_what_has_patients_in_it(data_dir: DataDir) -> None:
    previous = os.umask(0)
    try:
        store(data_dir)
        store(data_dir, data_set=b"other")
        data_dir.store_report("1.9", b"report")
        with data_dir.lock():
            pass
    finally:
        os.umask(previous)
    for path in [data_dir.root, *data_dir.root.rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_many_receipts_of_one_instance_at_once(data_dir: DataDir) -> None:
    threads = 16
    start = threading.Barrier(threads)

    def receive(_: int) -> tuple[StoredFile, ReceiptOutcome]:
        start.wait()
        return store(data_dir)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(receive, range(threads)))
    outcomes = [outcome for _, outcome in results]
    assert outcomes.count(ReceiptOutcome.NEW) == 1
    assert outcomes.count(ReceiptOutcome.DUPLICATE) == threads - 1
    assert len({file for file, _ in results}) == 1
    assert results[0][0].path.read_bytes() == file_meta() + BODY
    assert files(data_dir) == {"instances/1.1/1.2/1.3.dcm"}


def test_many_contents_of_one_uid_at_once_are_all_kept(data_dir: DataDir) -> None:
    threads = 16
    start = threading.Barrier(threads)

    def receive(number: int) -> tuple[StoredFile, ReceiptOutcome]:
        start.wait()
        return store(data_dir, data_set=bytes([number]))

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(receive, range(threads)))
    assert [outcome for _, outcome in results].count(ReceiptOutcome.NEW) == 1
    kept = {file.path.read_bytes()[len(file_meta()) :] for file, _ in results}
    assert kept == {bytes([number]) for number in range(threads)}
    assert len(files(data_dir)) == threads


def test_a_folder_that_was_cleaned_up_is_made_again(data_dir: DataDir) -> None:
    file, _ = store(data_dir)
    file.path.unlink()
    file.path.parent.rmdir()
    file.path.parent.parent.rmdir()
    again, outcome = store(data_dir)
    assert outcome is ReceiptOutcome.NEW
    assert again.path.read_bytes() == file_meta() + BODY


def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The paths that are fsynced from now on, in order; the real fsync still runs."""
    paths: list[Path] = []
    fsync = os.fsync

    def listening(descriptor: int) -> None:
        paths.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", listening)
    return paths


def test_the_file_is_synced_before_its_name_and_every_new_folder_entry_after(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = synced(monkeypatch)
    file, _ = store(data_dir)
    assert paths[0].parent == data_dir.root / "incoming"
    series_folder = file.path.parent
    study_folder = series_folder.parent
    assert {study_folder, study_folder.parent, data_dir.root} <= set(paths)
    assert paths[-1] == series_folder


def test_a_duplicate_is_acknowledged_only_after_the_folder_was_synced(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = store(data_dir)
    other_process = DataDir(data_dir.root)
    paths = synced(monkeypatch)
    _, outcome = store(other_process)
    assert outcome is ReceiptOutcome.DUPLICATE
    assert paths[-1] == file.path.parent
    assert file.path.parents[1] in paths
    assert file.path.parents[2] in paths


def test_the_second_instance_of_a_series_costs_two_syncs(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(data_dir)
    paths = synced(monkeypatch)
    store(data_dir, sop_instance_uid="1.4")
    assert len(paths) == 2


def test_a_failing_sync_is_no_success(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        with pytest.raises(StorageError):
            store(data_dir)
    assert files(data_dir) == set()
    assert store(data_dir)[1] is ReceiptOutcome.NEW, "the sender tries again"


def test_a_report_is_never_overwritten(data_dir: DataDir) -> None:
    path = data_dir.store_report("1.9", b"report")
    assert path == data_dir.root / "reports/1.9.dcm"
    assert data_dir.store_report("1.9", b"report") == path, "the same again is harmless"
    with pytest.raises(AlreadyExistsError):
        data_dir.store_report("1.9", b"another")
    assert path.read_bytes() == b"report"
    assert files(data_dir) == {"reports/1.9.dcm"}


def test_sweeping_removes_what_a_crash_left(data_dir: DataDir) -> None:
    store(data_dir)
    (data_dir.root / "incoming/left.part").write_bytes(b"half")
    (data_dir.root / "incoming/over.part").write_bytes(b"")
    assert data_dir.sweep_incoming() == 2
    assert data_dir.sweep_incoming() == 0
    assert files(data_dir) == {"instances/1.1/1.2/1.3.dcm"}


def test_instance_paths_are_those_of_instances_only(data_dir: DataDir) -> None:
    assert list(data_dir.instance_paths()) == []
    stored = {store(data_dir, sop_instance_uid=f"1.3.{number}")[0].path for number in range(3)}
    stored.add(store(data_dir, study_uid="7", series_uid="8", sop_instance_uid="9")[0].path)
    store(data_dir, sop_instance_uid="1.3.0", data_set=b"other")
    data_dir.store_report("1.9", b"report")
    (data_dir.root / "incoming/left.part").write_bytes(b"half")
    assert set(data_dir.instance_paths()) == stored


def test_a_stored_file_describes_itself(data_dir: DataDir) -> None:
    file, _ = store(data_dir)
    assert stored_file(file.path) == file


def test_a_missing_file_is_a_storage_error(data_dir: DataDir) -> None:
    with pytest.raises(StorageError):
        stored_file(data_dir.root / "instances/1/2/3.dcm")


def test_one_node_a_directory(data_dir: DataDir) -> None:
    with data_dir.lock(), pytest.raises(DataDirBusyError), DataDir(data_dir.root).lock():
        pass
    with DataDir(data_dir.root).lock():
        pass


def test_preparing_again_changes_nothing(data_dir: DataDir) -> None:
    file, _ = store(data_dir)
    data_dir.prepare()
    assert file.path.exists()


def test_the_room_left_is_that_of_the_file_system(data_dir: DataDir) -> None:
    system = os.statvfs(data_dir.root)
    assert 0 < data_dir.free_bytes() <= system.f_blocks * system.f_frsize


@pytest.mark.parametrize("name", ["plain", "with space", "100%", "a?b#c", "ümläut"])
def test_the_default_database_lies_inside(tmp_path: Path, name: str) -> None:
    url = make_url(DataDir(tmp_path / name).default_database_url)
    assert url.get_backend_name() == "sqlite"
    assert url.database == str(tmp_path / name / "cspine.sqlite3")


@pytest.fixture
def file_in_the_way(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"")
    return path


def test_a_root_that_is_a_file_is_a_storage_error(file_in_the_way: Path) -> None:
    with pytest.raises(StorageError):
        DataDir(file_in_the_way).prepare()
    with pytest.raises(StorageError), DataDir(file_in_the_way).lock():
        pass


def test_a_file_in_the_way_of_a_folder_is_a_storage_error(data_dir: DataDir) -> None:
    (data_dir.root / "instances/1.1").write_bytes(b"")
    with pytest.raises(StorageError):
        store(data_dir)
    assert files(data_dir) == {"instances/1.1"}, "nothing is left in incoming"


def test_a_missing_directory_is_a_storage_error(tmp_path: Path) -> None:
    missing = DataDir(tmp_path / "missing")
    for act in (lambda: store(missing), missing.sweep_incoming, missing.free_bytes):
        with pytest.raises(StorageError):
            act()


def test_a_probe_leaves_nothing(data_dir: DataDir) -> None:
    data_dir.probe()
    assert list((data_dir.root / "incoming").iterdir()) == []


def test_a_probe_tells_of_a_missing_folder(data_dir: DataDir) -> None:
    (data_dir.root / "incoming").rmdir()
    with pytest.raises(StorageError, match="cannot store files"):
        data_dir.probe()
