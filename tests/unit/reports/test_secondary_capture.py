"""A picture as a Secondary Capture: valid, of the same study, the pixels as they were drawn."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dicom_node.errors import InternalError
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.secondary_capture import build_secondary_capture
from inference.types import SliceSource
from tests.unit.reports.cases import AT, DEVICE, write_ct_series
from tests.validators import said_by

UTF_8_NAMES = {"SpecificCharacterSet": "ISO_IR 192"}
"""dcentvfy compares names by their bytes."""


def picture(rows: int = 5, columns: int = 7) -> NDArray[np.uint8]:
    """Every byte another one, an odd number of them."""
    return np.arange(rows * columns * 3, dtype=np.uint8).reshape(rows, columns, 3)


def capture(
    sources: tuple[Dataset, ...],
    drawn: NDArray[np.uint8],
    key_slices: tuple[SliceSource, ...] = (),
) -> Dataset:
    built = build_secondary_capture(
        drawn,
        sources,
        key_slices=key_slices,
        derivation="drawn by cspine-phantom 0.1.0",
        sop_instance_uid="1.2.3.4",
        series_instance_uid="1.2.3",
        instance_number=2,
        content_datetime=AT,
        device=DEVICE,
    )
    return dcmread(BytesIO(as_part10(built)))


def test_the_pixels_are_those_that_were_drawn(sources: tuple[Dataset, ...]) -> None:
    ds = capture(sources, picture())
    assert ds.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert np.array_equal(ds.pixel_array, picture())


def test_it_is_of_the_same_patient_and_names_its_slice(sources: tuple[Dataset, ...]) -> None:
    key = SliceSource(sources[3].SOPInstanceUID)
    ds = capture(sources, picture(), (key,))
    assert (ds.PatientID, str(ds.PatientName)) == ("PID-7", "Müller^Änne")
    assert ds.StudyInstanceUID == sources[0].StudyInstanceUID
    assert ds.SeriesInstanceUID == "1.2.3"
    assert ds.SOPInstanceUID == ds.file_meta.MediaStorageSOPInstanceUID == "1.2.3.4"
    assert ds.BurnedInAnnotation == "YES"
    assert "RESEARCH ONLY" in ds.SeriesDescription
    (item,) = ds.SourceImageSequence
    assert item.ReferencedSOPInstanceUID == key.sop_instance_uid


def test_the_same_arguments_give_the_same_bytes(sources: tuple[Dataset, ...]) -> None:
    assert as_part10(capture(sources, picture())) == as_part10(capture(sources, picture()))


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), picture()[:0]]
)
def test_what_is_no_picture_is_refused(sources: tuple[Dataset, ...], bad: object) -> None:
    with pytest.raises(InternalError, match="picture"):
        capture(sources, bad)  # type: ignore[arg-type]


def test_a_slice_of_another_series_is_refused(sources: tuple[Dataset, ...]) -> None:
    with pytest.raises(InternalError, match="not among the images"):
        capture(sources, picture(), (SliceSource(generate_uid()),))


def test_validators_have_nothing_to_say(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "ct", attributes=UTF_8_NAMES)
    sources = read_sources(paths)
    ds = capture(sources, picture(), (SliceSource(sources[3].SOPInstanceUID),))
    path = tmp_path / "sc.dcm"
    path.write_bytes(as_part10(ds))
    status, text = said_by("dciodvfy", path)
    assert status == 0, text
    assert "Error" not in text, text
    assert "Warning" not in text, text
    _, text = said_by("dcentvfy", path, *paths)
    assert "Error" not in text, text
    assert [w for w in text.splitlines() if "Warning" in w and "AccessionNumber" not in w] == []
