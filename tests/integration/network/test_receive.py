"""What admitted senders send is on disk as it came, and in the index."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import imagecodecs
import pytest
from pydicom import dcmread, uid
from pydicom.encaps import encapsulate
from pydicom.uid import UID, generate_uid
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    EnhancedCTImageStorage,
    MRImageStorage,
    Verification,
)

from dicom_node.errors import EnvironmentFailedError
from dicom_node.scp.contexts import STORAGE_CLASSES, TRANSFER_SYNTAXES
from dicom_node.uids import IMPLEMENTATION_CLASS_UID
from storage.instances import conflicts_of
from storage.records import Priority
from tests.dcmtk import converted, data_set_bytes, echoscu, run_tool, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated, exchange, store_request
from tests.support import wait_until

CODECS = {
    uid.ExplicitVRLittleEndian: ("dcmconv", "+te", "-xe"),
    uid.ImplicitVRLittleEndian: ("dcmconv", "+ti", "-xi"),
    uid.ExplicitVRBigEndian: ("dcmconv", "+tb", "-xb"),
    uid.DeflatedExplicitVRLittleEndian: ("dcmconv", "+td", "-xd"),
    uid.JPEGLosslessSV1: ("dcmcjpeg", "+e1", "-xs"),
    uid.JPEGExtended12Bit: ("dcmcjpeg", "+ee", "-xx"),
    uid.JPEGLSLossless: ("dcmcjpls", "+el", "-xt"),
    uid.RLELossless: ("dcmcrle", "+un", "-xr"),
}
"""Transfer syntax → the program and option that write it, storescu's option to propose it."""


def test_echo(door: Door) -> None:
    assert echoscu(door.port).ok


@pytest.mark.parametrize("syntax", CODECS, ids=lambda syntax: UID(syntax).name)
def test_files_are_stored_as_they_came(
    door: Door, make_ct: MakeCt, tmp_path: Path, syntax: str
) -> None:
    tool, encode, propose = CODECS[UID(syntax)]
    sent = converted(make_ct(), tmp_path / "sent.dcm", tool, encode)

    result = storescu(door.port, propose, "-R", sent)

    assert result.ok, result.output
    (stored,) = door.files()
    assert dcmread(stored, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    if syntax == uid.DeflatedExplicitVRLittleEndian:  # DCMTK deflates again as it sends
        assert dcmread(stored) == dcmread(sent)
    else:
        assert data_set_bytes(stored) == data_set_bytes(sent)
    (row,) = door.instances()
    assert row.transfer_syntax_uid == syntax
    assert row.path == stored
    assert door.leftovers() == []


def test_jpeg_2000_is_stored_as_it_came(door: Door, make_ct: MakeCt, tmp_path: Path) -> None:
    instance = dcmread(make_ct())
    frame = imagecodecs.jpeg2k_encode(instance.pixel_array, reversible=True)
    instance.PixelData = encapsulate([bytes(frame)])
    instance["PixelData"].VR = "OB"
    instance.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    instance.save_as(tmp_path / "sent.dcm", enforce_file_format=True)

    result = storescu(door.port, "-xv", "-R", tmp_path / "sent.dcm")

    assert result.ok, result.output
    (stored,) = door.files()
    assert data_set_bytes(stored) == data_set_bytes(tmp_path / "sent.dcm")
    assert dcmread(stored).file_meta.TransferSyntaxUID == uid.JPEG2000Lossless


def test_file_meta_tells_where_it_came_from(door: Door, make_ct: MakeCt) -> None:
    sent = make_ct()

    assert storescu(door.port, "-xe", sent).ok

    (stored,) = door.files()
    meta = dcmread(stored).file_meta
    assert meta.MediaStorageSOPInstanceUID == dcmread(sent).SOPInstanceUID
    assert meta.SendingApplicationEntityTitle == "STORESCU"
    assert meta.ReceivingApplicationEntityTitle == "CSPINE"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    dump = run_tool("dcmdump", "-q", stored)
    assert dump.ok, dump.output


def test_the_index_says_what_the_header_says(door: Door, make_ct: MakeCt) -> None:
    path = make_ct(
        AccessionNumber="A77",
        SeriesDescription="HWS axial",
        StudyDate="20260131",
        SpecificCharacterSet="ISO_IR 192",
        PatientName="Größe^Jürgen",
        StationName="CT 1",
        RequestedProcedurePriority="STAT",
    )
    sent = dcmread(path)
    assert storescu(door.port, path).ok

    (series,) = door.series()

    assert series.study_uid == sent.StudyInstanceUID
    assert series.series_uid == sent.SeriesInstanceUID
    assert series.patient_id == sent.PatientID
    assert series.patient_name == "Größe^Jürgen"
    assert series.accession_number == "A77"
    assert series.series_description == "HWS axial"
    assert series.study_date == date(2026, 1, 31)
    assert series.modality == "CT"
    assert (series.station_name, series.priority) == ("CT 1", Priority.STAT)
    assert (series.source_aet, series.called_aet) == ("STORESCU", "CSPINE")
    assert series.instance_count == 1


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES, ids=lambda syntax: UID(syntax).name)
def test_every_transfer_syntax_is_accepted(door: Door, syntax: str) -> None:
    contexts = [build_context(each, syntax) for each in STORAGE_CLASSES]

    with associated(door.port, contexts) as assoc:
        accepted = {each.abstract_syntax for each in assoc.accepted_contexts}

    assert accepted == set(STORAGE_CLASSES)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (
            [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian],
            uid.ExplicitVRLittleEndian,
        ),
        ([uid.JPEGBaseline8Bit, uid.ImplicitVRLittleEndian], uid.ImplicitVRLittleEndian),
        ([uid.ImplicitVRLittleEndian, uid.JPEGLSLossless], uid.JPEGLSLossless),
    ],
)
def test_nobody_is_asked_to_convert_or_to_lose_quality(
    door: Door, offered: list[str], chosen: str
) -> None:
    with associated(door.port, [build_context(STORAGE_CLASSES[0], offered)]) as assoc:
        assert assoc.accepted_contexts[0].transfer_syntax == [chosen]


