"""The heat map as a Parametric Map: valid, in the patient where the network saw it."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_node.reports.evidence import read_sources
from dicom_node.reports.heat_map import build_heat_map
from dicom_node.reports.part10 import as_part10
from inference.types import HeatMap
from tests.unit.reports.cases import AT, DEVICE, MODEL, write_ct_series, write_enhanced_ct
from tests.validators import said_by

UTF_8_NAMES = {"SpecificCharacterSet": "ISO_IR 192"}
"""dcentvfy compares names by their bytes."""


def heat(lean: tuple[float, float] = (0.0, 0.0)) -> HeatMap:
    """One bright cell, (slice 2, row 3, column 4), on slices that lean to both sides."""
    evidence = np.zeros((5, 8, 8), np.float32)
    evidence[2, 3, 4] = 0.8125
    affine = np.eye(4)
    affine[:3, 0] = 4.0 * np.array([1.0, 0.0, lean[0]])
    affine[:3, 1] = 4.0 * np.array([0.0, 1.0, lean[1]])
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    affine[:3, 2] = -2.0 * normal / np.linalg.norm(normal)
    affine[:3, 3] = (-16.25, -15.5, 2.75)
    return HeatMap(evidence, affine)


def built(sources: tuple[Dataset, ...], heat_map: HeatMap | None = None) -> Dataset | None:
    ds = build_heat_map(
        heat_map or heat(),
        sources,
        sop_instance_uid="1.2.3.4",
        series_instance_uid="1.2.3",
        content_datetime=AT,
        device=DEVICE,
        model=MODEL,
    )
    return None if ds is None else dcmread(BytesIO(as_part10(ds)))


def written(sources: tuple[Dataset, ...], heat_map: HeatMap | None = None) -> Dataset:
    ds = built(sources, heat_map)
    assert ds is not None
    return ds


def affine_of(ds: Dataset) -> NDArray[np.float64]:
    """As any reader makes it of the functional groups (PS3.3 C.7.6.2.1.1)."""
    shared = ds.SharedFunctionalGroupsSequence[0]
    spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
    cosines = [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
    corners = [
        np.array(frame.PlanePositionSequence[0].ImagePositionPatient, np.float64)
        for frame in ds.PerFrameFunctionalGroupsSequence
    ]
    affine = np.eye(4)
    affine[:3, 0] = np.array(cosines[:3]) * spacing[1]
    affine[:3, 1] = np.array(cosines[3:]) * spacing[0]
    affine[:3, 2] = corners[1] - corners[0]
    affine[:3, 3] = corners[0]
    return affine


@pytest.mark.parametrize("lean", [(0.0, 0.0), (0.3, 0.0), (0.0, -0.3)])
def test_values_and_places_are_the_map_s(
    sources: tuple[Dataset, ...], lean: tuple[float, float]
) -> None:
    given = heat(lean)
    ds = written(sources, given)
    pixels = np.frombuffer(ds.FloatPixelData, "<f4").reshape(given.evidence.shape)
    assert affine_of(ds) == pytest.approx(given.affine, abs=1e-3)
    assert np.array_equal(pixels, given.evidence)


def test_slices_that_lean_to_two_sides_keep_the_place(sources: tuple[Dataset, ...]) -> None:
    given = heat((0.3, 0.3))
    ds = written(sources, given)
    pixels = np.frombuffer(ds.FloatPixelData, "<f4").reshape(given.evidence.shape)
    affine = affine_of(ds)
    cosines = affine[:3, :2] / np.linalg.norm(affine[:3, :2], axis=0)
    assert abs(cosines[:, 0] @ cosines[:, 1]) < 1e-4
    weights = pixels / pixels.sum()
    centre = [float((weights * index).sum()) for index in np.indices(pixels.shape)]
    found = affine @ np.array([centre[2], centre[1], centre[0], 1.0])
    expected = given.affine @ np.array([4.0, 3.0, 2.0, 1.0])
    assert found == pytest.approx(expected, abs=0.05)


def test_it_is_of_the_same_study_and_space_and_names_all_sources(
    sources: tuple[Dataset, ...],
) -> None:
    ds = written(sources)
    first = sources[0]
    for keyword in ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert ds[keyword].value == first[keyword].value
    assert str(ds.PatientName) == "Müller^Änne"
    expected = [source.SOPInstanceUID for source in sources]
    assert [item.ReferencedSOPInstanceUID for item in ds.SourceImageSequence] == expected
    (series,) = ds.ReferencedSeriesSequence
    assert [i.ReferencedSOPInstanceUID for i in series.ReferencedInstanceSequence] == expected
    assert all(
        not frame.get("DerivationImageSequence") for frame in ds.PerFrameFunctionalGroupsSequence
    )
    assert "research use only" in ds.ImageComments
    assert ds.BodyPartExamined == "CSPINE"


def without_frame_of_reference(ds: Dataset) -> None:
    del ds.FrameOfReferenceUID


def test_without_a_frame_of_reference_there_is_none(
    sources: tuple[Dataset, ...], tmp_path: Path
) -> None:
    bare = read_sources(write_ct_series(tmp_path, edit=without_frame_of_reference))
    assert built(bare) is None
    other = deepcopy(sources[1])
    other.FrameOfReferenceUID = generate_uid()
    assert built((sources[0], other)) is None


@pytest.mark.parametrize("lean", [(0.0, 0.0), (0.3, 0.3)])
def test_validators_find_no_error(tmp_path: Path, lean: tuple[float, float]) -> None:
    paths = write_ct_series(tmp_path / "ct", attributes=UTF_8_NAMES)
    assert_valid(written(read_sources(paths), heat(lean)), tmp_path, *paths)


def test_of_an_enhanced_ct_it_is_valid_too(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "enhanced.dcm")
    assert_valid(written(read_sources([path])), tmp_path)


def assert_valid(ds: Dataset, folder: Path, *sources: Path) -> None:
    path = folder / "map.dcm"
    path.write_bytes(as_part10(ds))
    status, text = said_by("dciodvfy", path)
    assert status == 0, text
    assert "Error" not in text, text
    # QUANTITY is a term of PS3.3 C.8.16.2.1.4 that it does not know.
    warned = [line for line in text.splitlines() if "Warning" in line]
    assert [line for line in warned if "<QUANTITY>" not in line] == []
    if sources:
        _, text = said_by("dcentvfy", path, *sources)
        assert "Error" not in text, text
        warned = [line for line in text.splitlines() if "Warning" in line]
        assert [w for w in warned if "AccessionNumber" not in w] == []


def test_a_map_that_is_wrong_does_not_pass_here(
    sources: tuple[Dataset, ...], tmp_path: Path
) -> None:
    ds = written(sources, heat())
    del ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    with pytest.raises(AssertionError):
        assert_valid(ds, tmp_path)
