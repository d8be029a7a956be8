"""Phantoms as training series: labels by comparison with the intact twin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.phantom.study import FractureSpec, PhantomSpec, make_pair
from inference.training.phantom_slices import (
    StudyOrder,
    changed_voxels,
    draw_fractures,
    fracture_labels,
    make_cache,
    make_series,
)
from inference.training.series_tokens import equal_rows
from inference.training.study_slices import FRACTURE_MARK, StudySlices, stored_size
from tests.unit.inference.tiny import tiny_record

CONTRACT = replace(tiny_record("spine").contract, slice_spacing_mm=3.0, slab_mm=3.0)
FRACTURED_SEED = 3


def order(seed: int, *, spine: bool = True) -> StudyOrder:
    return StudyOrder(seed, spine, 64, CONTRACT, fold=4)


@pytest.fixture(scope="module")
def pair() -> tuple[StudySlices, ...]:
    return make_series(order(FRACTURED_SEED))


def test_a_fractured_study_comes_with_its_twin(pair: tuple[StudySlices, ...]) -> None:
    study, twin = pair
    assert study.hu.shape == twin.hu.shape == (len(study.hu), *[stored_size(64)] * 2)
    assert study.patient_key == twin.patient_key
    assert (study.overall, twin.overall) == (1, 0)
    assert study.levels.any()
    assert not twin.levels.any()
    assert {study.fold, twin.fold} == {4}


def test_only_fractured_levels_are_shown_as_fractured(pair: tuple[StudySlices, ...]) -> None:
    study, twin = pair
    shown = (study.fracture == 1).any(axis=0)
    assert shown.any()
    assert not (shown & (study.levels == 0)).any()
    assert not (twin.fracture != 0).any()
    assert (study.marks >= FRACTURE_MARK).any()
    assert not (twin.marks >= FRACTURE_MARK).any()


def test_slices_that_show_a_fracture_differ_from_the_twin(pair: tuple[StudySlices, ...]) -> None:
    study, twin = pair
    differs = (study.hu != twin.hu).any(axis=(1, 2))
    assert differs[(study.fracture == 1).any(axis=1)].all()


def test_far_from_the_fracture_the_twin_is_the_same(pair: tuple[StudySlices, ...]) -> None:
    study, twin = pair
    same = equal_rows(study.hu, twin.hu, reach=1)
    differs = (study.hu != twin.hu).any(axis=(1, 2))
    assert same.any()
    near = differs.copy()
    near[1:] |= differs[:-1]
    near[:-1] |= differs[1:]
    assert np.array_equal(same, ~near)


def test_a_fracture_shows_only_where_its_level_is_near() -> None:
    study, twin = make_pair(PhantomSpec(8, (FractureSpec("C4"),), slices=60, matrix=96))
    changed = changed_voxels(study, twin)
    assert set(np.unique(changed)) == {0, 4}
    rows = np.flatnonzero(changed.any(axis=(1, 2)))
    fracture = study.fractures[0]
    assert rows[0] <= fracture.last_slice
    assert rows[-1] >= fracture.first_slice


def test_between_nothing_and_enough_nobody_knows() -> None:
    visible = np.array([[0.0, 0.0, 5.0, 6.0]], np.float32)
    changed = np.array([[1.0, 9.0, 5.0, 9.0]], np.float32)
    labels = fracture_labels(visible, changed)
    assert np.array_equal(labels, np.array([[0, np.nan, np.nan, 1]]), equal_nan=True)


def test_a_negative_has_nothing_to_find() -> None:
    (series,) = make_series(order(5, spine=False))
    assert series.group == "no-spine"
    assert not series.marks.any()
    assert not series.shares.any()
    assert np.isnan(series.levels).all()


def test_fractures_are_drawn_on_one_to_three_levels() -> None:
    rng = np.random.default_rng(0)
    draws = [draw_fractures(rng) for _ in range(200)]
    assert {len(each) for each in draws} == {1, 2, 3}
    assert {spec.level for each in draws for spec in each} == {f"C{n}" for n in range(1, 8)}


def test_the_cache_is_filled_once(tmp_path: Path, pair: tuple[StudySlices, ...]) -> None:
    orders = [order(5, spine=False), order(FRACTURED_SEED)]
    heard: list[int] = []
    first = make_cache(orders, tmp_path, workers=1, on_progress=heard.append)
    assert heard == [0, 1, 2]
    heard.clear()
    again = make_cache(orders, tmp_path, workers=1, on_progress=heard.append)
    assert heard == [2]
    assert [each.overall for each in again[1:]] == [1, 0]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.hu, other.hu)
    assert np.array_equal(first[1].hu, pair[0].hu)


def test_a_study_without_its_twin_is_never_taken_for_whole(
    tmp_path: Path, pair: tuple[StudySlices, ...]
) -> None:
    # Killed between the two: the twin is there, the study is not.
    name = order(FRACTURED_SEED).name
    pair[1].save(tmp_path / f"{name}-twin")
    made = make_cache([order(FRACTURED_SEED)], tmp_path, workers=1, on_progress=lambda _: None)
    assert [each.overall for each in made] == [1, 0]
