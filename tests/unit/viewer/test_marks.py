"""Boxes that a reader draws: which pixels they hold, and what the hand does to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.marks import (
    WHOLE,
    Box,
    Grip,
    Mark,
    box_between,
    changed,
    edges_on_screen,
    grip_at,
    nearest_level,
    reaching,
)
from pyqt_console.viewer.plane import slice_geometry
from pyqt_console.viewer.reading import LevelReading, Reading
from tests.unit.viewer.series import stack

STACK = stack([0.0, -1.0, -2.0])
"""Slices of 4 rows, 2 mm apart, and 6 columns, 1 mm apart."""


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [
        ((0, 1), (2, 4), (1, 0, 4, 3)),
        ((2, 4), (0, 1), (1, 0, 4, 3)),  # whichever corner the hand began at
        ((0.4, 1.4), (2.4, 3.6), (1, 0, 4, 3)),  # all pixels that it touched
        ((-50, -50), (50, 50), (0, 0, 6, 4)),  # within the image
        ((1, 1), (1, 4), None),  # one row alone is a slip of the hand
        ((1, 1), (1, 1), None),
        ((20, 20), (30, 30), None),
    ],
)
def test_a_box_holds_the_pixels_that_the_hand_went_over(
    start: tuple[float, float], end: tuple[float, float], box: Box | None
) -> None:
    places = (STACK.point(1, *start), STACK.point(1, *end))
    assert box_between(STACK, 1, *places) == box


@pytest.mark.parametrize(
    ("grip", "right", "down", "box"),
    [
        (WHOLE, 1, 1, (2, 2, 2, 2)),
        (WHOLE, 100, 100, (4, 2, 2, 2)),
        (WHOLE, -100, -100, (0, 0, 2, 2)),
        ((1, 1), 1.4, 0.6, (1, 1, 3, 3)),
        ((-1, 0), -1, -1, (0, 1, 3, 2)),
        ((0, 1), 5, 100, (1, 1, 2, 3)),
        ((-1, -1), 50, 50, (1, 1, 2, 2)),  # an edge never passes the one across
    ],
)
def test_the_hand_moves_what_it_holds_and_stays_on_the_image(
    grip: Grip, right: float, down: float, box: Box
) -> None:
    assert changed((1, 1, 2, 2), grip, right, down, STACK) == box


def test_corners_middles_and_the_line_are_taken_and_the_inside_is_not() -> None:
    mark = Mark("C5", FrameRef("1.2.2"), (1, 1, 4, 2))
    plane = slice_geometry(STACK, 1)
    camera = replace(Camera.fit(plane, (600, 400)), mm_per_pixel=0.02)
    left, top, right, bottom = edges = edges_on_screen(mark, STACK, 1, camera)
    assert (right - left, bottom - top) == pytest.approx((200, 200))
    for x, across in ((left, -1), ((left + right) / 2, 0), (right, 1)):
        for y, down in ((top, -1), ((top + bottom) / 2, 0), (bottom, 1)):
            expected = None if (across, down) == (0, 0) else (across, down)
            assert grip_at(edges, x, y) == expected
    assert grip_at(edges, left + 50, top) == WHOLE
    assert grip_at(edges, right, top + 50) == WHOLE
    assert grip_at(edges, left + 50, top + 50) is None
    assert grip_at(edges, left - 50, top) is None


def test_it_reaches_over_slices_and_its_own_is_always_among_them() -> None:
    long = stack([float(-each) for each in range(9)])
    mark = Mark("C5", long.slices[4].frame, (1, 1, 2, 2))
    assert list(mark.slices(long)) == [4]
    wider = reaching(mark, long, first=2)
    assert list(wider.slices(long)) == [2, 3, 4]
    wider = reaching(wider, long, last=6)
    assert list(wider.slices(long)) == [2, 3, 4, 5, 6]
    assert list(reaching(wider, long, first=5).slices(long)) == [4, 5, 6]
    assert reaching(reaching(wider, long, first=4), long, last=1) == mark
    assert list(wider.slices(stack([7.0]))) == []


def test_the_level_is_the_nearest_one_that_the_machine_places() -> None:
    levels = (
        LevelReading("C2", 0.1, (0, 9), ""),
        LevelReading("C3", 0.1, (10, 19), ""),
        LevelReading("C4", None, None, "outside the images"),
        LevelReading("C5", 0.1, (30, 39), ""),
    )
    reading = Reading(levels=levels)
    assert [nearest_level(reading, index) for index in (0, 9, 10, 24, 25, 99)] == [
        *("C2", "C2", "C3", "C3", "C5", "C5"),
    ]
    assert nearest_level(Reading(), 4) == ""
