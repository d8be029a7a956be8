"""Outcomes made by hand, for tests of what is counted over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inference.training.outcomes import UNKNOWN, Outcome
from inference.training.places import FindingPlace, FracturePlace
from inference.training.truth import Truth
from inference.types import LEVELS, Level, ReasonCode


def truth_of(name: str = "1", levels: Sequence[Level] = (), *, spine: bool = True) -> Truth:
    """A study of a given truth, its fractures all of one type, its place unknown."""
    return Truth(name, spine, tuple(levels), dict.fromkeys(levels, "lamina"), (), {"sex": "female"})


def outcome_of(
    truth: Truth,
    found: Sequence[Level] = (),
    *,
    said: float = 0.1,
    of_found: float = 0.8,
    places: Sequence[FracturePlace] = (),
    on_fracture: bool | None = None,
) -> Outcome:
    """All levels assessed at ``said``; those found, and then the patient, at ``of_found``."""
    hit = np.isin(LEVELS, found)
    return Outcome(
        truth=truth,
        levels=np.where(hit, of_found, said),
        assessed=np.ones(7, np.bool_),
        overall=of_found if hit.any() else said,
        refused=None,
        findings=tuple(
            FindingPlace(level, on_fracture, level in truth.levels if on_fracture else None)
            for level in found
        ),
        places=tuple(places),
        seconds=0.5,
    )


def refused(truth: Truth) -> Outcome:
    """A study that was not analysed."""
    unknown, none = np.full(7, UNKNOWN), np.zeros(7, np.bool_)
    code = ReasonCode.NO_CERVICAL_SPINE
    return Outcome(truth, unknown, none, UNKNOWN, code, (), (), 0.5)


def place_of(level: Level, *, right: bool) -> FracturePlace:
    """A fracture that was found, pointed at or 8 mm beside it; chance hits one in five."""
    return FracturePlace(
        level, "lamina", right, 0.0 if right else 8.0, right, 0.5 if right else 0.0, 0.2, 5.0
    )
