"""From a prepared set to training series: what is known of each slice and cell, and resuming."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inference.errors import DataError, NoRoomError
from inference.model.channels import CHANNELS
from inference.model.record import CONTRACT_VERSION, InputContract
from inference.phantom.rsna import ExportedStudy
from inference.phantom.study import PhantomStudy
from inference.preprocess import grid_positions, read_field
from inference.training.prepare import prepare
from inference.training.prepared import read_prepared
from inference.training.rsna_marks import FractureRule
from inference.training.rsna_slices import SeriesOrder, make_series, prepared_slices
from inference.training.slice_batches import mark_planes
from inference.training.study_slices import UNKNOWN_MARK, StudySlices, stored_size
from inference.training.survey import LEAVE_FREE_BYTES
from inference.types import LEVELS
from tests.unit.inference.training_data.rsna_sets import ExportedSet, phantom

CONTRACT = InputContract(CONTRACT_VERSION, 64, 144.0, 4.0, 4.0, CHANNELS["spine"])
SIZE = stored_size(CONTRACT.size_px)


@pytest.fixture(scope="module")
def output(exported: ExportedSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(exported.directory, folder, folds=2)
    return folder


@pytest.fixture(scope="module")
def three_output(three_exported: ExportedSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(three_exported.directory, folder, folds=2)
    return folder


def order_of(
    output: Path, study: ExportedStudy, rule: FractureRule = FractureRule.UNKNOWN
) -> SeriesOrder:
    prepared = next(e for e in read_prepared(output) if e.stored.study_uid == study.study_uid)
    return SeriesOrder(prepared, CONTRACT, rule, None)


def study_with(exported: ExportedSet, **wanted: bool) -> ExportedStudy:
    """The first one of which all this is true or false; ``levels``: whether any is fractured."""
    return next(
        each
        for each in exported.studies
        if all(bool(getattr(each, name)) == value for name, value in wanted.items())
    )


def known(series: StudySlices) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T, h, w) each, as training reads the marks: the level is known, the fracture is."""
    _, planes = mark_planes(torch.from_numpy(series.marks), torch.from_numpy(series.boxed))
    return planes[:, 0].numpy() > 0, planes[:, 1].numpy() > 0


def fractured_cells(series: StudySlices) -> NDArray[np.bool_]:
    marked, _ = mark_planes(torch.from_numpy(series.marks), torch.from_numpy(series.boxed))
    return np.asarray(marked[:, -1].numpy() > 0)


def positions_of(made: PhantomStudy) -> NDArray[np.float64]:
    return grid_positions(made.to_volume(), CONTRACT.slice_spacing_mm)


def test_the_images_are_the_phantoms_on_the_exact_grid(exported: ExportedSet, output: Path) -> None:
    for plan in exported.studies:
        series = make_series(order_of(output, plan))
        larger = replace(CONTRACT, size_px=SIZE, field_mm=144.0 * SIZE / 64)
        field = read_field(phantom(plan).to_volume(), larger)
        assert np.abs(series.hu - field.hu.numpy()).max() <= 1  # positions are stored as decimals
        assert series.levels.tolist() == [float(level in plan.levels) for level in LEVELS]
        assert series.overall == bool(plan.levels)


def test_levels_are_the_phantoms_where_there_is_a_segmentation(
    exported: ExportedSet, output: Path
) -> None:
    plan = study_with(exported, mask=True, levels=True)
    made = phantom(plan)
    series = make_series(order_of(output, plan))
    rows = np.rint(positions_of(made)).astype(int)
    assert not series.boxed.any()
    levels = series.marks % 8
    cell_mm2 = (144.0 / 64 * 4) ** 2
    _, row_mm, column_mm = made.to_volume().spacing_mm
    for number in range(1, 8):
        area = (made.labels[rows] == number).sum() * row_mm * column_mm
        assert (levels == number).sum() * cell_mm2 == pytest.approx(area, rel=0.25)
    levels_known, _ = known(series)
    assert levels_known.all()
    assert set(np.flatnonzero(series.shares.max(axis=0) == 0)) == set()


def test_nothing_is_known_of_levels_without_a_segmentation(
    exported: ExportedSet, output: Path
) -> None:
    series = make_series(order_of(output, study_with(exported, mask=False)))
    levels_known, _ = known(series)
    assert not levels_known.any()
    assert np.isnan(series.shares).all()


