"""Everything measured of one model over one cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from inference.training import metrics, outcome_scores, subgroups
from inference.training.bootstrap import Bootstrap, Figure
from inference.training.metrics import Bin
from inference.training.outcome_table import OutcomeTable
from inference.training.outcomes import Outcome
from inference.training.subgroups import FractureGroup, LevelRow, Subgroup
from inference.types import LEVELS, Level

OVERALL: Final = "any fracture"
ALL_LEVELS: Final = "levels"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured.

    Attributes:
        values: by stable names, which ``report_lines.LINES`` explains.
        roc: (threshold, sensitivity, specificity) of the patient (``OVERALL``) and of each level.
        reliability: of the patient, and of all assessed levels (``ALL_LEVELS``).
        subgroups: by trait.
        fractures: by level and by type.
        confusion: of levels.
    """

    values: Mapping[str, Figure]
    roc: Mapping[str, list[tuple[float, float, float]]]
    reliability: Mapping[str, tuple[Bin, ...]]
    subgroups: tuple[Subgroup, ...]
    fractures: tuple[FractureGroup, ...]
    confusion: tuple[LevelRow, ...]


def measure(outcomes: Sequence[Outcome], *, seed: int = 0) -> Figures:
    """All figures; equal outcomes and seeds give equal figures, to the last digit."""
    spines = spines_of(outcomes)
    others = [each for each in outcomes if not each.truth.spine]
    bootstrap = Bootstrap(len(spines.outcomes), seed=seed)
    analysed, assessed = spines.analysed, spines.assessed
    return Figures(
        values={
            **outcome_scores.losses(spines, bootstrap),
            **outcome_scores.areas(spines, bootstrap),
            **outcome_scores.at_operating_point(spines, bootstrap),
            **outcome_scores.localisation(spines, bootstrap),
            **outcome_scores.calibration(spines),
            **outcome_scores.refusals(spines, others, seed),
        },
        roc={
            OVERALL: metrics.roc_points(spines.fractured, spines.overall),
            **{
                level: metrics.roc_points(spines.truth[:, i], spines.levels[:, i])
                for i, level in enumerate(LEVELS)
            },
        },
        reliability={
            OVERALL: metrics.reliability(spines.fractured[analysed], spines.overall[analysed]),
            ALL_LEVELS: metrics.reliability(spines.truth[assessed], spines.levels[assessed]),
        },
        subgroups=tuple(subgroups.by_trait(spines, seed)),
        fractures=tuple(subgroups.by_fracture(spines, bootstrap)),
        confusion=tuple(subgroups.confusion(spines)),
    )


def spines_of(outcomes: Sequence[Outcome]) -> OutcomeTable:
    """The outcomes of cervical spines."""
    return OutcomeTable.of([each for each in outcomes if each.truth.spine])


def best_constants(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """What a predictor that looks at no image can reach: see ``metrics.best_constants``."""
    spines = spines_of(outcomes)
    if not spines.outcomes:
        return np.nan, np.nan
    return metrics.best_constants(np.column_stack([spines.fractured, spines.truth]))


def missed_levels(outcome: Outcome) -> tuple[Level, ...]:
    """Fractured, and no finding."""
    missed = outcome.truth.fractured & ~outcome.found
    return tuple(level for level, each in zip(LEVELS, missed, strict=True) if each)


def false_levels(outcome: Outcome) -> tuple[Level, ...]:
    """A finding, and not fractured."""
    false = outcome.found & ~outcome.truth.fractured
    return tuple(level for level, each in zip(LEVELS, false, strict=True) if each)
