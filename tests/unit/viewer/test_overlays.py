"""What the machine said becomes lines and words; what it did not say stays absent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyqt_console.viewer.overlays import (
    Label,
    Polygon,
    Style,
    boxes,
    heat_colours,
    heat_picture,
    heat_plane,
    level_labels,
)
from pyqt_console.viewer.plane import Orientation, slice_geometry
from pyqt_console.viewer.reading import (
    LEVELS,
    NO_READING,
    finding_centre_mm,
    key_index,
    level_centre_mm,
    reading_of,
)
from pyqt_console.viewer.reformat import plane_through
from tests.unit.viewer.series import filled, stack

STACK = stack()


def result(**changed: Any) -> dict[str, Any]:
    """A result.json: C5 suspected on the third slice from the head, C7 outside the images."""
    document: dict[str, Any] = {
        "status": "analysed",
        "model": {"name": "phantom-spine", "version": "1"},
        "operating_point": 0.5,
        "coverage": "Overall covers C1–C6.",
        "levels": {**dict.fromkeys(LEVELS, 0.02), "C5": 0.91, "C7": None},
        "level_slices": {**dict.fromkeys(LEVELS), "C4": [0, 1], "C5": [2, 4]},
        "level_coverage": {**dict.fromkeys(LEVELS, "whole"), "C7": "outside_the_images"},
        "findings": [
            {
                "level": "C5",
                "probability": 0.91,
                "key_slice_sop_uid": "1.2.3",
                "key_slice_frame": None,
                "key_slice_index": 2,
                "box": [1, 1, 3, 2],
            }
        ],
    }
    return document | changed


def test_a_result_is_read_as_it_is() -> None:
    reading = reading_of(result())
    assert reading.model == "phantom-spine 1"
    assert [each.level for each in reading.levels] == list(LEVELS)
    finding = reading.finding("C5")
    assert finding is not None
    assert finding.box_px == pytest.approx((1, 1, 3, 2))
    assert key_index(finding, STACK) == 2
    seventh = reading.level("C7")
    assert seventh is not None
    assert (seventh.probability, seventh.remark) == (None, "outside the images")


def test_what_was_not_analysed_says_so_and_shows_no_number() -> None:
    reading = reading_of(
        {"status": "not_analysed", "reason": {"text": "Slices are missing."}, "levels": {"C1": 0.1}}
    )
    assert reading.sentence == "Not analysed: Slices are missing."
    assert not reading.levels
    assert not reading.findings
    assert reading_of(None) is NO_READING


@pytest.mark.parametrize(
    "broken",
    [
        {"probability": 1.2},
        {"probability": None},
        {"probability": True},
        {"level": "T1"},
        {"box": [1, 2, 3]},
        {"box": [1, 2, 3, float("nan")]},
        {"box": None},
        {"key_slice_sop_uid": None},
    ],
)
def test_a_malformed_finding_is_left_out_and_not_guessed(broken: dict[str, Any]) -> None:
    finding = result()["findings"][0] | broken
    assert reading_of(result(findings=[finding])).findings == ()


def test_malformed_levels_are_not_numbers() -> None:
    reading = reading_of(result(levels=None, level_slices={"C5": [4, 2], "C4": "x"}, model=None))
    assert all(each.probability is None and each.slices is None for each in reading.levels)


def test_a_box_lies_on_the_outer_edges_of_its_pixels() -> None:
    plane = slice_geometry(STACK, 2)
    outline, label = boxes(reading_of(result()), STACK, plane, Orientation.AXIAL)
    assert isinstance(outline, Polygon)
    assert isinstance(label, Label)
    # Pixels 1…3 of 1 mm from x = -2 and 1…2 of 2 mm from y = -3.
    assert outline.points_uv_mm == ((-1.5, -2.0), (1.5, -2.0), (1.5, 2.0), (-1.5, 2.0))
    assert outline.style is Style.FINDING
    assert label.text == "AI  C5  0.91"


def test_a_box_is_faint_beside_its_slice_and_gone_farther_off() -> None:
    reading = reading_of(result())
    (near,) = boxes(reading, STACK, slice_geometry(STACK, 3), Orientation.AXIAL)
    assert near.style is Style.FINDING_NEAR
    assert boxes(reading, STACK, slice_geometry(STACK, 4), Orientation.AXIAL) == []


def test_a_box_is_seen_from_its_side_where_the_plane_cuts_it() -> None:
    reading = reading_of(result())
    sagittal = plane_through(STACK, Orientation.SAGITTAL, np.array([0.0, 0, 0]))
    outline, label = boxes(reading, STACK, sagittal, Orientation.SAGITTAL)
    assert isinstance(outline, Polygon)
    assert outline.points_uv_mm == ((-2.0, -16.0), (2.0, -16.0), (2.0, -12.0), (-2.0, -12.0))
    assert isinstance(label, Label)
    beside = plane_through(STACK, Orientation.SAGITTAL, np.array([1.6, 0, 0]))
    assert boxes(reading, STACK, beside, Orientation.SAGITTAL) == []


def test_a_finding_on_a_slice_of_another_series_is_not_drawn() -> None:
    finding = result()["findings"][0] | {"key_slice_sop_uid": "9.9"}
    reading = reading_of(result(findings=[finding]))
    assert finding_centre_mm(reading.findings[0], STACK) is None
    assert boxes(reading, STACK, slice_geometry(STACK, 2), Orientation.AXIAL) == []


def test_levels_stand_at_the_height_of_their_slices() -> None:
    reading = reading_of(result())
    plane = plane_through(STACK, Orientation.SAGITTAL, np.zeros(3))
    fourth, fifth = level_labels(reading, STACK, plane)
    assert (fourth.text, fourth.style) == ("C4 0.02", Style.LEVEL)
    assert (fifth.text, fifth.style) == ("C5 0.91", Style.LEVEL_SUSPICIOUS)
    assert fourth.at_uv_mm[1] == pytest.approx(-(20 + 17) / 2)
    assert fifth.at_uv_mm[1] == pytest.approx(-(14 + 8) / 2)
    assert fifth.at_right_edge


def test_a_level_beyond_the_stack_has_no_place() -> None:
    reading = reading_of(result(level_slices={"C5": [2, 9]}))
    assert level_centre_mm(reading, "C5", STACK) is None
    assert level_centre_mm(reading, "C7", STACK) is None


def test_a_level_without_a_number_says_not_assessed() -> None:
    reading = reading_of(result(level_slices={"C7": [3, 4]}))
    (label,) = level_labels(reading, STACK, plane_through(STACK, Orientation.CORONAL, np.zeros(3)))
    assert (label.text, label.style) == ("C7 not assessed", Style.LEVEL_NOT_ASSESSED)


def test_heat_is_transparent_where_weak_and_lighter_where_strong() -> None:
    colours = heat_colours(0.6)
    assert colours[0] == 0
    assert int(colours[255]) >> 24 == round(0.6 * 255)
    luminance = [
        0.3 * (int(each) >> 16 & 255) + 0.6 * (int(each) >> 8 & 255) + 0.1 * (int(each) & 255)
        for each in colours
    ]
    assert (np.diff(luminance) >= -1).all()
    for each in map(int, colours):  # premultiplied: no channel above alpha
        assert max(each >> 16 & 255, each >> 8 & 255, each & 255) <= each >> 24
    assert (heat_colours(0) == 0).all()


def test_a_heat_map_lies_where_it_belongs_in_the_patient() -> None:
    """Evidence only left of x = 0 shows there, also on a plane of another grid."""
    heat = filled(stack(), lambda places: np.where(places[..., 0] > 0.5, 900.0, 0.0))
    plane = slice_geometry(STACK, 1)
    shown = heat_picture(heat_plane(heat, plane), heat_colours(1.0))
    assert shown.shape == plane.shape
    assert (shown[:, :3] == 0).all()
    assert (shown[:, 4:] >> 24 == 255).all()
    beside = slice_geometry(stack([200]), 0)
    assert (heat_picture(heat_plane(heat, beside), heat_colours(1.0)) == 0).all()