def test_an_intact_study_shows_no_fracture_anywhere(exported: ExportedSet, output: Path) -> None:
    series = make_series(order_of(output, study_with(exported, levels=False)))
    assert (series.fracture == 0).all()
    _, fracture_known = known(series)
    assert fracture_known.all()
    assert not fractured_cells(series).any()


def test_boxes_say_which_slices_and_cells_show_the_fracture(
    exported: ExportedSet, output: Path
) -> None:
    """C5 and C6 are broken: the segmentation tells which box is whose."""
    plan = study_with(exported, boxes=True, mask=True)
    assert plan.levels == ("C5", "C6")
    made = phantom(plan)
    series = make_series(order_of(output, plan))
    positions = positions_of(made)
    spacing_mm = made.to_volume().spacing_mm[0]
    cells = fractured_cells(series)
    _, fracture_known = known(series)
    every = np.zeros(len(made.hu), np.bool_)
    for fracture in made.fractures:
        every[fracture.first_slice : fracture.first_slice + len(fracture.boxes)] = True
    to_any = np.abs(positions[:, None] - np.flatnonzero(every)).min(axis=1) * spacing_mm
    for fracture in made.fractures:
        level = LEVELS.index(fracture.level)
        own = np.arange(fracture.first_slice, fracture.first_slice + len(fracture.boxes))
        to_own = np.abs(positions[:, None] - own).min(axis=1) * spacing_mm
        label = series.fracture[:, level]
        middle = np.unique(np.abs(positions - own[:, None]).argmin(axis=1))
        assert (label[middle] == 1).all()
        assert not (label[to_own > 4] == 1).any()
        assert (label[to_any > 11] == 0).all()
        shown = cells[middle] & (series.marks[middle] % 8 == level + 1)
        assert shown.any()
        other = np.isin(series.marks[middle] % 8, [1, 2, 3, 4, 7])
        assert not (cells[middle] & other).any()
    assert not cells[to_any > 4].any()
    assert fracture_known[to_any > 11].all()
    assert (np.isnan(series.fracture).sum(axis=0) > 0).tolist() == [
        level in plan.levels for level in LEVELS
    ]
    # A box's edge is no fracture's edge.
    ring = (~fracture_known).sum(axis=(1, 2))
    assert (ring[to_any < 2] > 0).all()


