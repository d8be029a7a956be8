"""Cross-validation folds: patients are never split, rare labels are spread evenly."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError


@dataclass(frozen=True, slots=True)
class FoldCase:
    """A study to be put into a fold.

    Attributes:
        study_uid: its name, once in all cases.
        patient_key: equal for studies that must stay together.
        strata: what it has of each thing to be spread evenly, of one length in all cases.
    """

    study_uid: str
    patient_key: str
    strata: tuple[bool, ...]


def assign_folds(cases: Sequence[FoldCase], *, folds: int, seed: int = 0) -> dict[str, int]:
    """StudyInstanceUID → fold, 0 … ``folds`` - 1; the order of ``cases`` does not matter.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the stratification of
    multi-label data") with patients in the place of examples: the patients with the rarest
    stratum come first, each to the fold that lacks most of it.

    Raises:
        DataError: fewer patients than folds, or fewer than two folds.
    """
    patients: dict[str, list[FoldCase]] = defaultdict(list)
    for case in cases:
        patients[case.patient_key].append(case)
    if folds < 2 or len(patients) < folds:
        raise DataError(f"{len(patients)} patients cannot be divided into {folds} folds.")
    names = sorted(patients, key=lambda each: hashlib.sha256(f"{seed}/{each}".encode()).digest())
    # Column 0 counts studies, so that the folds become equally large.
    amounts = np.array(
        [np.sum([(1, *case.strata) for case in patients[name]], axis=0) for name in names]
    )
    chosen = _distribute(amounts, folds)
    return {
        case.study_uid: int(fold)
        for name, fold in zip(names, chosen, strict=True)
        for case in patients[name]
    }


def _distribute(amounts: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """A fold for each row of (patients, 1 + strata)."""
    wanted = np.tile(amounts.sum(axis=0) / folds, (folds, 1))
    chosen = np.full(len(amounts), -1)
    while (chosen < 0).any():
        waiting = np.flatnonzero(chosen < 0)
        left = amounts[waiting].sum(axis=0)
        # The rarest stratum that is still waiting; studies (column 0) when none is.
        strata = np.flatnonzero(left[1:] > 0) + 1
        rarest = int(strata[left[strata].argmin()]) if strata.size else 0
        for row in waiting[amounts[waiting, rarest] > 0]:
            # Most lacking of it; then most room; then the first.
            fold = np.lexsort((np.arange(folds), -wanted[:, 0], -wanted[:, rarest]))[0]
            chosen[row] = fold
            wanted[fold] -= amounts[row]
    return chosen
