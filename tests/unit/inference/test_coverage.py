"""Which levels lie outside the images, which are cut off, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from inference.coverage import COMPLETE, coverage_in_short, coverage_sentence, with_coverage
from inference.phantom.study import PhantomSpec, PhantomStudy, make_study
from inference.types import LEVELS, CtVolume, Level, LevelPrediction, SliceSource

HEIGHT_SLICES = 8
"""16 mm a vertebra at 2 mm."""


def volume_of(slices: int, spacing_mm: float = 2.0) -> CtVolume:
    sources = tuple(SliceSource(f"1.2.{number}") for number in range(slices))
    affine = np.diag([1.0, 1.0, -spacing_mm, 1.0])
    return CtVolume(np.zeros((slices, 2, 2), np.int16), affine, sources, "1.2")


def described(
    seen: Mapping[Level, tuple[int, int]], slices: int, spacing_mm: float = 2.0
) -> tuple[LevelPrediction, ...]:
    levels = [
        LevelPrediction(level, 0.1, *seen[level]) if level in seen else LevelPrediction(level, None)
        for level in LEVELS
    ]
    return with_coverage(levels, volume_of(slices, spacing_mm))


def spine(*, first: int, names: tuple[Level, ...]) -> dict[Level, tuple[int, int]]:
    """Levels of equal height, one under the other, from slice ``first`` on."""
    return {
        level: (first + HEIGHT_SLICES * step, first + HEIGHT_SLICES * (step + 1) - 1)
        for step, level in enumerate(names)
    }


def outside(levels: tuple[LevelPrediction, ...]) -> list[str]:
    return [each.level for each in levels if each.outside]


def cut_off(levels: tuple[LevelPrediction, ...]) -> list[str]:
    return [each.level for each in levels if each.cut_off]


def test_a_whole_spine_is_complete() -> None:
    levels = described(spine(first=10, names=LEVELS), 80)

    assert (outside(levels), cut_off(levels)) == ([], [])
    assert coverage_sentence(levels) == COMPLETE
    assert coverage_in_short(levels) == ""


def test_what_lies_below_the_last_slice_is_outside() -> None:
    levels = described(spine(first=10, names=LEVELS[:5]), 10 + 5 * HEIGHT_SLICES + 2)

    assert (outside(levels), cut_off(levels)) == (["C6", "C7"], [])
    assert coverage_sentence(levels) == (
        "C6, C7 not assessed: outside the images. "
        "The overall result covers only what was assessed: C1, C2, C3, C4, C5."
    )
    assert coverage_in_short(levels) == "Not assessed: C6, C7 (outside the images)"


def test_what_lies_above_the_first_slice_is_outside() -> None:
    levels = described(spine(first=1, names=LEVELS[2:]), 80)

    assert (outside(levels), cut_off(levels)) == (["C1", "C2"], ["C3"])


def test_where_c1_is_cut_off_the_dens_may_be_so_too() -> None:
    """A slice through the dens shows little of C2, which is not seen there."""
    levels = described(spine(first=1, names=LEVELS), 80)

    assert cut_off(levels) == ["C1", "C2"]


@pytest.mark.parametrize(("first", "expected"), [(9, ["C2"]), (10, [])])
def test_without_c1_the_dens_is_in_the_images_only_with_room_for_it(
    first: int, expected: list[str]
) -> None:
    levels = described(spine(first=first, names=LEVELS[1:]), 80)

    assert cut_off(levels) == expected
    assert "C1 not assessed: not recognised in the images." in coverage_sentence(levels)


@pytest.mark.parametrize(("spacing_mm", "scale"), [(2.0, 1), (1.0, 2), (0.5, 4)])
def test_a_level_that_the_images_cut_through_is_only_partly_assessed(
    spacing_mm: float, scale: int
) -> None:
    seen = {
        level: (first * scale, last * scale + scale - 1)
        for level, (first, last) in spine(first=10, names=LEVELS[:6]).items()
    }
    slices = (10 + 6 * HEIGHT_SLICES) * scale

    levels = described(seen, slices, spacing_mm)

    assert (outside(levels), cut_off(levels)) == (["C7"], ["C6"])
    assert "C6 assessed only in part: the images end within it." in coverage_sentence(levels)
    assert coverage_in_short(levels) == ("Not assessed: C7 (outside the images). Only in part: C6")


def test_a_level_that_should_be_there_is_not_called_outside() -> None:
    levels = described(spine(first=10, names=LEVELS[:6]), 10 + 8 * HEIGHT_SLICES)

    assert outside(levels) == []
    assert "C7 not assessed: not recognised in the images." in coverage_sentence(levels)


def test_a_level_between_seen_ones_is_not_outside() -> None:
    seen = spine(first=0, names=LEVELS)
    del seen["C4"]

    levels = described(seen, 7 * HEIGHT_SLICES)

    assert outside(levels) == []
    assert cut_off(levels) == ["C1", "C2", "C7"]
    assert "C4 not assessed: not recognised" in coverage_sentence(levels)


def test_only_levels_that_cannot_be_in_the_images_are_outside() -> None:
    """Room for one vertebra: C6 should be in the images, C7 need not be."""
    levels = described(spine(first=10, names=LEVELS[:5]), 10 + 6 * HEIGHT_SLICES - 1)

    assert outside(levels) == ["C7"]
    sentence = coverage_sentence(levels)
    assert "C7 not assessed: outside the images." in sentence
    assert "C6 not assessed: not recognised in the images." in sentence


@pytest.mark.parametrize(("first", "expected"), [(0, ["C1"]), (2, [])])
def test_c1_is_in_the_images_with_the_dens(first: int, expected: list[str]) -> None:
    assert outside(described(spine(first=first, names=LEVELS[1:]), 80)) == expected


def test_without_any_level_nothing_is_known() -> None:
    assert outside(described({}, 80)) == []


@pytest.fixture(scope="module")
def phantom() -> PhantomStudy:
    return make_study(PhantomSpec(seed=300_001, fractures=(), slices=72, matrix=48))


@pytest.mark.parametrize("end", ["head", "feet"])
def test_a_phantom_cut_anywhere_never_has_a_whole_level_that_is_not(
    end: str, phantom: PhantomStudy
) -> None:
    """Seen is what fills a slice at least a quarter as much as its fullest one."""
    volume = phantom.to_volume()
    areas = np.stack([(phantom.labels == number).sum(axis=(1, 2)) for number in range(1, 8)])
    for cut in range(1, 50):
        kept = slice(cut, None) if end == "head" else slice(0, len(volume.hu) - cut)
        seen: dict[Level, tuple[int, int]] = {}
        for level, area in zip(LEVELS, areas, strict=True):
            on = np.flatnonzero(area[kept] >= area.max() / 4)
            if on.size >= 2:
                seen[level] = (int(on[0]), int(on[-1]))
        levels = described(seen, len(volume.hu[kept]), volume.spacing_mm[0])
        inside = areas[:, kept].sum(axis=1) / areas.sum(axis=1)
        for each, share in zip(levels, inside, strict=True):
            if each.assessed and not each.cut_off:
                assert share > 0.98, (cut, each)
            if each.outside:
                assert share < 0.35, (cut, each)
