"""Folds as a pure function."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from inference.errors import DataError
from inference.training.folds import FoldCase, assign_folds

PREVALENCE = (0.071, 0.140, 0.036, 0.053, 0.080, 0.137, 0.194)


def cohort(count: int, patients: int | None = None) -> list[FoldCase]:
    """Cases at RSNA's prevalences, 87 of 2019 with a mask; the first ``patients`` come again."""
    rng = np.random.default_rng(1)
    cases = []
    for number in range(count):
        levels = tuple(bool(each) for each in rng.random(7) < PREVALENCE)
        strata = (*levels, not any(levels), number % 23 == 0)
        patient = number if patients is None else number % patients
        cases.append(FoldCase(f"1.2.{number}", f"p{patient}", strata))
    return cases


def counts(
    cases: list[FoldCase], fold_of: dict[str, int], folds: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """(folds, 1 + strata): studies, and studies with each stratum."""
    out = np.zeros((folds, 1 + len(cases[0].strata)), np.int64)
    for case in cases:
        out[fold_of[case.study_uid]] += (1, *case.strata)
    return out


@pytest.mark.parametrize("folds", [2, 5])
@pytest.mark.parametrize("count", [60, 2019])
def test_folds_are_alike(count: int, folds: int) -> None:
    cases = cohort(count)
    found = counts(cases, assign_folds(cases, folds=folds), folds)
    assert found.sum(axis=0).tolist() == np.sum([(1, *c.strata) for c in cases], axis=0).tolist()
    spread = found.max(axis=0) - found.min(axis=0)
    assert spread[-1] <= 2, "masks are few and must be spread"
    assert spread.max() <= max(3, 0.02 * count / folds)


def test_a_patient_is_never_split() -> None:
    cases = cohort(300, patients=120)
    fold_of = assign_folds(cases, folds=4)
    folds_of_patient = defaultdict(set)
    for case in cases:
        folds_of_patient[case.patient_key].add(fold_of[case.study_uid])
    assert all(len(each) == 1 for each in folds_of_patient.values())
    sizes = counts(cases, fold_of, 4)[:, 0]
    assert sizes.max() - sizes.min() <= 6


def test_the_order_of_the_cases_changes_nothing() -> None:
    cases = cohort(200, patients=150)
    shuffled = [cases[at] for at in np.random.default_rng(2).permutation(len(cases))]
    assert assign_folds(cases, folds=5) == assign_folds(shuffled, folds=5)


def test_the_seed_decides() -> None:
    cases = cohort(200)
    assert assign_folds(cases, folds=5, seed=1) == assign_folds(cases, folds=5, seed=1)
    assert assign_folds(cases, folds=5, seed=1) != assign_folds(cases, folds=5, seed=2)


def test_every_fold_gets_somebody() -> None:
    cases = cohort(5)
    assert sorted(assign_folds(cases, folds=5).values()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("count", "folds"), [(4, 5), (0, 2), (9, 1)])
def test_too_few_patients(count: int, folds: int) -> None:
    with pytest.raises(DataError, match="cannot be divided"):
        assign_folds(cohort(count), folds=folds)


def test_patients_count_not_studies() -> None:
    with pytest.raises(DataError, match="2 patients"):
        assign_folds(cohort(10, patients=2), folds=3)
