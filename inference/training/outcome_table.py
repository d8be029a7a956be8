"""Outcomes of studies as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.training.bootstrap import Bootstrap, Figure
from inference.training.outcomes import Outcome
from inference.types import LEVELS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeTable:
    """Outcomes of cervical spines: (studies,) of the patient, (studies, 7) of the levels.

    Attributes:
        outcomes: the rows.
        fractured: any level is.
        flagged: any level is a finding.
        analysed: the study was not refused.
        overall: the patient's probability.
        truth: which levels are fractured.
        found: which are findings.
        levels: their probabilities.
        assessed: which levels were seen.
    """

    outcomes: tuple[Outcome, ...]
    fractured: Bools
    flagged: Bools
    analysed: Bools
    overall: Floats
    truth: Bools
    found: Bools
    levels: Floats
    assessed: Bools

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> OutcomeTable:
        """Of outcomes of cervical spines."""
        truth = _rows(each.truth.fractured for each in outcomes).astype(np.bool_)
        found = _rows(each.found for each in outcomes).astype(np.bool_)
        return cls(
            tuple(outcomes),
            fractured=np.asarray(truth.any(axis=1)),
            flagged=np.asarray(found.any(axis=1)),
            analysed=np.array([each.refused is None for each in outcomes], np.bool_),
            overall=np.array([each.overall for each in outcomes], np.float64),
            truth=truth,
            found=found,
            levels=_rows(each.levels for each in outcomes),
            assessed=_rows(each.assessed for each in outcomes).astype(np.bool_),
        )

    def part(self, rows: Bools) -> OutcomeTable:
        """Of the rows (studies,) that are true."""
        chosen = [each for each, taken in zip(self.outcomes, rows, strict=True) if taken]
        return OutcomeTable.of(chosen)


def share(bootstrap: Bootstrap, counted: Bools, of: Bools) -> Figure:
    """How many of those in ``of`` count; both (studies,) or (studies, 7)."""
    return bootstrap.share(_per_study(counted & of), _per_study(of))


def _per_study(counted: Bools) -> Counts:
    each: Counts = counted.reshape(len(counted), counted[:1].size).sum(axis=1).astype(np.int64)
    return each


def _rows(rows: Iterable[NDArray[np.generic]]) -> Floats:
    return np.array(list(rows), np.float64).reshape(-1, len(LEVELS))
