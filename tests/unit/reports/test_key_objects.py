"""The key slices as a Key Object Selection: valid, each slice once, of the same study."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from highdicom.ko import KeyObjectSelectionDocument
from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_node.errors import InternalError
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.key_objects import build_key_objects
from dicom_node.reports.part10 import as_part10
from inference.types import Prediction, SliceSource
from tests.unit.reports.cases import (
    AT,
    DEVICE,
    FRACTURED,
    INTACT,
    prediction_of,
    sources_of,
    write_ct_series,
    write_enhanced_ct,
)
from tests.validators import said_by

UTF_8_NAMES = {"SpecificCharacterSet": "ISO_IR 192"}
"""dcentvfy compares names by their bytes."""


def selection(sources: tuple[Dataset, ...], prediction: Prediction) -> Dataset:
    built = build_key_objects(
        prediction,
        sources,
        sop_instance_uid="1.2.3.5",
        series_instance_uid="1.2.5",
        content_datetime=AT,
        device=DEVICE,
    )
    return dcmread(BytesIO(as_part10(built)))


def test_highdicom_reads_the_key_slices_back(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED)
    document = KeyObjectSelectionDocument.from_dataset(selection(sources, prediction))
    assert document.content[0].ConceptNameCodeSequence[0].CodeValue == "113000"
    references = document.content.get_references()
    named = [each.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for each in references]
    assert named == [each.key_slice.sop_instance_uid for each in prediction.findings]
    assert len(named) == 2


def test_a_slice_of_two_findings_is_named_once(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED)
    first, second = prediction.findings
    second = replace(second, key_slice=first.key_slice, key_slice_index=first.key_slice_index)
    ds = selection(sources, replace(prediction, findings=(first, second)))
    images = [item for item in ds.ContentSequence if item.ValueType == "IMAGE"]
    assert len(images) == 1


def test_of_a_multi_frame_image_the_frames_are_named(tmp_path: Path) -> None:
    sources = read_sources([write_enhanced_ct(tmp_path / "enhanced.dcm")])
    uid = sources[0].SOPInstanceUID
    frames = tuple(SliceSource(uid, number) for number in range(1, 15))
    prediction = prediction_of(frames, FRACTURED)
    ds = selection(sources, prediction)
    named = [
        item.ReferencedSOPSequence[0].ReferencedFrameNumber
        for item in ds.ContentSequence
        if item.ValueType == "IMAGE"
    ]
    assert named == [each.key_slice.frame_number for each in prediction.findings]


def test_without_a_finding_there_is_no_selection(sources: tuple[Dataset, ...]) -> None:
    with pytest.raises(InternalError, match="needs a finding"):
        selection(sources, prediction_of(sources_of(sources), INTACT))


def test_validators_have_nothing_to_say(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "ct", attributes=UTF_8_NAMES)
    sources = read_sources(paths)
    ds = selection(sources, prediction_of(sources_of(sources), FRACTURED))
    assert (ds.PatientID, ds.StudyInstanceUID) == ("PID-7", sources[0].StudyInstanceUID)
    path = tmp_path / "ko.dcm"
    path.write_bytes(as_part10(ds))
    status, text = said_by("dciodvfy", path)
    assert status == 0, text
    assert "Error" not in text, text
    assert "Warning" not in text, text
    _, text = said_by("dcentvfy", path, *paths)
    assert "Error" not in text, text
    assert [w for w in text.splitlines() if "Warning" in w and "AccessionNumber" not in w] == []
