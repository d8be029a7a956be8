"""Slices that are no study, read for one by one: which there are, and where they lie."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

from inference.types import CtVolume, NotAnalysed, ReasonCode
from inference.volume import load_slices, load_volume
from tests.ct_series import SAGITTAL, CtSeries, write_ct_series


def read(paths: list[Path]) -> tuple[CtVolume, ...]:
    volumes = load_slices(paths)
    assert not isinstance(volumes, NotAnalysed), volumes
    return volumes


def test_one_image_is_a_volume_of_its_own(tmp_path: Path) -> None:
    series: dict[str, Any] = {"slices": 1, "spacing_mm": (2.5, 3.0, 3.0)}
    paths = write_ct_series(tmp_path, **series)

    (volume,) = read(paths)

    assert volume.hu.shape == (1, 64, 64)
    np.testing.assert_allclose(volume.spacing_mm, (2.5, 3.0, 3.0))
    np.testing.assert_allclose(volume.hu[0], CtSeries(**series).hu_of(0), atol=1)


def test_regular_slices_stay_neighbours(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, slices=5)
    random.Random(3).shuffle(paths)

    (volume,) = read(paths)

    assert volume.hu.shape == (5, 64, 64)
    assert volume.spacing_mm[0] == pytest.approx(2.0)
    assert volume.position_mm(column=0, row=0, slice_index=0)[2] == pytest.approx(4.0)


@pytest.mark.parametrize(
    "heights",
    [(0, -2, -4, -9), (0, -2, -2, -4), (0, -5, -10), (0, -40)],
    ids=["irregular", "twice", "far apart", "two far apart"],
)
def test_slices_at_no_known_distance_are_read_each_alone(
    heights: tuple[float, ...], tmp_path: Path
) -> None:
    positions = [(-94.5, -94.5, float(z)) for z in heights]
    paths = write_ct_series(tmp_path, slices=len(heights), positions=positions)

    volumes = read(paths[::-1])

    assert [volume.hu.shape for volume in volumes] == [(1, 64, 64)] * len(heights)
    lie = [volume.position_mm(column=0, row=0, slice_index=0)[2] for volume in volumes]
    np.testing.assert_allclose(lie, heights, atol=1e-6)
    whole = {each.sop_instance_uid for volume in volumes for each in volume.sources}
    assert len(whole) == len(heights)
    values = [volume.hu[0].astype(int) for volume in volumes]
    expected = CtSeries(slices=len(heights), positions=positions)
    for index, value in enumerate(values):
        np.testing.assert_allclose(value, expected.hu_of(index), atol=1)


@pytest.mark.parametrize("slices", [1, 5])
def test_what_no_rule_about_images_lets_pass_is_refused_as_ever(
    slices: int, tmp_path: Path
) -> None:
    unfit: dict[str, tuple[ReasonCode, dict[str, Any]]] = {
        "mr": (ReasonCode.UNSUPPORTED_MODALITY, {"attributes": {"Modality": "MR"}}),
        "sagittal": (ReasonCode.NOT_AXIAL, {"orientation": SAGITTAL}),
        "nowhere": (ReasonCode.MISSING_GEOMETRY, {"omit": ("PixelSpacing",)}),
        "scout": (ReasonCode.LOCALIZER, {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}),
        "blank": (ReasonCode.IMPLAUSIBLE_INTENSITIES, {"hu": np.zeros((slices, 64, 64))}),
    }
    for name, (code, fields) in unfit.items():
        paths = write_ct_series(tmp_path / name, slices=slices, **fields)
        verdict = load_slices(paths)
        assert isinstance(verdict, NotAnalysed), name
        assert verdict.code == code, verdict


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    def cut(index: int, ds: Dataset) -> None:
        if index == 1:
            ds.PixelData = ds.PixelData[:100]

    verdict = load_slices(write_ct_series(tmp_path, slices=3, edit=cut))

    assert isinstance(verdict, NotAnalysed)
    assert verdict.code == ReasonCode.PIXEL_DATA_UNREADABLE
    assert "slice 2" in verdict.text


def test_a_study_is_not_made_of_them(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, slices=11)

    assert len(read(paths)) == 1
    verdict = load_volume(paths)

    assert isinstance(verdict, NotAnalysed)
    assert verdict.code == ReasonCode.TOO_FEW_SLICES


def test_no_files_at_all() -> None:
    assert isinstance(load_slices([]), NotAnalysed)
