from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from inference.attributes import UnreadableInstanceError
from inference.slices import read_headers
from tests.ct_series import (
    AXIAL,
    CtSeries,
    unpack_ct_head_tilted,
    write_ct_series,
    write_enhanced_ct,
)


def _with_raw(path: Path, keyword: str, value: bytes) -> None:
    """Rewrite one element of a file with a value that pydicom itself would refuse to write."""
    ds = pydicom.dcmread(path)
    element = ds[keyword]
    tag = element.tag.group.to_bytes(2, "little") + element.tag.elem.to_bytes(2, "little")
    data = path.read_bytes()
    at = data.index(tag + element.VR.encode())
    length = int.from_bytes(data[at + 6 : at + 8], "little")
    value += b" " * (len(value) % 2)
    head = data[: at + 6] + len(value).to_bytes(2, "little")
    path.write_bytes(head + value + data[at + 8 + length :])


def test_one_header_per_instance(tmp_path: Path) -> None:
    series = CtSeries(slices=3, spacing_mm=(1.25, 0.5, 0.75), rows=8, columns=10)
    paths = write_ct_series(
        tmp_path,
        slices=3,
        spacing_mm=(1.25, 0.5, 0.75),
        rows=8,
        columns=10,
        patient_id="P7",
        study_uid=series.study_uid,
        series_uid=series.series_uid,
        frame_of_reference_uid=series.frame_of_reference_uid,
    )

    header = read_headers(paths)[1]

    assert header.path == str(paths[1])
    assert header.sop_instance_uid == pydicom.dcmread(paths[1]).SOPInstanceUID
    assert header.sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"
    assert (header.study_uid, header.series_uid) == (series.study_uid, series.series_uid)
    assert header.frame_of_reference_uid == series.frame_of_reference_uid
    assert header.patient_id == "P7"
    assert (header.instance_number, header.frame_number) == (2, None)
    assert header.modality == "CT"
    assert header.image_type == ("ORIGINAL", "PRIMARY", "AXIAL")
    assert (header.rows, header.columns) == (8, 10)
    assert header.position_mm == (-3.375, -1.75, 0.0)
    assert header.orientation == AXIAL
    assert header.spacing_mm == (0.5, 0.75)
    assert header.slice_thickness_mm == 1.25


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless],
)
def test_every_encoding_reads_the_same(tmp_path: Path, syntax: str) -> None:
    uids = {"study_uid": "1.2.3", "series_uid": "1.2.4", "frame_of_reference_uid": "1.2.5"}

    def fixed_uid(index: int, ds: Dataset) -> None:
        ds.SOPInstanceUID = f"1.2.6.{index}"

    plain = write_ct_series(tmp_path, slices=2, edit=fixed_uid, **uids)
    expected = read_headers(plain)
    write_ct_series(tmp_path, slices=2, edit=fixed_uid, transfer_syntax=syntax, **uids)

    assert read_headers(plain) == expected


def test_the_order_of_paths_does_not_matter(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, slices=5)

    assert read_headers(reversed(paths)) == read_headers(paths)


@pytest.mark.parametrize(
    ("keyword", "field"),
    [
        ("InstanceNumber", "instance_number"),
        ("FrameOfReferenceUID", "frame_of_reference_uid"),
        ("ImagePositionPatient", "position_mm"),
        ("ImageOrientationPatient", "orientation"),
        ("PixelSpacing", "spacing_mm"),
        ("SliceThickness", "slice_thickness_mm"),
        ("Rows", "rows"),
        ("Columns", "columns"),
    ],
)
def test_what_is_absent_or_empty_is_none(tmp_path: Path, keyword: str, field: str) -> None:
    absent = write_ct_series(tmp_path / "absent", slices=1, omit=[keyword])
    empty = write_ct_series(tmp_path / "empty", slices=1, attributes={keyword: None})

    for header in read_headers([*absent, *empty]):
        assert getattr(header, field) is None


@pytest.mark.parametrize(
    ("keyword", "field"),
    [
        ("Modality", "modality"),
        ("PatientID", "patient_id"),
        ("StudyInstanceUID", "study_uid"),
        ("SeriesInstanceUID", "series_uid"),
        ("SOPInstanceUID", "sop_instance_uid"),
    ],
)
def test_absent_text_is_empty(tmp_path: Path, keyword: str, field: str) -> None:
    path, *_ = write_ct_series(tmp_path, slices=1)
    _with_raw(path, keyword, b"")

    assert getattr(read_headers([path])[0], field) == ""


