"""Every fracture of every level: it can be made, it can be seen, and it stays where it is."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

import numpy as np
import pytest

from inference.phantom.fractures import TYPES_OF_LEVEL, FractureType
from inference.phantom.injuries import RECIPES
from inference.phantom.study import FractureSpec, PhantomSpec, PhantomStudy, make_study
from inference.types import LEVELS, Level

SLICES, MATRIX = 100, 176
CASES = [(level, kind) for level in LEVELS for kind in TYPES_OF_LEVEL[level]]
APART: tuple[tuple[Level, ...], ...] = (("C1", "C3", "C5", "C7"), ("C2", "C4", "C6"))
TOGETHER = [
    tuple(FractureSpec(level, kind) for level, kind in zip(levels, kinds, strict=True) if kind)
    for levels in APART
    for kinds in zip_longest(*(TYPES_OF_LEVEL[level] for level in levels))
]
"""Every case once; levels that lie apart share a study, since making one is what costs."""


@pytest.fixture(scope="module")
def intact() -> PhantomStudy:
    return make_study(PhantomSpec(21, (), SLICES, MATRIX))


def test_every_type_has_a_recipe_and_a_level() -> None:
    assert set(RECIPES) == set(FractureType)
    assert {kind for _, kind in CASES} == set(FractureType)
    assert Counter(CASES) == Counter(
        (each.level, each.type) for group in TOGETHER for each in group
    )


@pytest.mark.parametrize("broken", TOGETHER, ids=lambda each: "+".join(map(str, each)))
def test_fractures_are_visible_in_their_boxes_and_local(
    intact: PhantomStudy, broken: tuple[FractureSpec, ...]
) -> None:
    study = make_study(PhantomSpec(21, broken, SLICES, MATRIX))
    assert [(each.level, each.type) for each in study.fractures] == [
        (spec.level, spec.type) for spec in broken
    ]
    change = study.hu.astype(np.int32) - intact.hu
    for placed in study.fractures:
        assert len(placed.boxes) == placed.last_slice - placed.first_slice + 1 >= 2
        drops, bone = [], 0
        for index, (x, y, width, height) in enumerate(placed.boxes, start=placed.first_slice):
            assert min(x, y) >= 0
            assert max(x + width, y + height) <= MATRIX
            before = intact.hu[index, y : y + height, x : x + width]
            inside = change[index, y : y + height, x : x + width]
            drops.append(int(np.count_nonzero((before > 250) & (inside < -150))))
            bone += int(np.count_nonzero(intact.labels[index, y : y + height, x : x + width]))
        assert sum(drops) >= 15, placed.level  # a crack through bone, in pixels of about 1 mm
        assert bone > 0

    # Nothing moves but the vertebrae themselves: 12 mm leave room for a displaced fragment.
    moved = np.argwhere(np.abs(change) > 3)
    step = np.array([-intact.affine[2, 2], *[intact.affine[0, 0]] * 2])
    is_near = np.zeros(len(moved), bool)
    for placed in study.fractures:
        near = np.argwhere(intact.labels == LEVELS.index(placed.level) + 1)
        low, high = near.min(axis=0) * step - 12, near.max(axis=0) * step + 12
        is_near |= np.all((moved * step >= low) & (moved * step <= high), axis=1)
    assert is_near.all()


def test_compression_takes_height_in_front(intact: PhantomStudy) -> None:
    study = make_study(
        PhantomSpec(21, (FractureSpec("C6", FractureType.COMPRESSION),), SLICES, MATRIX)
    )
    counts = []
    for each in (intact, study):
        at = np.argwhere(intact.labels == 6)
        column = round(float(at[:, 2].mean()))
        front = int(at[np.abs(at[:, 2] - column) < 2][:, 1].min())
        depth = round(5 / each.affine[0, 0])
        counts.append(int((each.labels[:, front : front + depth, column] == 6).sum()))
    lost = 1 - counts[1] / counts[0]
    assert 0.15 < lost < 0.55


def test_fractures_of_two_levels_do_not_disturb_each_other() -> None:
    one, two = FractureSpec("C2", FractureType.DENS_II), FractureSpec("C6", FractureType.LAMINA)
    both = make_study(PhantomSpec(5, (one, two), SLICES, 128))
    alone = make_study(PhantomSpec(5, (two,), SLICES, 128))
    assert [each.level for each in both.fractures] == ["C2", "C6"]
    assert both.fractures[1] == alone.fractures[0]
    first = alone.fractures[0].first_slice
    np.testing.assert_array_equal(both.hu[first:], alone.hu[first:])


def test_too_few_slices_for_a_crack_are_said_so() -> None:
    spec = PhantomSpec(5, (FractureSpec("C5", FractureType.PEDICLE),), slices=2, matrix=96)
    with pytest.raises(ValueError, match="use more slices"):
        make_study(spec)
