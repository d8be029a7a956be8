"""Boxes from activation maps."""

from __future__ import annotations

import numpy as np

from inference.localise import activation_box

SAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def peak_at(row: int, column: int) -> np.ndarray:
    out = np.zeros((12, 12), np.float32)
    out[row, column] = 1.0
    return out


def test_box_holds_the_peak() -> None:
    x, y, width, height = activation_box(peak_at(3, 7), SAME, size_px=384, rows=384, columns=384)
    assert x <= 7.5 * 32 < x + width
    assert y <= 3.5 * 32 < y + height
    assert 16 <= width <= 64
    assert 16 <= height <= 64


def test_box_follows_the_map_into_the_slice() -> None:
    to_pixels = np.array([[-0.5, 0.0, 300.0], [0.0, 0.5, 100.0]])
    box = activation_box(peak_at(3, 7), to_pixels, size_px=384, rows=512, columns=512)
    x, y, width, height = box
    assert x <= 300 - 0.5 * 7.5 * 32 < x + width
    assert y <= 100 + 0.5 * 3.5 * 32 < y + height
    assert 8 <= width <= 32


def test_box_is_clipped_to_the_image() -> None:
    shifted = np.array([[1.0, 0.0, -20.0], [0.0, 1.0, -20.0]])
    x, y, width, height = activation_box(peak_at(0, 0), shifted, size_px=384, rows=50, columns=60)
    assert (x, y) == (0, 0)
    assert 1 <= width <= 60
    assert 1 <= height <= 50
    outside = np.array([[1.0, 0.0, 900.0], [0.0, 1.0, 900.0]])
    box = activation_box(peak_at(5, 5), outside, size_px=384, rows=50, columns=60)
    assert box == (59, 49, 1, 1)


def test_box_takes_only_the_region_of_the_peak() -> None:
    two = peak_at(2, 2) + 0.9 * peak_at(9, 9)
    x, y, width, height = activation_box(two, SAME, size_px=384, rows=384, columns=384)
    assert x + width < 6 * 32
    assert y + height < 6 * 32


def test_a_flat_map_gives_the_whole_field() -> None:
    flat = np.full((12, 12), -3.0)
    assert activation_box(flat, SAME, size_px=384, rows=384, columns=384) == (0, 0, 384, 384)
