"""The heat map: in the patient where the boxes are, and nothing of levels not assessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inference.evidence import heat_map
from inference.phantom.study import PhantomSpec, make_study
from inference.predictor import Predictor
from inference.preprocess import FieldSlices, read_field
from inference.types import LEVELS, CtVolume, HeatMap, Prediction
from tests.unit.inference.tiny import ARCHITECTURES, tiny_engine, tiny_record

CELLS = 8


@pytest.fixture(scope="module")
def volume() -> CtVolume:
    return make_study(PhantomSpec(100_001, (), slices=40, matrix=96)).to_volume("1.2.3")


@pytest.fixture(scope="module")
def field(volume: CtVolume) -> FieldSlices:
    return read_field(volume, tiny_record().contract)


def shown(
    volume: CtVolume,
    field: FieldSlices,
    maps: NDArray[np.float32],
    slice_evidence: NDArray[np.float64],
    assessed: tuple[int, ...] = tuple(range(7)),
) -> HeatMap:
    chosen = np.isin(np.arange(len(LEVELS)), assessed)
    return heat_map(volume, field, maps, slice_evidence, chosen)


def in_voxels(volume: CtVolume, heat: HeatMap, cell: tuple[int, ...]) -> NDArray[np.float64]:
    """(column, row, slice) of the volume, of a (slice, row, column) of the map."""
    slice_index, row, column = cell
    at_mm = heat.affine @ np.array([column, row, slice_index, 1.0])
    voxel: NDArray[np.float64] = (np.linalg.inv(volume.affine) @ at_mm)[:3]
    return voxel


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_brightest_place_of_a_key_slice_lies_in_its_box(architecture: str) -> None:
    """With one level assessed at a time, since the map shows the highest of all."""
    engine = tiny_engine(architecture=architecture)
    volume = make_study(PhantomSpec(100_001, (), slices=72, matrix=96)).to_volume("1.2.3")
    predictor = Predictor(engine)
    result = predictor.predict(volume)
    assert isinstance(result, Prediction)
    assert result.findings
    field = read_field(volume, engine.record.contract)
    reading = predictor.read(field)
    for finding in result.findings:
        level = LEVELS.index(finding.level)
        heat = shown(volume, field, reading.maps, reading.presence * reading.fracture, (level,))
        peak = np.unravel_index(int(heat.evidence.argmax()), heat.evidence.shape)
        column, row, slice_index = in_voxels(volume, heat, tuple(int(each) for each in peak))
        x, y, width, height = finding.box
        assert x - 0.5 <= column <= x + width - 0.5
        assert y - 0.5 <= row <= y + height - 0.5
        assert abs(slice_index - finding.key_slice_index) <= 0.51
    whole = result.heat_map
    assert whole is not None
    assert whole.evidence.dtype == np.float32
    assert 0 <= whole.evidence.min() < whole.evidence.max() <= 1
    assert whole.evidence.max() == pytest.approx(
        (reading.presence * reading.fracture).max(), rel=1e-6
    )


@pytest.mark.parametrize("flipped", [False, True])
def test_a_cell_is_where_the_field_has_it(
    volume: CtVolume, field: FieldSlices, flipped: bool
) -> None:
    """Against the field's own map from its pixels to the volume's; slices by their own rule."""
    if flipped:
        affine = volume.affine.copy()
        affine[:3, 3] += affine[:3, 0] * (volume.hu.shape[2] - 1)
        affine[:3, 0] *= -1
        volume = replace(volume, hu=np.ascontiguousarray(volume.hu[:, :, ::-1]), affine=affine)
        field = read_field(volume, tiny_record().contract)
    slices = len(field.hu)
    maps = np.zeros((slices, 7, CELLS, CELLS), np.float32)
    maps[3, 4, 2, 5] = 1.0
    heat = shown(volume, field, maps, np.full((slices, 7), 0.75))
    assert heat.evidence[3, 2, 5] == 0.75
    assert np.count_nonzero(heat.evidence) == 1
    zoom = field.hu.shape[-1] / CELLS
    in_field = np.array([5 * zoom + (zoom - 1) / 2, 2 * zoom + (zoom - 1) / 2, 1.0])
    column, row, slice_index = in_voxels(volume, heat, (3, 2, 5))
    assert (column, row) == pytest.approx(tuple(field.to_pixels @ in_field))
    assert slice_index == pytest.approx(field.indices[3], abs=0.51)


def test_levels_that_were_not_assessed_are_not_shown(volume: CtVolume, field: FieldSlices) -> None:
    slices = len(field.hu)
    maps = np.zeros((slices, 7, CELLS, CELLS), np.float32)
    maps[2, 0, 1, 1] = maps[5, 6, 3, 3] = 9.0
    evidence = np.full((slices, 7), 0.5)
    assert shown(volume, field, maps, evidence, (6,)).evidence[2].max() == 0
    assert shown(volume, field, maps, evidence, (6,)).evidence[5, 3, 3] == 0.5
    assert not shown(volume, field, maps, evidence, ()).evidence.any()


def test_a_map_without_any_place_shows_nothing(volume: CtVolume, field: FieldSlices) -> None:
    maps = torch.full((len(field.hu), 7, CELLS, CELLS), 0.3).numpy()
    assert not shown(volume, field, maps, np.ones((len(field.hu), 7))).evidence.any()