def test_other_storage_classes_are_not_accepted(door: Door) -> None:
    contexts = [build_context(MRImageStorage), build_context(Verification)]

    with associated(door.port, contexts) as assoc:
        assert [each.abstract_syntax for each in assoc.accepted_contexts] == [Verification]
        assert [each.result for each in assoc.rejected_contexts] == [3]  # PS3.8 Table 9-18


def test_dcmtk_is_told_that_mr_is_not_accepted(door: Door, make_ct: MakeCt) -> None:
    sent = make_ct(SOPClassUID=MRImageStorage, Modality="MR")

    result = storescu(door.port, "-R", sent)

    assert not result.ok
    assert "No Acceptable Presentation Contexts" in result.output
    assert door.files() == []


def test_enhanced_ct_is_stored(door: Door, make_ct: MakeCt) -> None:
    assert storescu(door.port, make_ct(SOPClassUID=EnhancedCTImageStorage)).ok

    assert [row.sop_class_uid for row in door.instances()] == [EnhancedCTImageStorage]


def test_the_same_instance_again_changes_nothing(door: Door, make_ct: MakeCt) -> None:
    sent = make_ct()
    assert storescu(door.port, "-xe", sent).ok
    before = door.series()

    assert storescu(door.port, "-xe", "--repeat", "3", sent).ok

    assert door.series() == before
    assert len(door.files()) == len(door.instances()) == 1
    assert door.leftovers() == []


def test_one_instance_from_eight_associations_at_once(door: Door, make_ct: MakeCt) -> None:
    path = make_ct()
    sop_instance_uid, data_set = dcmread(path).SOPInstanceUID, data_set_bytes(path)
    together = threading.Barrier(8)

    def send(_: int) -> int:
        with associated(door.port) as assoc:
            together.wait(timeout=30)
            return int(exchange(assoc, store_request(sop_instance_uid, data_set)).Status)

    with ThreadPoolExecutor(8) as senders:
        assert list(senders.map(send, range(8))) == [0x0000] * 8

    (stored,) = door.files()
    assert data_set_bytes(stored) == data_set
    assert [series.instance_count for series in door.series()] == [1]
    assert door.leftovers() == []


def test_other_content_under_the_same_uid_is_kept_aside(
    door: Door, make_ct: MakeCt, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_ct("first.dcm")
    instance_uid = dcmread(first).SOPInstanceUID
    second = make_ct("second.dcm", SOPInstanceUID=instance_uid, PatientName="DOE^JANE")
    assert storescu(door.port, "-xe", first).ok

    result = storescu(door.port, "-xe", second)

    assert result.ok, result.output
    (stored,) = door.files()
    assert data_set_bytes(stored) == data_set_bytes(first)
    (conflict,) = conflicts_of(door.database, door.series()[0].series_uid)
    assert data_set_bytes(conflict.path) == data_set_bytes(second)
    (warning,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert instance_uid in warning.getMessage()


def test_the_same_uid_in_another_series_is_a_conflict(
    door: Door, make_ct: MakeCt, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_ct("first.dcm")
    other = generate_uid(None)
    second = make_ct(
        "second.dcm", SOPInstanceUID=dcmread(first).SOPInstanceUID, SeriesInstanceUID=other
    )

    assert storescu(door.port, first).ok
    assert storescu(door.port, second).ok

    assert len(door.instances()) == 1
    assert len(conflicts_of(door.database, other)) == 1
    assert "other content" in caplog.text


def test_a_log_line_sums_up_the_association(
    door: Door, make_ct: MakeCt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    assert storescu(door.port, make_ct("a.dcm"), make_ct("b.dcm")).ok

    line = "association with STORESCU at 127.0.0.1 released: 2 instances stored, 0 refused"
    wait_until(lambda: line in caplog.text, what=caplog.text)


def test_ipv6(open_door: OpenDoor, make_ct: MakeCt) -> None:
    try:
        door = open_door(bind="::1")
    except EnvironmentFailedError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")
    door.add_peer(host="::1")

    with associated(door.port, host="::1") as assoc:
        path = make_ct()
        request = store_request(dcmread(path).SOPInstanceUID, data_set_bytes(path))
        assert exchange(assoc, request).Status == 0x0000
