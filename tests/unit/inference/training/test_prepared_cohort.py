"""A fold of a prepared set as studies whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.errors import DataError
from inference.training.prepared import (
    INDEX,
    MASKS,
    VOLUMES,
    PlacedBox,
    PreparedStudy,
    StoredStudy,
    index_lines,
)
from inference.training.prepared_cohort import fold_of, opened
from inference.types import Level

SHAPE = (6, 16, 16)


def stored(uid: str, *, masked: bool) -> StoredStudy:
    affine = np.diag([0.5, 0.5, -2.0, 1.0]).tolist()
    return StoredStudy(
        study_uid=uid,
        series_uid=f"{uid}.1",
        patient_key=uid,
        shape=SHAPE,
        affine=tuple(map(tuple, affine)),
        numbers=tuple(range(6)),
        sop_instance_uids=tuple(f"{uid}.1.{i}" for i in range(6)),
        shares=((0.0,) * 7,) * 6 if masked else None,
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Fold 0: two studies, one with a mask; fold 2: one with two fractured levels."""
    box = PlacedBox(3, (4.0, 5.0, 6.0, 7.0))
    rows: tuple[tuple[str, tuple[Level, ...], int, bool], ...] = (
        ("1.2.3.100000000001", ("C5",), 0, True),
        ("1.2.3.100000000002", (), 0, False),
        ("1.2.3.100000000003", ("C1", "C2"), 2, False),
    )
    studies = []
    for uid, levels, fold, masked in rows:
        studies.append(
            PreparedStudy(
                stored(uid, masked=masked), levels, (box,) if levels else (), fold, tmp_path
            )
        )
        for name, dtype in ((VOLUMES, np.int16), (MASKS, np.uint8)):
            (tmp_path / name).mkdir(exist_ok=True)
            np.save(tmp_path / name / f"{uid}.npy", np.ones(SHAPE, dtype))
    (tmp_path / INDEX).write_text(index_lines(tuple(studies)), encoding="utf-8")
    return tmp_path


def test_a_fold_is_read_with_its_labels(directory: Path) -> None:
    one, other = opened(fold_of(directory, 0))
    assert one.truth.levels == ("C5",)
    assert one.truth.spine
    assert one.mask is not None
    assert one.volume.hu.shape == SHAPE
    assert one.truth.traits["vertebra mask"] == "yes"
    assert one.truth.traits["slice distance"] == "1.5 to 2.25 mm"
    assert (other.truth.levels, other.truth.boxes, other.mask) == ((), (), None)


def test_a_box_is_of_the_only_fractured_level_or_of_none_known(directory: Path) -> None:
    only = next(opened(fold_of(directory, 0))).truth.boxes[0]
    assert (only.level, only.slice_index, only.box) == ("C5", 3, (4.0, 5.0, 6.0, 7.0))
    assert next(opened(fold_of(directory, 2))).truth.boxes[0].level is None


def test_an_empty_fold_is_refused(directory: Path) -> None:
    with pytest.raises(DataError, match="no study in fold 1; it has the folds 0, 2"):
        fold_of(directory, 1)
