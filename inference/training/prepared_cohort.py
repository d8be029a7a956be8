"""The studies of one fold of a prepared set, with its labels, boxes and masks as truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from inference.errors import DataError
from inference.training.prepared import PreparedStudy, read_prepared
from inference.training.traits import noise_band, noise_hu, slice_distance_band
from inference.training.truth import TrueBox, TrueStudy, Truth

UID_END: Final = 12
"""So many characters name a study well enough in a table."""


def fold_of(directory: Path, fold: int) -> tuple[PreparedStudy, ...]:
    """The studies of a fold, ordered by UID.

    Raises:
        DataError: the set cannot be read, or has no such fold.
    """
    studies = read_prepared(directory)
    chosen = tuple(each for each in studies if each.fold == fold)
    if not chosen:
        folds = ", ".join(map(str, sorted({each.fold for each in studies})))
        raise DataError(f"{directory} has no study in fold {fold}; it has the folds {folds}.")
    return chosen


def opened(studies: Sequence[PreparedStudy]) -> Iterator[TrueStudy]:
    """One after the other, their arrays memory-mapped.

    Raises:
        DataError: an array is missing or damaged.
    """
    for study in studies:
        yield true_study(study)


def true_study(study: PreparedStudy) -> TrueStudy:
    """A prepared study, and what its labels say.

    The set's boxes name no level. Where just one level is fractured, it can only be that.

    Raises:
        DataError: an array is missing or damaged.
    """
    volume = study.volume()
    only = study.levels[0] if len(study.levels) == 1 else None
    traits = {
        "slice distance": slice_distance_band(volume.spacing_mm[0]),
        "noise": noise_band(noise_hu(volume.hu)),
        "vertebra mask": "no" if study.stored.shares is None else "yes",
    }
    truth = Truth(
        name=f"…{study.stored.study_uid[-UID_END:]}",
        spine=True,
        levels=study.levels,
        types={},
        boxes=tuple(TrueBox(only, each.slice_index, each.box) for each in study.boxes),
        traits=traits,
    )
    return TrueStudy(truth, volume, study.mask())