def test_a_box_of_the_only_fractured_level_needs_no_segmentation(
    three_exported: ExportedSet, three_output: Path
) -> None:
    plan = next(e for e in three_exported.studies if e.boxes and not e.mask)
    (fracture,) = phantom(plan).fractures
    series = make_series(order_of(three_output, plan))
    label = series.fracture[:, LEVELS.index(fracture.level)]
    assert (label == 1).any()
    assert (label == 0).any()
    boxed = (series.marks != UNKNOWN_MARK).any(axis=(1, 2))
    assert series.boxed[boxed].all()
    cells = fractured_cells(series)
    assert (cells.any(axis=(1, 2)) <= (label == 1)).all()
    size_mm = 144.0 / 64
    bone = series.hu.reshape(len(series.hu), SIZE // 4, 4, SIZE // 4, 4) > 150
    assert bone.mean(axis=(2, 4))[cells].min() >= 0.25
    box_mm2 = (
        fracture.boxes[0][2]
        * fracture.boxes[0][3]
        * np.prod(phantom(plan).to_volume().spacing_mm[1:])
    )
    assert cells.sum(axis=(1, 2)).max() * (4 * size_mm) ** 2 < 2 * box_mm2 + (8 * size_mm) ** 2


def test_a_fractured_level_that_nobody_marked_is_unknown(
    exported: ExportedSet, output: Path
) -> None:
    plan = next(e for e in exported.studies if e.levels and not e.boxes and not e.mask)
    series = make_series(order_of(output, plan))
    broken = [level in plan.levels for level in LEVELS]
    assert np.isnan(series.fracture[:, broken]).all()
    assert (series.fracture[:, np.logical_not(broken)] == 0).all()
    assert (series.marks == UNKNOWN_MARK).all()


def test_cells_of_a_fractured_level_that_nobody_marked_keep_their_level(
    exported: ExportedSet, output: Path
) -> None:
    plan = next(e for e in exported.studies if e.levels and not e.boxes and e.mask)
    (level,) = plan.levels
    number = LEVELS.index(level) + 1
    series = make_series(order_of(output, plan))
    levels_known, fracture_known = known(series)
    of_level = series.marks % 8 == number
    assert levels_known.all()
    assert not fracture_known[of_level].any()
    others = (series.marks % 8 > 0) & ~of_level
    elsewhere = ~of_level.any(axis=(1, 2))
    assert fracture_known[elsewhere].all()
    assert fracture_known[others].mean() > 0.5
    assert not fractured_cells(series).any()


@pytest.mark.parametrize("rule", list(FractureRule))
def test_the_rule_of_fractured_levels_that_nobody_marked(
    exported: ExportedSet, output: Path, rule: FractureRule
) -> None:
    plan = next(e for e in exported.studies if e.levels and not e.boxes and e.mask)
    broken = [LEVELS.index(level) for level in plan.levels]
    series = make_series(order_of(output, plan, rule))
    share = series.shares[:, broken]
    wanted = {
        FractureRule.UNKNOWN: np.full_like(share, np.nan),
        FractureRule.SHARE: share,
        FractureRule.VERTEBRA: np.ones_like(share),
    }[rule]
    label = series.fracture[:, broken]
    np.testing.assert_array_equal(label, np.where(share == 0, 0, wanted))
    assert (share > 0).any()
    assert (share == 0).any()


# The cache.


def read(
    output: Path, cache: Path, leave_free_bytes: int = LEAVE_FREE_BYTES
) -> tuple[list[StudySlices], list[int]]:
    done: list[int] = []
    series = prepared_slices(
        output,
        CONTRACT,
        cache,
        workers=1,
        on_progress=lambda each, _of: done.append(each),
        leave_free_bytes=leave_free_bytes,
    )
    return series, done


def test_series_are_made_once_and_go_on_after_a_kill(
    exported: ExportedSet, output: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "prepared"
    shutil.copytree(output, copy)
    series, done = read(copy, tmp_path / "cache")
    assert done == list(range(7))
    prepared = read_prepared(copy)
    assert [each.patient_key for each in series] == [e.stored.patient_key for e in prepared]
    assert [each.fold for each in series] == [each.fold for each in prepared]
    one = make_series(order_of(output, exported.studies[0]))
    same = next(each for each in series if each.patient_key == one.patient_key)
    for name in ("hu", "marks", "shares", "fracture", "boxed", "levels"):
        np.testing.assert_array_equal(getattr(same, name), getattr(one, name))
    # What a kill leaves: some series, and half of one.
    folders = sorted((tmp_path / "cache").glob("rsna-*"))
    folders[2].rename(tmp_path / "cache" / f"{folders[2].name}.999.partial")
    before = folders[0].stat().st_mtime_ns
    _, done = read(copy, tmp_path / "cache")
    assert done == [5, 6]
    assert sorted((tmp_path / "cache").glob("rsna-*")) == folders
    assert folders[0].stat().st_mtime_ns == before
    # Folds and labels are the set's, not the cache's.
    prepare(exported.directory, copy, folds=3)
    series, done = read(copy, tmp_path / "cache")
    assert done == [6]
    assert sorted({each.fold for each in series}) == [0, 1, 2]


def test_one_run_at_a_time(output: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    held = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); sys.stdin.read()"  # noqa: E501
    with subprocess.Popen(
        [sys.executable, "-c", held, str(tmp_path / "cache" / "rsna.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(DataError, match="another run makes the series"):
            read(output, tmp_path / "cache")
        child.kill()


def test_a_disk_that_is_too_small_gets_nothing(output: Path, tmp_path: Path) -> None:
    with pytest.raises(NoRoomError, match=r"GB are needed and .* must stay free") as refusal:
        read(output, tmp_path / "cache", leave_free_bytes=10**18)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "cache").exists()


def test_the_estimate_of_the_disk_is_near(exported: ExportedSet, output: Path) -> None:
    order = order_of(output, exported.studies[0])
    series = make_series(order)
    assert order.bytes == pytest.approx(series.hu.nbytes + series.marks.nbytes, rel=0.05)


def test_a_cache_that_cannot_be_written(output: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        read(output, tmp_path / "cache")


def test_a_damaged_array_ends_the_run_in_one_line(output: Path, tmp_path: Path) -> None:
    copy = tmp_path / "prepared"
    shutil.copytree(output, copy)
    path = next((copy / "volumes").iterdir())
    os.truncate(path, 200)
    with pytest.raises(DataError, match="missing or damaged: prepare the set again") as refusal:
        read(copy, tmp_path / "cache")
    assert "\n" not in str(refusal.value)
    assert list((tmp_path / "cache").glob("*.partial")) == []
