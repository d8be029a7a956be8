"""The outlines as a GSPS: valid, at the right place, at the bone window in Hounsfield units."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_node.errors import InternalError
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.presentation_state import build_presentation_state
from inference.types import Prediction, SliceSource
from tests.unit.reports.cases import (
    AT,
    DEVICE,
    FRACTURED,
    INTACT,
    SIZE,
    prediction_of,
    sources_of,
    write_ct_series,
    write_enhanced_ct,
)
from tests.validators import said_by

UTF_8_NAMES = {"SpecificCharacterSet": "ISO_IR 192"}
"""dcentvfy compares names by their bytes."""


def state(
    sources: tuple[Dataset, ...],
    prediction: Prediction,
) -> Dataset:
    built = build_presentation_state(
        prediction.findings,
        sources,
        sop_instance_uid="1.2.3.6",
        series_instance_uid="1.2.6",
        content_datetime=AT,
        device=DEVICE,
    )
    return dcmread(BytesIO(as_part10(built)))


def test_each_key_slice_has_its_outline_and_its_words(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED, boxes={"C2": (20, 22, 12, 9)})
    ds = state(sources, prediction)
    assert len(ds.GraphicAnnotationSequence) == 2
    first = ds.GraphicAnnotationSequence[0]
    expected = prediction.findings[0].key_slice.sop_instance_uid
    assert first.ReferencedImageSequence[0].ReferencedSOPInstanceUID == expected
    (graphic,) = first.GraphicObjectSequence
    assert graphic.GraphicType == "POLYLINE"
    assert graphic.GraphicFilled == "N"
    assert list(graphic.GraphicData) == [20, 22, 32, 22, 32, 31, 20, 31, 20, 22]
    texts = [
        each.TextObjectSequence[0].UnformattedTextValue for each in ds.GraphicAnnotationSequence
    ]
    assert texts == ["C2 0.71 AI", "C5 0.97 AI"]


def test_the_window_is_for_bone_in_hounsfield_units(sources: tuple[Dataset, ...]) -> None:
    offset = tuple(deepcopy(each) for each in sources)
    for each in offset:
        each.RescaleIntercept = -1024
    ds = state(offset, prediction_of(sources_of(sources), FRACTURED))
    assert (ds.RescaleSlope, ds.RescaleIntercept) == (1, -1024)
    voi = ds.SoftcopyVOILUTSequence[0]
    assert (voi.WindowCenter, voi.WindowWidth) == (400, 1800)
    area = ds.DisplayedAreaSelectionSequence[0]
    assert list(area.PresentationPixelSpacing) == list(sources[0].PixelSpacing)


@pytest.mark.parametrize("box", [(0, 0, 9, 9), (55, 0, 9, 9), (0, 40, 64, 24), (0, 0, 64, 64)])
def test_the_words_stay_within_the_image(
    sources: tuple[Dataset, ...], box: tuple[int, int, int, int]
) -> None:
    ds = state(sources, prediction_of(sources_of(sources), FRACTURED, boxes={"C2": box}))
    text = ds.GraphicAnnotationSequence[0].TextObjectSequence[0]
    corners = [*text.BoundingBoxTopLeftHandCorner, *text.BoundingBoxBottomRightHandCorner]
    assert all(0 <= each <= SIZE for each in corners)


def test_of_a_multi_frame_image_the_frames_are_outlined(tmp_path: Path) -> None:
    sources = read_sources([write_enhanced_ct(tmp_path / "enhanced.dcm")])
    uid = sources[0].SOPInstanceUID
    frames = tuple(SliceSource(uid, number) for number in range(1, 15))
    prediction = prediction_of(frames, FRACTURED)
    ds = state(sources, prediction)
    named = [
        each.ReferencedImageSequence[0].ReferencedFrameNumber
        for each in ds.GraphicAnnotationSequence
    ]
    assert named == [each.key_slice.frame_number for each in prediction.findings]
    assert len(ds.ReferencedSeriesSequence[0].ReferencedImageSequence) == 1


def test_slices_that_are_rescaled_differently_are_refused(sources: tuple[Dataset, ...]) -> None:
    differing = tuple(deepcopy(each) for each in sources)
    for number, each in enumerate(differing):
        each.RescaleIntercept = -number
    with pytest.raises(InternalError, match="rescaling"):
        state(differing, prediction_of(sources_of(sources), FRACTURED))


def test_without_a_finding_there_is_no_state(sources: tuple[Dataset, ...]) -> None:
    with pytest.raises(InternalError, match="needs a finding"):
        state(sources, prediction_of(sources_of(sources), INTACT))


def test_validators_have_nothing_to_say(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "ct", attributes=UTF_8_NAMES)
    sources = read_sources(paths)
    ds = state(sources, prediction_of(sources_of(sources), FRACTURED))
    assert (ds.PatientID, ds.StudyInstanceUID) == ("PID-7", sources[0].StudyInstanceUID)
    path = tmp_path / "pr.dcm"
    path.write_bytes(as_part10(ds))
    status, text = said_by("dciodvfy", path)
    assert status == 0, text
    assert "Error" not in text, text
    assert "Warning" not in text, text
    _, text = said_by("dcentvfy", path, *paths)
    assert "Error" not in text, text
    assert [w for w in text.splitlines() if "Warning" in w and "AccessionNumber" not in w] == []
