"""The field lies in the patient, not in the image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.model.channels import CHANNELS, Channel, HuWindow
from inference.preprocess import (
    FieldSlices,
    body_centre_mm,
    grid_positions,
    read_each,
    read_field,
    slice_weights,
    to_channels,
)
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


def stack(values: np.ndarray, own_mm: float) -> CtVolume:
    """Slices of one value each, as wide as the field."""
    return volume_of(
        np.broadcast_to(np.rint(values)[:, None, None], (len(values), 80, 80)),
        column_mm=np.array([2.0, 0, 0]),
        row_mm=np.array([0, 2.0, 0]),
        first_mm=np.zeros(3),
        down_mm=own_mm,
    )


@pytest.mark.parametrize(
    ("slices", "own_mm", "count"),
    [(201, 0.5, 26), (101, 1.0, 26), (21, 5.0, 26), (34, 3.0, 25), (1, 1.0, 1)],
)
def test_slices_are_read_at_exact_distances(slices: int, own_mm: float, count: int) -> None:
    positions_mm = grid_positions(stack(np.zeros(slices), own_mm), 4.0) * own_mm
    assert len(positions_mm) == count
    assert np.diff(positions_mm) == pytest.approx(4.0)
    assert positions_mm[0] == pytest.approx((slices - 1) * own_mm - positions_mm[-1])


@pytest.mark.parametrize(("slices", "own_mm"), [(201, 0.5), (126, 0.8), (51, 2.0), (34, 3.0)])
def test_slice_spacing_does_not_matter(slices: int, own_mm: float) -> None:
    """What grows evenly along the body is the same at every place, however finely it is cut."""
    at_mm = np.arange(slices) * own_mm
    field = read_field(stack(-500 + 10 * at_mm, own_mm), CONTRACT)
    assert field.spacing_mm == 4.0
    read = field.hu[:, 32, 32].numpy()
    assert np.diff(read[1:-1]) == pytest.approx(40.0, abs=1.1)
    middle_hu = -500 + 10 * at_mm[-1] / 2
    assert read.mean() == pytest.approx(middle_hu, abs=2)
    nearest_mm = np.array(field.indices) * own_mm
    assert np.abs(nearest_mm - grid_positions_mm(field, at_mm[-1])).max() <= own_mm / 2 + 1e-6


def grid_positions_mm(field: FieldSlices, extent_mm: float) -> np.ndarray:
    span_mm = (len(field.indices) - 1) * field.spacing_mm
    return (extent_mm - span_mm) / 2 + np.arange(len(field.indices)) * field.spacing_mm


def test_thin_slices_are_averaged_over_the_slab() -> None:
    """Noise of thin slices is that of thick ones; a slice that stands out is not lost."""
    noise = np.random.default_rng(0).normal(0, 50, 401)
    thin = read_field(stack(noise, 0.5), CONTRACT).hu[:, 32, 32]
    assert 10 < float(thin.std()) < 30
    spike = np.zeros(401)
    spike[202] = 800  # between two of the positions, which lie 8 own slices apart
    assert float(read_field(stack(spike, 0.5), CONTRACT).hu.max()) == pytest.approx(100, abs=1)


@pytest.mark.parametrize(("slab_mm", "own_mm"), [(0.0, 0.5), (2.0, 0.6), (4.0, 3.0), (4.0, 0.7)])
def test_weights_of_own_slices_sum_to_one(slab_mm: float, own_mm: float) -> None:
    positions = grid_positions(stack(np.zeros(60), own_mm), 2.0)
    weights = slice_weights(positions, 60, own_mm, slab_mm)
    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert weights.min() >= 0
    turned = slice_weights(59 - positions[::-1], 60, own_mm, slab_mm)
    assert weights == pytest.approx(turned[::-1, ::-1], abs=1e-6)


def test_each_slice_comes_with_its_surroundings() -> None:
    contract = replace(CONTRACT, channels=CHANNELS["spine"], slab_mm=0.0)
    volume = stack(np.arange(5) * 100.0, 2.0)  # 50 HU a millimetre, read 4 mm apart
    read = [(hu[:, 32, 32].tolist(), row) for hu, row in read_each(volume, contract)]
    assert [hu for hu, _ in read] == [
        pytest.approx([max(0, at - 200), at, min(400, at + 200)], abs=0.1)
        for at in (0, 100, 200, 300, 400)
    ]
    assert {row for _, row in read} == {1}


def test_windows_clip_to_plus_and_minus_one() -> None:
    hu = torch.tensor([[[-500.0, 400.0, 1300.0, 3000.0, -2000.0]]])
    channels = to_channels(hu, (Channel(0, HuWindow(400, 1800)),))
    assert channels[0, 0, 0].tolist() == [-1.0, 0.0, 1.0, 1.0, -1.0]


def test_channels_show_neighbours_and_repeat_the_ends() -> None:
    hu = torch.arange(5.0).reshape(5, 1, 1)
    window = HuWindow(0, 200)  # 1 HU is 0.01
    channels = tuple(Channel(offset, window) for offset in (-1, 0, 1))
    shown = to_channels(hu, channels)[..., 0, 0] * 100
    assert shown.round().int().tolist() == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 4]]
    some = to_channels(hu, channels, [4, 1])[..., 0, 0] * 100
    assert some.round().int().tolist() == [[3, 4, 4], [0, 1, 2]]