@pytest.mark.parametrize(
    ("keyword", "value", "field"),
    [
        ("PixelSpacing", b"0.5", "spacing_mm"),
        ("PixelSpacing", b"0.5\\0.5\\0.5", "spacing_mm"),
        ("PixelSpacing", b"0,5\\0,5", "spacing_mm"),
        ("PixelSpacing", b"nan\\nan", "spacing_mm"),
        ("PixelSpacing", b"1e999\\1", "spacing_mm"),
        ("PixelSpacing", b"\\", "spacing_mm"),
        ("ImagePositionPatient", b"1\\2", "position_mm"),
        ("ImagePositionPatient", b"1\\2\\inf", "position_mm"),
        ("ImageOrientationPatient", b"1\\0\\0\\0\\1", "orientation"),
        ("ImageOrientationPatient", b"\xff\xfe\x00\x01", "orientation"),
        ("SliceThickness", b"thin", "slice_thickness_mm"),
        ("InstanceNumber", b"1.5", "instance_number"),
        ("InstanceNumber", b"one", "instance_number"),
        ("Rows", b"\x01\x02\x03\x04", "rows"),
    ],
)
def test_what_is_malformed_is_none(tmp_path: Path, keyword: str, value: bytes, field: str) -> None:
    path, *_ = write_ct_series(tmp_path, slices=1)
    _with_raw(path, keyword, value)

    assert getattr(read_headers([path])[0], field) is None


def test_numbers_may_be_padded_or_longer_than_allowed(tmp_path: Path) -> None:
    path, *_ = write_ct_series(tmp_path, slices=1)
    _with_raw(path, "PixelSpacing", b" 0.48828125000000001 \\+4.8828125e-1\x00")
    _with_raw(path, "InstanceNumber", b" 12 ")

    header, *_ = read_headers([path])

    assert header.spacing_mm == (0.48828125, 0.48828125)
    assert header.instance_number == 12


def _headers_of_enhanced(path: Path, **fields: Any) -> Any:
    return read_headers([write_enhanced_ct(path, **fields)])


def test_enhanced_ct_has_one_header_per_frame(tmp_path: Path) -> None:
    series = CtSeries(slices=4)

    headers = _headers_of_enhanced(tmp_path / "e.dcm", slices=4)

    assert [each.frame_number for each in headers] == [1, 2, 3, 4]
    assert len({each.sop_instance_uid for each in headers}) == 1
    for index, header in enumerate(headers):
        assert header.position_mm == tuple(series.position(index))
        assert header.orientation == AXIAL
        assert header.spacing_mm == (3.0, 3.0)
        assert header.slice_thickness_mm == 2.0
        assert header.image_type == ("ORIGINAL", "PRIMARY", "VOLUME", "NONE")
        assert header.instance_number == 1


def test_a_group_of_the_frame_overrules_the_shared_one(tmp_path: Path) -> None:
    def edit(_: int, ds: Dataset) -> None:
        measures = Dataset()
        measures.PixelSpacing = [1, 1]
        ds.PerFrameFunctionalGroupsSequence[2].PixelMeasuresSequence = [measures]

    headers = _headers_of_enhanced(tmp_path / "e.dcm", slices=4, edit=edit)

    assert [each.spacing_mm for each in headers] == [(3, 3), (3, 3), (1, 1), (3, 3)]


def test_an_enhanced_frame_without_a_position_has_none(tmp_path: Path) -> None:
    def edit(_: int, ds: Dataset) -> None:
        del ds.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence
        ds.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence = []

    headers = _headers_of_enhanced(tmp_path / "e.dcm", slices=4, edit=edit)

    assert [each.position_mm is None for each in headers] == [False, True, True, False]


def test_frames_that_are_announced_but_not_described_are_not_forgotten(tmp_path: Path) -> None:
    headers = _headers_of_enhanced(
        tmp_path / "e.dcm", slices=4, attributes={"NumberOfFrames": 2_000_000_000}
    )

    assert len(headers) == 5
    assert headers[4].position_mm is None


@pytest.mark.parametrize("content", [b"", b"not DICOM", b"\0" * 4000])
def test_a_file_that_is_not_dicom_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "1.2.3.dcm"
    path.write_bytes(content)

    with pytest.raises(UnreadableInstanceError, match=r"1\.2\.3\.dcm") as caught:
        read_headers([*write_ct_series(tmp_path / "good", slices=1), path])

    assert caught.value.path == path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInstanceError, match=r"gone\.dcm"):
        read_headers([tmp_path / "gone.dcm"])


def test_a_real_series(tmp_path: Path) -> None:
    headers = read_headers(unpack_ct_head_tilted(tmp_path))

    assert [each.instance_number for each in headers] == list(range(1, 29))
    assert {each.slice_thickness_mm for each in headers} == {4.0, 7.0}
    assert {each.spacing_mm for each in headers} == {(0.4882812, 0.4882812)}
    assert headers[0].position_mm == (-125.0, -123.5404569, 5.8360586)
