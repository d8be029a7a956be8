"""The combination of slices, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inference.model.combine import (
    SeenRule,
    inversions,
    key_slice,
    overall_probability,
    seen_levels,
    skipped_levels,
    slice_range,
    why_no_cervical_spine,
)

RULE = SeenRule(min_peak=0.6, min_extent_mm=5.0, min_levels=2, max_inversions=0, max_skipped=0)


def columns(**levels: list[float]) -> np.ndarray:
    """(slices, 7) with the named levels filled, the rest 0."""
    length = len(next(iter(levels.values())))
    out = np.zeros((length, 7))
    for name, values in levels.items():
        out[:, int(name[1]) - 1] = values
    return out


def test_no_slices_show_no_level() -> None:
    assert not seen_levels(np.zeros((0, 7)), 2.0, RULE).any()


@pytest.mark.parametrize(
    ("levels", "overall"),
    [([], 0.0), ([0.3], 0.3), ([0.5, 0.5], 0.75), ([0.1] * 7, 0.5217031), ([1.0, 0.2], 1.0)],
)
def test_overall_is_noisy_or(levels: list[float], overall: float) -> None:
    assert overall_probability(np.array(levels)) == pytest.approx(overall)


@pytest.mark.parametrize(
    ("values", "spacing_mm", "seen"),
    [
        ([0.9, 0.9, 0.9], 2.0, True),
        ([0.9, 0.9, 0.9], 1.0, False),  # 2.7 mm are not enough
        ([0.5] * 20, 2.0, False),  # nowhere sure
        ([0.6, 1.0, 0.9], 2.0, True),
        ([0.0, 0.0, 0.0], 2.0, False),
    ],
)
def test_seen_needs_a_peak_and_an_extent(
    values: list[float], spacing_mm: float, *, seen: bool
) -> None:
    assert seen_levels(columns(C3=values), spacing_mm, RULE)[2] == seen


def test_one_level_is_no_cervical_spine() -> None:
    presence = columns(C3=[1.0] * 6)
    seen = seen_levels(presence, 2.0, RULE)
    reason = why_no_cervical_spine(presence, seen, RULE)
    assert reason is not None
    assert "C3" in reason


def test_nothing_seen_is_no_cervical_spine() -> None:
    presence = np.zeros((6, 7))
    reason = why_no_cervical_spine(presence, seen_levels(presence, 2.0, RULE), RULE)
    assert reason is not None
    assert "none" in reason


def test_two_levels_in_order_are_a_cervical_spine() -> None:
    presence = columns(C3=[1, 1, 1, 0, 0, 0], C4=[0, 0, 0, 1, 1, 1])
    assert why_no_cervical_spine(presence, seen_levels(presence, 2.0, RULE), RULE) is None


def test_levels_upside_down_are_no_cervical_spine() -> None:
    presence = columns(C4=[1, 1, 1, 0, 0, 0], C3=[0, 0, 0, 1, 1, 1])
    seen = seen_levels(presence, 2.0, RULE)
    assert inversions(presence, seen) == 1
    assert "order" in str(why_no_cervical_spine(presence, seen, RULE))


def test_levels_at_the_same_place_are_in_no_order() -> None:
    presence = columns(C3=[1, 1, 1, 1], C4=[1, 1, 1, 1])
    assert inversions(presence, seen_levels(presence, 2.0, RULE)) == 1


def test_a_spine_without_its_middle_is_no_cervical_spine() -> None:
    presence = columns(C2=[1, 1, 1, 0, 0, 0], C5=[0, 0, 0, 1, 1, 1])
    seen = seen_levels(presence, 2.0, RULE)
    assert skipped_levels(seen) == ("C3", "C4")
    assert "C3, C4" in str(why_no_cervical_spine(presence, seen, RULE))


@pytest.mark.parametrize(
    ("seen", "skipped"),
    [([], ()), ([1], ()), ([3, 4, 5], ()), ([1, 3], ("C2",)), ([2, 4, 7], ("C3", "C5", "C6"))],
)
def test_skipped_levels_lie_between_seen_ones(seen: list[int], skipped: tuple[str, ...]) -> None:
    assert skipped_levels(np.array([n in seen for n in range(1, 8)])) == skipped


def test_slice_range_and_key_slice() -> None:
    presence = columns(C6=[0.1, 0.7, 0.9, 0.8, 0.2])
    fracture = columns(C6=[1.0, 0.1, 0.3, 0.4, 0.9])
    assert slice_range(presence, 5, 0.6) == (1, 3)
    assert key_slice(presence, fracture, 5) == 3
