"""The field lies in the patient, not in the image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.model.record import HuWindow
from inference.preprocess import body_centre_mm, choose_slices, read_field, to_channels
from inference.types import CtVolume, SliceSource
from tests.unit.inference.tiny import tiny_record

CONTRACT = tiny_record().contract


def volume_of(
    hu: np.ndarray,
    *,
    column_mm: np.ndarray,
    row_mm: np.ndarray,
    first_mm: np.ndarray,
    down_mm: float,
) -> CtVolume:
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = column_mm, row_mm
    affine[:3, 2], affine[:3, 3] = (0, 0, -down_mm), first_mm
    sources = tuple(SliceSource(f"1.2.{i}") for i in range(len(hu)))
    return CtVolume(hu.astype(np.int16), affine, sources, "1.2")


def body(size: int, spacing_mm: float, slices: int = 5) -> CtVolume:
    """A soft-tissue disc around LPS (10, -5) with a bone rod at (20, 15); air around."""
    steps = (np.arange(size) - (size - 1) / 2) * spacing_mm
    x, y = np.meshgrid(steps, steps)
    hu = np.full((size, size), -1000.0)
    hu[np.hypot(x - 10, y + 5) < 60] = 40
    hu[np.hypot(x - 20, y - 15) < 8] = 800
    return volume_of(
        np.stack([hu] * slices),
        column_mm=np.array([spacing_mm, 0, 0]),
        row_mm=np.array([0, spacing_mm, 0]),
        first_mm=np.array([steps[0], steps[0], 50.0]),
        down_mm=4.0,
    )


def flipped(volume: CtVolume, axis: int) -> CtVolume:
    """The same patient with the image's rows (1) or columns (2) stored the other way round."""
    affine = volume.affine.copy()
    column = 2 - axis
    affine[:3, 3] += affine[:3, column] * (volume.hu.shape[axis] - 1)
    affine[:3, column] *= -1
    return replace(volume, hu=np.flip(volume.hu, axis).copy(), affine=affine)


def transposed(volume: CtVolume) -> CtVolume:
    affine = volume.affine[:, [1, 0, 2, 3]]
    return replace(volume, hu=volume.hu.transpose(0, 2, 1).copy(), affine=affine)


def test_the_field_is_centred_on_the_body() -> None:
    volume = body(200, 1.0)
    assert body_centre_mm(volume, range(5)) == pytest.approx((10.0, -5.0), abs=1.0)
    image = read_field(volume, CONTRACT).hu[0]
    middle = CONTRACT.size_px / 2 - 0.5
    per_mm = CONTRACT.size_px / CONTRACT.field_mm
    rod = image[round(middle + 20 * per_mm), round(middle + 10 * per_mm)]
    assert float(rod) == pytest.approx(800, abs=1)
    assert float(image[0, 0]) == pytest.approx(-1000, abs=1)


@pytest.mark.parametrize("change", ["rows", "columns", "transposed"])
def test_how_the_image_is_stored_does_not_matter(change: str) -> None:
    volume = body(180, 1.0)
    other = {
        "rows": lambda: flipped(volume, 1),
        "columns": lambda: flipped(volume, 2),
        "transposed": lambda: transposed(volume),
    }[change]()
    difference = read_field(other, CONTRACT).hu - read_field(volume, CONTRACT).hu
    assert float(difference.abs().mean()) < 10  # the body's centre is found on a 4 mm grid


@pytest.mark.parametrize(("size", "spacing_mm"), [(100, 2.0), (400, 0.5), (512, 0.39)])
def test_pixel_spacing_does_not_matter(size: int, spacing_mm: float) -> None:
    reference = read_field(body(200, 1.0), CONTRACT).hu
    other = read_field(body(size, spacing_mm), CONTRACT).hu
    assert float((other - reference).abs().median()) < 1
    assert float((other - reference).abs().mean()) < 30  # edges only


def test_a_volume_without_a_body_uses_its_middle() -> None:
    volume = body(100, 1.0)
    empty = replace(volume, hu=np.full_like(volume.hu, -1000))
    assert body_centre_mm(empty, range(5)) == pytest.approx((0.0, 0.0))


@pytest.mark.parametrize(
    ("slices", "own_mm", "count"), [(201, 0.5, 26), (101, 1.0, 26), (21, 5.0, 21), (1, 1.0, 1)]
)
def test_slices_are_chosen_by_millimetres(slices: int, own_mm: float, count: int) -> None:
    volume = volume_of(
        np.zeros((slices, 4, 4)),
        column_mm=np.array([1.0, 0, 0]),
        row_mm=np.array([0, 1.0, 0]),
        first_mm=np.zeros(3),
        down_mm=own_mm,
    )
    chosen = choose_slices(volume, 4.0)
    assert len(chosen) == count
    assert list(chosen) == sorted(set(chosen))
    assert chosen[0] == slices - 1 - chosen[-1]


def test_windows_clip_to_plus_and_minus_one() -> None:
    hu = torch.tensor([[[-500.0, 400.0, 1300.0, 3000.0, -2000.0]]])
    channels = to_channels(hu, (HuWindow(400, 1800),))
    assert channels[0, 0, 0].tolist() == [-1.0, 0.0, 1.0, 1.0, -1.0]
