"""Where findings point, on constructed cases."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.training.places import (
    chance_of_hitting,
    holds,
    overlap,
    place_findings,
    place_fractures,
)
from inference.training.truth import TrueBox, TrueStudy, Truth
from inference.types import CtVolume, Finding, Level, SliceSource

CORNERS = ((0.0, 0.0, 0.0),) * 4
BOXES = (TrueBox("C3", 4, (10, 10, 4, 4)), TrueBox("C3", 5, (10, 12, 4, 4)))


@pytest.fixture
def mask() -> NDArray[np.uint8]:
    """C3 on slices 2 to 5, 8 by 8 pixels each; C4 on the slice below."""
    out = np.zeros((10, 40, 40), np.uint8)
    out[2:6, 8:16, 8:16] = 3
    out[6, 8:16, 8:16] = 4
    return out


@pytest.fixture
def study(mask: NDArray[np.uint8]) -> TrueStudy:
    volume = CtVolume(
        np.zeros(mask.shape, np.int16),
        np.diag([0.5, 0.5, -2.0, 1.0]),
        tuple(SliceSource(f"1.{i}") for i in range(10)),
        "1",
    )
    return TrueStudy(Truth("1", True, ("C3",), {"C3": "lamina"}, BOXES, {}), volume, mask)


def finding(level: Level, key: int, box: tuple[int, int, int, int] = (11, 11, 4, 4)) -> Finding:
    return Finding(level, 0.9, key, SliceSource(f"1.{key}"), box, CORNERS, (2.0, 2.0))


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 4, 4), (2, 2, 4, 4)) == pytest.approx(4 / 28)
    assert overlap((0, 0, 4, 4), (0, 0, 4, 4)) == 1.0
    assert overlap((0, 0, 4, 4), (4, 0, 4, 4)) == 0.0


def test_a_box_holds_the_pixels_it_names() -> None:
    assert holds((10, 10, 2, 2), (10, 11))
    assert holds((10, 10, 2, 2), (11.4, 9.6))
    assert not holds((10, 10, 2, 2), (12, 11))


def test_a_point_in_the_box_of_the_key_slice_is_a_hit(study: TrueStudy) -> None:
    (place,) = place_fractures([finding("C3", 4)], [(12, 12)], study)
    assert place.slice_shows_it
    assert place.points_at_it
    assert place.slice_error_mm == 0.0
    assert place.overlap == pytest.approx(9 / 23)
    assert place.fracture_type == "lamina"


def test_a_point_beside_the_box_is_none(study: TrueStudy) -> None:
    (place,) = place_fractures([finding("C3", 4)], [(15, 15)], study)
    assert place.slice_shows_it
    assert not place.points_at_it


def test_the_wrong_slice_is_so_many_millimetres_off(study: TrueStudy) -> None:
    (place,) = place_fractures([finding("C3", 2)], [(12, 12)], study)
    assert not place.slice_shows_it
    assert not place.points_at_it
    assert place.slice_error_mm == pytest.approx(4.0)
    assert place.overlap == 0.0


def test_only_fractured_levels_have_a_place(study: TrueStudy) -> None:
    assert place_fractures([finding("C4", 4)], [(12, 12)], study) == ()
    unmarked = replace(study, truth=replace(study.truth, boxes=()))
    assert place_fractures([finding("C3", 4)], [(12, 12)], unmarked) == ()


def test_findings_on_a_fracture_name_its_level_or_another(study: TrueStudy) -> None:
    right, wrong, beside = place_findings(
        [finding("C3", 4), finding("C4", 5), finding("C3", 4, (20, 20, 4, 4))], study
    )
    assert (right.on_fracture, right.level_right) == (True, True)
    assert (wrong.on_fracture, wrong.level_right) == (True, False)
    assert (beside.on_fracture, beside.level_right) == (False, None)


def test_a_box_without_a_level_tells_of_no_level(study: TrueStudy) -> None:
    boxes = tuple(replace(each, level=None) for each in BOXES)
    unnamed = replace(study, truth=replace(study.truth, boxes=boxes))
    (place,) = place_findings([finding("C4", 4)], unnamed)
    assert (place.on_fracture, place.level_right) == (True, None)
    assert len(place_fractures([finding("C3", 4)], [(12, 12)], unnamed)) == 1


def test_what_nobody_marked_is_no_miss(study: TrueStudy) -> None:
    unmarked = replace(study, truth=replace(study.truth, boxes=()))
    intact = replace(study, truth=replace(study.truth, boxes=(), levels=()))
    assert place_findings([finding("C3", 4)], unmarked)[0].on_fracture is None
    assert place_findings([finding("C3", 4)], intact)[0].on_fracture is False


def test_chance_is_that_of_many_random_points(mask: NDArray[np.uint8]) -> None:
    chance, error_mm = chance_of_hitting(mask, "C3", BOXES, 2.0)
    assert chance == pytest.approx((16 / 64 + 16 / 64) / 4)
    assert error_mm == pytest.approx((4 + 2 + 0 + 0) / 4)
    rng = np.random.default_rng(0)
    boxes = {each.slice_index: each.box for each in BOXES}
    hits, draws = 0, 4000
    for _ in range(draws):
        index = int(rng.choice(np.flatnonzero((mask == 3).any(axis=(1, 2)))))
        rows, columns = np.nonzero(mask[index] == 3)
        drawn = int(rng.integers(len(rows)))
        hits += index in boxes and holds(boxes[index], (columns[drawn], rows[drawn]))
    assert hits / draws == pytest.approx(chance, abs=0.02)


def test_two_boxes_of_a_slice_count_together(mask: NDArray[np.uint8]) -> None:
    both = (*BOXES, TrueBox("C3", 4, (10, 10, 4, 4)), TrueBox("C3", 4, (8, 8, 2, 2)))
    assert chance_of_hitting(mask, "C3", both, 2.0)[0] == pytest.approx((20 / 64 + 16 / 64) / 4)


def test_without_the_level_in_the_mask_there_is_no_chance(mask: NDArray[np.uint8]) -> None:
    assert all(math.isnan(each) for each in chance_of_hitting(mask, "C7", BOXES, 2.0))
