"""Whole result sets on sources from the field, before the validators that others wrote."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import cast

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from dicom_node.reports.evidence import TYPE_2, read_sources
from dicom_node.reports.frames import pixel_spacing_mm
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.result_set import SetObject
from dicom_node.reports.set_gate import require_conformant_set
from inference.types import Prediction, SliceSource
from storage.records import Piece
from tests.unit.reports.cases import (
    FRACTURED,
    INTACT,
    PARTIAL,
    SPACING_MM,
    pictures_of,
    prediction_of,
    result_set_of,
    sources_of,
    with_heat_map,
    write_ct_series,
    write_enhanced_ct,
)
from tests.validators import assert_valid_report, said_by

Edit = Callable[[Dataset], None]


def judged(paths: Sequence[Path], prediction: Prediction, folder: Path) -> tuple[SetObject, ...]:
    """The set on ``paths``, which our own gate and every validator let pass."""
    sources = read_sources(paths)
    objects = result_set_of(sources, prediction)
    require_conformant_set(objects, sources, prediction, pictures_of(prediction))
    files = []
    for each in objects:
        path = folder / f"{each.piece}-{each.ordinal}.dcm"
        path.write_bytes(as_part10(each.dataset))
        status, text = said_by("dciodvfy", path)
        assert (status, "Error" in text) == (0, False), text
        files.append(path)
    if prediction.findings:
        assert_valid_report(files[0], source_is_odd=True)
    _, text = said_by("dcentvfy", *files, *(in_utf_8(path, folder) for path in paths[:3]))
    assert "Error" not in text, text
    # It takes AccessionNumber to be of the study here and of the series there.
    warned = [line for line in text.splitlines() if "Warning" in line]
    assert [w for w in warned if "AccessionNumber" not in w] == [], text
    return objects


def in_utf_8(path: Path, folder: Path) -> Path:
    """A source in our objects' character set: dcentvfy compares names by their bytes.

    What it lacks of Type 2 is empty, as it must be in an object of ours.
    """
    ds = dcmread(path)
    ds.decode()
    for keyword in TYPE_2:
        if keyword not in ds:
            setattr(ds, keyword, None)
    ds.SpecificCharacterSet = "ISO_IR 192"
    copy = folder / f"utf-8-{path.name}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.save_as(copy)
    return copy


def predicted(paths: Sequence[Path], levels: object = FRACTURED) -> Prediction:
    sources = read_sources(paths)
    spacing = pixel_spacing_mm(sources[0]) or (SPACING_MM, SPACING_MM)
    made = prediction_of(sources_of(sources), levels, pixel_mm=spacing)  # type: ignore[arg-type]
    return with_heat_map(made)


def no_type_2(ds: Dataset) -> None:
    for keyword in TYPE_2:
        del ds[keyword]


def nobody(ds: Dataset) -> None:
    ds.PatientName = ds.PatientID = ds.PatientBirthDate = ds.PatientSex = ""


def text(charset: str | list[str], name: str) -> Edit:
    def edit(ds: Dataset) -> None:
        ds.SpecificCharacterSet = charset
        ds.PatientName, ds.ReferringPhysicianName = name, ""

    return edit


def long_uids(ds: Dataset) -> None:
    number = f"{ds.InstanceNumber:03}"
    ds.StudyInstanceUID = UID("1.2." + "3" * 60)
    ds.SeriesInstanceUID = UID("1.2." + "4" * 60)
    ds.FrameOfReferenceUID = UID("1.2." + "5" * 60)
    ds.SOPInstanceUID = UID("1.2." + "6" * 57 + number)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID


def ds_overflow(ds: Dataset) -> None:
    """More than the 16 characters of a DS, as some scanners write them."""
    for keyword, value in (
        ("PixelSpacing", "0.48828125000000001\\0.48828125000000001"),
        ("SliceThickness", "1.00000000000000001"),
        ("RescaleIntercept", "-1024.000000000000001"),
        ("RescaleSlope", "1.0000000000000000001"),
    ):
        ds.add_new(keyword, "LO", value)


def monochrome_1(ds: Dataset) -> None:
    ds.PhotometricInterpretation = "MONOCHROME1"


def no_thickness(ds: Dataset) -> None:
    del ds.SliceThickness


def empty_thickness(ds: Dataset) -> None:
    ds.SliceThickness = None


def with_request(ds: Dataset) -> None:
    item = Dataset()
    item.RequestedProcedureID = "RP1"
    item.RequestedProcedureDescription = "CT Halswirbelsäule"
    ds.RequestAttributesSequence = [item]


ODD: dict[str, Edit] = {
    "no Type 2": no_type_2,
    "nobody": nobody,
    "Latin-1": text("ISO_IR 100", "Müller^Änne"),
    "Cyrillic": text("ISO_IR 144", "Иванов^Иван"),
    "Japanese": text(["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "Chinese": text("GB18030", "Wang^XiaoDong=王^小东"),
    "long UIDs": long_uids,
    "DS overflow": ds_overflow,
    "MONOCHROME1": monochrome_1,
    "no thickness": no_thickness,
    "empty thickness": empty_thickness,
    "an order": with_request,
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_sources_give_a_valid_set(kind: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = write_ct_series(tmp_path / "ct", edit=ODD[kind])
    objects = judged(paths, predicted(paths, PARTIAL), tmp_path)
    assert [each.piece for each in objects] == [
        Piece.REPORT,
        *[Piece.KEY_IMAGE] * 2,
        Piece.SUMMARY,
        Piece.KEY_OBJECTS,
        Piece.PRESENTATION,
        Piece.HEAT_MAP,
    ]


def test_without_a_frame_of_reference_there_is_no_heat_map(tmp_path: Path) -> None:
    def lose_frame(ds: Dataset) -> None:
        del ds.FrameOfReferenceUID

    paths = write_ct_series(tmp_path / "ct", edit=lose_frame)
    objects = judged(paths, predicted(paths), tmp_path)
    assert Piece.HEAT_MAP not in {each.piece for each in objects}


def test_without_a_finding_there_is_nothing_to_select_or_outline(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "ct")
    objects = judged(paths, predicted(paths, INTACT), tmp_path)
    assert [each.piece for each in objects] == [Piece.REPORT, Piece.SUMMARY, Piece.HEAT_MAP]


def test_slices_that_are_rescaled_differently_have_a_state_each(tmp_path: Path) -> None:
    def rescale(ds: Dataset) -> None:
        ds.RescaleIntercept = -float(ds.InstanceNumber)

    paths = write_ct_series(tmp_path / "ct", edit=rescale)
    objects = judged(paths, predicted(paths), tmp_path)
    states = [each.dataset for each in objects if each.piece is Piece.PRESENTATION]
    assert [float(each.RescaleIntercept) for each in states] == [-3, -9]


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "per frame"])
def test_an_enhanced_ct_gives_a_valid_set(tmp_path: Path, shared: bool) -> None:
    path = write_enhanced_ct(tmp_path / "enhanced.dcm")
    ds = dcmread(path)
    item = Dataset()
    item.RescaleSlope, item.RescaleIntercept, item.RescaleType = 1, -1024, "HU"
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        del ds[keyword]
    if shared:
        ds.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = [item]
    else:
        frame = ds.SharedFunctionalGroupsSequence[0]
        frame.PixelValueTransformationSequence = [item]
        ds.PerFrameFunctionalGroupsSequence = [frame] * 14
        ds.SharedFunctionalGroupsSequence = [Dataset()]
    ds.save_as(path)
    sources = read_sources([path])
    frames = tuple(SliceSource(sources[0].SOPInstanceUID, number) for number in range(1, 15))
    prediction = prediction_of(frames, FRACTURED, pixel_mm=(SPACING_MM, 2 * SPACING_MM))
    objects = judged([path], with_heat_map(prediction), tmp_path)
    (state,) = (each.dataset for each in objects if each.piece is Piece.PRESENTATION)
    assert float(state.RescaleIntercept) == -1024
    area = state.DisplayedAreaSelectionSequence[0]
    assert list(area.PresentationPixelSpacing) == [SPACING_MM, 2 * SPACING_MM]


def test_highdicom_reads_numbers_boxes_and_places_back(tmp_path: Path) -> None:
    """To the pixel, and to 0.1 mm."""
    paths = write_ct_series(tmp_path / "ct")
    prediction = predicted(paths)
    report = judged(paths, prediction, tmp_path)[0].dataset
    document = hd.sr.srread(BytesIO(as_part10(report)))
    content = cast("hd.sr.MeasurementReport", document.content)
    groups = content.get_planar_roi_measurement_groups()
    assert len(groups) == len(prediction.findings)
    for group, finding in zip(groups, prediction.findings, strict=True):
        x, y, width, height = finding.box
        assert group.roi is not None
        np.testing.assert_array_equal(group.roi.value[0], (x, y))
        np.testing.assert_array_equal(group.roi.value[2], (x + width, y + height))
        (place,) = (each for each in group[0].ContentSequence if each.ValueType == "SCOORD3D")
        corners = [*finding.corners_mm, finding.corners_mm[0]]
        assert np.abs(place.value - corners).max() < 0.1
        (number,) = group.get_measurements()
        assert number.value == finding.probability


def test_a_set_that_is_wrong_does_not_pass_here(tmp_path: Path) -> None:
    """The validators run, and find an error where there is one."""
    paths = write_ct_series(tmp_path / "ct")
    for each in judged(paths, predicted(paths), tmp_path):
        ds = replace(each).dataset
        del ds.SeriesInstanceUID
        path = tmp_path / "wrong.dcm"
        path.write_bytes(as_part10(ds))
        assert "Error" in said_by("dciodvfy", path)[1]
