"""Rulers and angles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pyqt_console.viewer.measure import Measurement, Tool, angle_degrees, length_mm
from pyqt_console.viewer.plane import Orientation


def test_length_is_that_of_space() -> None:
    assert length_mm(np.zeros(3), np.array([3.0, 4.0, 12.0])) == 13


@pytest.mark.parametrize("degrees", [0, 1e-5, 1, 45, 90, 135, 179, 180])
def test_angles_are_exact_also_when_flat(degrees: float) -> None:
    turned = np.array([math.cos(math.radians(degrees)), 0, math.sin(math.radians(degrees))])
    vertex = np.array([5.0, -7.0, 2.0])
    found = angle_degrees(vertex + np.array([2, 0, 0]), vertex, vertex + 30 * turned)
    assert found == pytest.approx(degrees, abs=1e-7)


def test_an_angle_at_one_point_is_none() -> None:
    assert angle_degrees(np.zeros(3), np.zeros(3), np.ones(3)) is None


def test_a_ruler_grows_with_the_hand_and_says_millimetres() -> None:
    start = Measurement(Tool.RULER, Orientation.AXIAL, (np.zeros(3),))
    assert start.text() == ""
    assert not start.finished
    drawn = start.with_next(np.array([0, 12.34, 0]))
    assert drawn.finished
    assert drawn.text() == "12.3 mm"
    assert drawn.with_last(np.array([0, 0, 1.0])).text() == "1.0 mm"


def test_an_angle_needs_three_points() -> None:
    arms = Measurement(Tool.ANGLE, Orientation.SAGITTAL, (np.array([1.0, 0, 0]), np.zeros(3)))
    assert not arms.finished
    assert arms.text() == ""
    whole = arms.with_next(np.array([0, 2.0, 0]))
    assert whole.finished
    assert whole.text() == "90.0°"
    assert whole.with_last(np.zeros(3)).text() == ""
