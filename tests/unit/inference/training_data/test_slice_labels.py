"""Shares of vertebrae on slices, counted by hand."""

from __future__ import annotations

import numpy as np

from inference.training.slice_labels import slice_shares


def labels() -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    out = np.zeros((4, 3, 4), np.uint8)
    out[0, 0, :2] = 1  # two voxels of C1
    out[1, 0, :4] = 1  # four
    out[1, 1, :1] = 2  # one of C2
    out[2, 0, :3] = 2  # three
    out[3, :, :] = 8  # T1 counts for nothing
    return out


def test_share_of_the_largest_slice() -> None:
    shares = slice_shares(labels())
    assert shares.shape == (4, 7)
    np.testing.assert_allclose(shares[:, 0], [0.5, 1, 0, 0])
    np.testing.assert_allclose(shares[:, 1], [0, 1 / 3, 1, 0])
    assert not shares[:, 2:].any()


def test_thinner_slices_change_nothing() -> None:
    thin = np.repeat(labels(), 3, axis=0)
    np.testing.assert_array_equal(slice_shares(thin)[::3], slice_shares(labels()))


def test_the_order_of_the_slices_changes_nothing() -> None:
    np.testing.assert_array_equal(slice_shares(labels()[::-1])[::-1], slice_shares(labels()))


def test_highest_labels_and_none() -> None:
    every = np.arange(20, dtype=np.uint8).reshape(1, 4, 5)
    np.testing.assert_array_equal(slice_shares(every), np.ones((1, 7)))
    assert not slice_shares(np.zeros((3, 2, 2), np.uint8)).any()
