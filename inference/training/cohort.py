"""What a predictor says of phantoms it has not seen, beside the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom.negatives import NegativeKind
from inference.phantom.study import (
    FractureSpec,
    PhantomSpec,
    PhantomStudy,
    make_negative,
    make_study,
)
from inference.predictor import Predictor
from inference.types import LEVELS, NotAnalysed, Prediction, ReasonCode

UNKNOWN: Final = 0.5
"""Scored for a level that was not assessed, and for a study that was not analysed."""


class Kind(StrEnum):
    """What a case is."""

    FRACTURED = "one fractured level"
    INTACT = "intact spine"
    NEGATIVE = "no cervical spine"


@dataclass(frozen=True, slots=True)
class Case:
    """One phantom to be made: the seed decides everything that the kind leaves open."""

    kind: Kind
    seed: int
    slices: int
    matrix: int

    def make(self) -> PhantomStudy:
        """The study; the fractured level goes round with the seed."""
        if self.kind is Kind.NEGATIVE:
            kinds = tuple(NegativeKind)
            return make_negative(self.seed, kinds[self.seed % len(kinds)], self.slices, self.matrix)
        level = LEVELS[self.seed % len(LEVELS)]
        fractures = (FractureSpec(level),) if self.kind is Kind.FRACTURED else ()
        return make_study(PhantomSpec(self.seed, fractures, self.slices, self.matrix))


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A case and what was said of it; ``fracture_type`` is empty where nothing is broken.

    ``key_slice_shows_it`` and ``box_overlaps`` are ``None`` where the fractured level was not
    found.
    """

    case: Case
    fracture_type: str
    truth: NDArray[np.bool_]
    result: Prediction | NotAnalysed
    key_slice_shows_it: bool | None
    box_overlaps: bool | None

    @property
    def levels(self) -> NDArray[np.float64]:
        """(7,) level probabilities, ``UNKNOWN`` where there is none."""
        if isinstance(self.result, NotAnalysed):
            return np.full(len(LEVELS), UNKNOWN)
        known = [UNKNOWN if p.probability is None else p.probability for p in self.result.levels]
        return np.array(known)

    @property
    def overall(self) -> float:
        """The patient's probability."""
        return UNKNOWN if isinstance(self.result, NotAnalysed) else self.result.patient_overall

    def found(self, operating_point: float) -> NDArray[np.bool_]:
        """(7,) which assessed levels reach the operating point."""
        if isinstance(self.result, NotAnalysed):
            return np.zeros(len(LEVELS), np.bool_)
        assessed = np.array([each.assessed for each in self.result.levels])
        found: NDArray[np.bool_] = assessed & (self.levels >= operating_point)
        return found

    @property
    def refused_as_no_spine(self) -> bool:
        """Whether it ended as ``no_cervical_spine``."""
        return (
            isinstance(self.result, NotAnalysed)
            and self.result.code is ReasonCode.NO_CERVICAL_SPINE
        )


def cohort(
    first_seed: int, *, fractured: int, intact: int, negatives: int, slices: int, matrix: int
) -> tuple[Case, ...]:
    """Cases of consecutive seeds."""
    kinds = [Kind.FRACTURED] * fractured + [Kind.INTACT] * intact + [Kind.NEGATIVE] * negatives
    return tuple(
        Case(kind, first_seed + offset, slices, matrix) for offset, kind in enumerate(kinds)
    )


def read_cohort(predictor: Predictor, cases: tuple[Case, ...]) -> Iterator[Outcome]:
    """Make each study, have it read, compare."""
    for case in cases:
        study = case.make()
        result = predictor.predict(study.to_volume())
        truth = np.array([level in {f.level for f in study.fractures} for level in LEVELS])
        shows, overlaps = compare_place(study, result)
        kind = study.fractures[0].type.value if study.fractures else ""
        yield Outcome(case, kind, truth, result, shows, overlaps)


def compare_place(
    study: PhantomStudy, result: Prediction | NotAnalysed
) -> tuple[bool | None, bool | None]:
    """Whether the finding's key slice shows the fracture, and its box overlaps the true one."""
    if isinstance(result, NotAnalysed) or not study.fractures:
        return None, None
    true = study.fractures[0]
    for finding in result.findings:
        if finding.level != true.level:
            continue
        shows = true.first_slice <= finding.key_slice_index <= true.last_slice
        nearest = min(max(finding.key_slice_index, true.first_slice), true.last_slice)
        x, y, width, height = true.boxes[nearest - true.first_slice]
        fx, fy, fwidth, fheight = finding.box
        across = min(x + width, fx + fwidth) > max(x, fx)
        return shows, across and min(y + height, fy + fheight) > max(y, fy)
    return None, None
