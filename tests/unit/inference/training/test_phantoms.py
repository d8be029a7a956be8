"""What training learns from: labels by comparison with the intact twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from inference.training.phantoms import (
    FRACTURE_MARK,
    StudyOrder,
    TrainingSlices,
    changed_voxels,
    draw_fractures,
    fractured_with_twin,
    make_cache,
    pick,
    stored_size,
    without_spine,
)
from tests.unit.inference.tiny import tiny_record

CONTRACT = tiny_record().contract


def order(seed: int, *, spine: bool = True) -> StudyOrder:
    return StudyOrder(seed, spine, 96, CONTRACT)


@pytest.fixture(scope="module")
def slices() -> TrainingSlices:
    return fractured_with_twin(order(3))


def test_shapes_belong_together(slices: TrainingSlices) -> None:
    count, size = len(slices.hu), stored_size(CONTRACT)
    assert slices.hu.shape == (count, size, size)
    assert slices.marks.shape == (count, size // 4, size // 4)
    assert slices.shares.shape == slices.visible_mm2.shape == (count, 7)


def test_each_visible_fracture_has_its_intact_twin(slices: TrainingSlices) -> None:
    shown = slices.visible_mm2.max(axis=1) > 0
    assert shown.any()
    twins = slices.hu[len(slices.hu) - int(shown.sum()) :]
    assert twins.shape == slices.hu[shown].shape
    assert (twins != slices.hu[shown]).any(axis=(1, 2)).all()
    assert not (slices.marks[len(slices.hu) - int(shown.sum()) :] >= FRACTURE_MARK).any()


def test_a_fracture_shows_only_where_its_level_is_near() -> None:
    study = make_study(PhantomSpec(8, (FractureSpec("C4"),), slices=60, matrix=128))
    twin = make_study(PhantomSpec(8, (), slices=60, matrix=128))
    changed = changed_voxels(study, twin)
    assert set(np.unique(changed)) == {0, 4}
    rows = np.flatnonzero(changed.any(axis=(1, 2)))
    fracture = study.fractures[0]
    assert rows[0] <= fracture.last_slice
    assert rows[-1] >= fracture.first_slice


def test_a_negative_has_nothing_to_find() -> None:
    slices = without_spine(order(5, spine=False))
    assert len(slices.hu)
    assert not slices.marks.any()
    assert not slices.shares.any()


def test_fractures_are_drawn_on_one_to_three_levels() -> None:
    rng = np.random.default_rng(0)
    draws = [draw_fractures(rng) for _ in range(200)]
    assert {len(each) for each in draws} == {1, 2, 3}
    assert {spec.level for each in draws for spec in each} == {f"C{n}" for n in range(1, 8)}


def test_pick_takes_at_most_the_count() -> None:
    rng = np.random.default_rng(0)
    among = np.array([True, False, True, True])
    assert pick(rng, among, 9) == [0, 2, 3]
    assert len(pick(rng, among, 2)) == 2


def test_the_cache_is_filled_once(tmp_path: Path) -> None:
    orders = [order(1), order(2, spine=False)]
    heard: list[int] = []
    first = make_cache(orders, tmp_path, workers=1, on_progress=heard.append)
    assert heard == [0, 1, 2]
    heard.clear()
    again = make_cache(orders, tmp_path, workers=1, on_progress=heard.append)
    assert heard == [2]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.hu, other.hu)
    assert np.array_equal(first[0].hu, fractured_with_twin(order(1)).hu)
