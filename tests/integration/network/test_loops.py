"""What this node sends never comes in again, whatever another system makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom.presentation import build_context

from dicom_node.reports.evidence import read_sources
from dicom_node.reports.origin import ReportingDevice
from dicom_node.scp import contexts
from dicom_node.uids import new_uid
from storage import queue
from storage.records import NewObject, Piece
from tests.dcmtk import data_set_bytes, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated, exchange, store_request
from tests.integration.storage.given import claimed, queued
from tests.unit.reports.cases import (
    FRACTURED,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
)

DEVICE = ReportingDevice("CSPINE", "node", "0.1.0")


def send(door: Door, path: Path) -> int:
    instance = dcmread(path)
    with associated(door.port, [build_context(instance.SOPClassUID)]) as assoc:
        request = store_request(
            instance.SOPInstanceUID, data_set_bytes(path), sop_class_uid=instance.SOPClassUID
        )
        return int(exchange(assoc, request).Status)


def assert_untouched(door: Door) -> None:
    assert door.files() == []
    assert door.leftovers() == []
    assert door.series() == ()


def test_a_result_that_somebody_made_an_image_of_is_refused(
    door: Door, make_ct: MakeCt, caplog: pytest.LogCaptureFixture
) -> None:
    """Converted, with new UIDs: what stays is the device that made it."""
    path = make_ct(
        Manufacturer=DEVICE.manufacturer,
        ManufacturerModelName=DEVICE.model_name,
        SeriesInstanceUID=generate_uid(None),
    )

    assert send(door, path) == 0xC004

    assert_untouched(door)
    assert "0xC004, a result of a cspine-node" in caplog.text
    assert not storescu(door.port, path).ok


@pytest.mark.parametrize(
    "maker", [{"Manufacturer": "cspine-node", "ManufacturerModelName": "Procedural phantom"}, {}]
)
def test_phantoms_and_scanners_are_taken(
    door: Door, make_ct: MakeCt, maker: dict[str, str]
) -> None:
    assert send(door, make_ct(**maker)) == 0x0000
    assert len(door.files()) == 1


def test_an_instance_under_a_uid_that_we_gave_is_refused(
    door: Door, make_ct: MakeCt, caplog: pytest.LogCaptureFixture
) -> None:
    ours = new_uid()
    queued(door.database, now=door.database.now())
    claim = claimed(door.database, now=door.database.now())
    written = queue.finish_analysed(
        door.database,
        claim,
        result={},
        objects=[NewObject(Piece.KEY_IMAGE, 0, ours, CTImageStorage, Path("/x"))],
        deliveries=[],
        now=door.database.now(),
    )
    assert written

    assert send(door, make_ct("ours.dcm", SOPInstanceUID=ours)) == 0xC005
    assert door.files() == []
    assert "0xC005, this node made the instance" in caplog.text
    assert send(door, make_ct("other.dcm")) == 0x0000, "others with such a UID are taken"


def test_our_report_is_refused_where_its_class_is_not_taken_and_where_it_is(
    door: Door, open_door: OpenDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_ct_series(tmp_path / "ct")
    sources = read_sources(paths)
    report = report_on(sources, prediction_of(sources_of(sources), FRACTURED))
    path = tmp_path / "report.dcm"
    report.save_as(path, enforce_file_format=True)
    result = storescu(door.port, "-R", path)
    assert not result.ok
    assert "No Acceptable Presentation Contexts" in result.output

    classes = (*contexts.STORAGE_CLASSES, report.SOPClassUID)
    monkeypatch.setattr(contexts, "STORAGE_CLASSES", classes)
    wider = open_door(folder=tmp_path / "wider")
    wider.add_peer()

    assert send(wider, path) == 0xC004
    assert_untouched(wider)
