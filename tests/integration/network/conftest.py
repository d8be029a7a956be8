"""A listening node for these tests: real database, real files, real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from dicom_node.monitoring.instruments import Instruments
from dicom_node.scp.listener import DicomListener
from dicom_node.scp.settings import ListenerSettings
from dicom_node.wire import prepare_libraries
from storage import peers
from storage.database import Database, open_database
from storage.files import DataDir
from storage.instances import instances_of
from storage.records import InstanceRecord, Peer, SeriesRecord
from storage.series import list_series


@dataclass(frozen=True, slots=True)
class Door:
    """A listening node, and what it wrote down."""

    listener: DicomListener
    database: Database
    data_dir: DataDir
    instruments: Instruments

    @property
    def port(self) -> int:
        return self.listener.port

    def files(self) -> list[Path]:
        return sorted(self.data_dir.instance_paths())

    def leftovers(self) -> list[Path]:
        """What is in the incoming folder."""
        return list((self.data_dir.root / "incoming").iterdir())

    def series(self) -> tuple[SeriesRecord, ...]:
        return list_series(self.database)

    def instances(self) -> list[InstanceRecord]:
        return [
            each
            for series in self.series()
            for each in instances_of(self.database, series.series_uid)
        ]

    def add_peer(self, name: str = "sender", **changes: Any) -> Peer:
        usual = Peer(name=name, aet="STORESCU", host="127.0.0.1", port=104, may_send=True)
        peer = replace(usual, **changes)
        peers.add_peer(self.database, peer, now=self.database.now())
        return peer


OpenDoor: TypeAlias = Callable[..., Door]


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[OpenDoor]:
    """Start listeners with other settings than :func:`door`; ``folder`` is the data directory."""
    with ExitStack() as stack:

        def start(
            *,
            folder: Path = tmp_path / "data",
            data_dir: type[DataDir] = DataDir,
            **settings: Any,
        ) -> Door:
            files = data_dir(folder)
            files.prepare()
            database = open_database(files.default_database_url)
            stack.callback(database.close)
            chosen: dict[str, Any] = {
                "ae_title": "CSPINE",
                "bind": "127.0.0.1",
                "port": 0,
                "quiet_s": 60,
            }
            instruments = Instruments()
            listener = DicomListener(
                ListenerSettings(**chosen | settings),
                database=database,
                data_dir=files,
                instruments=instruments,
            )
            listener.start()
            stack.callback(listener.stop, 0)
            return Door(listener, database, files, instruments)

        yield start


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    """A listening node that admits STORESCU on this machine."""
    opened = open_door()
    opened.add_peer()
    return opened


MakeCt: TypeAlias = Callable[..., Path]


@pytest.fixture
def make_ct(tmp_path: Path) -> MakeCt:
    """Write a small CT instance with its own SOP Instance UID; keywords change attributes."""
    prepare_libraries()

    def make(name: str = "ct.dcm", **changes: Any) -> Path:
        instance = small_ct()
        for keyword, value in ({"SOPInstanceUID": generate_uid(None)} | changes).items():
            setattr(instance, keyword, value)
        instance.file_meta.MediaStorageSOPInstanceUID = instance.SOPInstanceUID
        instance.file_meta.MediaStorageSOPClassUID = instance.SOPClassUID
        path = tmp_path / name
        instance.save_as(path, enforce_file_format=True)
        return path

    return make


def small_ct() -> FileDataset:
    """Pydicom's small CT: 128 × 128, Explicit VR Little Endian."""
    path = get_testdata_file("CT_small.dcm")
    assert isinstance(path, str)
    instance = dcmread(path)
    del instance.DataSetTrailingPadding  # DCMTK does not send it
    return instance
