"""What boxes, levels and labels say of slices and cells, on series made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.training.rsna_marks import (
    CellBox,
    FractureRule,
    fracture_labels,
    level_of_box,
    study_marks,
)
from inference.training.study_slices import UNKNOWN_MARK

C4, C5 = 3, 4
T, SIZE = 9, 12


def square(first: int, last: int) -> NDArray[np.bool_]:
    out = np.zeros((SIZE, SIZE), np.bool_)
    out[first:last, first:last] = True
    return out


def cells_of(level: int | None) -> NDArray[np.uint8]:
    """A vertebra in the middle of every slice; without a level nothing is known."""
    if level is None:
        return np.full((T, SIZE, SIZE), UNKNOWN_MARK, np.uint8)
    return np.tile(square(3, 9) * np.uint8(level + 1), (T, 1, 1))


def shares(value: float) -> NDArray[np.float32]:
    return np.full((T, 7), value, np.float32)


def labels(boxes: list[CellBox], *, fractured: tuple[int, ...]) -> NDArray[np.float32]:
    return fracture_labels(shares(1.0), fractured, boxes, 2.0, FractureRule.UNKNOWN)


@pytest.mark.parametrize(
    ("shown", "fractured", "level"),
    [
        (C4, (C4, C5), C4), (C5, (C4, C5), C5), (C4, (C5,), C5), (None, (C5,), C5),
        (None, (C4, C5), None), (0, (C4, C5), None), (C4, (), None),
    ],
)  # fmt: skip
def test_which_level_a_box_lies_on(
    shown: int | None, fractured: tuple[int, ...], level: int | None
) -> None:
    assert level_of_box(square(2, 6), cells_of(shown)[0], fractured) == level


def test_slices_of_a_boxed_level() -> None:
    found = labels([CellBox(1, square(4, 6), C4)], fractured=(C4,))
    np.testing.assert_array_equal(found[:, C4], [np.nan, 1, np.nan, np.nan, np.nan, 0, 0, 0, 0])
    assert (np.delete(found, C4, axis=1) == 0).all()


def test_a_box_of_another_level_is_near_too() -> None:
    boxes = [CellBox(1, square(4, 6), C4), CellBox(8, square(4, 6), C5)]
    found = labels(boxes, fractured=(C4, C5))
    np.testing.assert_array_equal(np.isnan(found[:, C4]), [1, 0, 1, 1, 1, 1, 1, 1, 1])
    assert found[8, C5] == 1


def test_a_box_of_no_known_level_leaves_all_unboxed_levels_unknown() -> None:
    found = labels([CellBox(1, square(4, 6), None)], fractured=(C4, C5))
    assert np.isnan(found[:, [C4, C5]]).all()
    assert (found[:, :C4] == 0).all()


def test_cells_of_a_box_on_a_known_vertebra() -> None:
    boxes = [CellBox(4, square(2, 5), C4)]
    found = labels(boxes, fractured=(C4,))
    marks, boxed = study_marks(cells_of(C4), found, boxes, np.zeros((T, SIZE, SIZE), np.bool_))
    assert not boxed.any()
    bone = square(3, 9)
    assert (marks[4] == 4 + 8).tolist() == (square(2, 5) & bone).tolist()
    assert (marks[4] % 8 == 4).tolist() == bone.tolist()
    assert marks[4, 0, 3] == 16  # two cells beside the box
    assert marks[4, 6, 4] == 4 + 16
    assert marks[4, 8, 8] == 4
    assert marks[4, 11, 11] == 0
    assert marks[3, 4, 4] == 4 + 16  # near the box, on no boxed slice
    assert (marks[0] == np.where(bone, 4, 0)).all()  # far from the box


def test_cells_of_a_box_where_no_level_is_known() -> None:
    boxes = [CellBox(4, square(2, 5), None)]
    found = labels(boxes, fractured=(C4, C5))
    bone = np.tile(square(3, 9), (T, 1, 1))
    marks, boxed = study_marks(cells_of(None), found, boxes, bone)
    assert boxed.all()
    assert (marks[4] == 8).tolist() == (square(2, 5) & square(3, 9)).tolist()
    assert set(np.unique(marks[4])) == {8, UNKNOWN_MARK}
    assert (np.delete(marks, 4, axis=0) == UNKNOWN_MARK).all()


def test_a_box_on_cells_that_are_partly_known_keeps_its_fracture() -> None:
    """Pseudo-labels are sure of some cells only: then the fracture is worth more than levels."""
    cells = cells_of(C4)
    cells[:, 3:6] = UNKNOWN_MARK
    boxes = [CellBox(4, square(2, 8), C4)]
    found = labels(boxes, fractured=(C4,))
    marks, boxed = study_marks(cells, found, boxes, np.tile(square(3, 6), (T, 1, 1)))
    assert np.flatnonzero(boxed).tolist() == [4]
    fractured = (marks[4] != UNKNOWN_MARK) & (marks[4] & 8 > 0)
    assert fractured[3:6, 3:6].all()  # unknown level, but bone
    assert fractured[6:8, 3:8].all()  # C4
    assert marks[0, 6, 4] == 4
    assert marks[0, 4, 4] == UNKNOWN_MARK
