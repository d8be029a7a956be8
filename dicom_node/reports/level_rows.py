"""What is written of each vertebra beside a picture: four states that no reader can mix up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from inference.coverage import CUT_OFF, OUTSIDE, UNRECOGNISED
from inference.types import Level, LevelPrediction, Prediction


class LevelState(StrEnum):
    """What may be said of a level."""

    SUSPECTED = "suspected"
    NO_FINDING = "no_finding"
    IN_PART = "in_part"
    NOT_ASSESSED = "not_assessed"


WORDS: Final[Mapping[LevelState, str]] = {
    LevelState.SUSPECTED: "fracture suspected",
    LevelState.NO_FINDING: "no finding",
    LevelState.IN_PART: f"only in part: {CUT_OFF}",
    LevelState.NOT_ASSESSED: "not assessed",
}


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A line about one vertebra. ``probability`` is ``None`` where it was not assessed."""

    level: Level
    state: LevelState
    probability: float | None
    words: str

    @property
    def number(self) -> str:
        """The probability with two digits, never as if it were certain; a dash without one."""
        if self.probability is None:
            return "–"
        if self.probability < 0.005:
            return "<0.01"
        return ">0.99" if self.probability > 0.995 else f"{self.probability:.2f}"


def level_rows(prediction: Prediction) -> tuple[LevelRow, ...]:
    """One row for each level, C1 to C7."""
    suspected = {finding.level for finding in prediction.findings}
    rows = []
    for each in prediction.levels:
        state = _state(each, suspected=each.level in suspected)
        rows.append(LevelRow(each.level, state, each.probability, _words(each, state)))
    return tuple(rows)


def headline(prediction: Prediction) -> str:
    """The reading in one line."""
    if prediction.findings:
        found = ", ".join(finding.level for finding in prediction.findings)
        return f"Fracture suspected: {found}"
    partial = prediction.not_assessed or prediction.cut_off
    return f"No finding {'in what was assessed' if partial else 'at any level'}"


def overall_line(prediction: Prediction) -> str:
    """The patient's probability, what it is about, and from where a level is a finding."""
    partial = prediction.not_assessed or prediction.cut_off
    whole = "Assessed part of the spine" if partial else "Whole spine"
    return (
        f"{whole} {prediction.patient_overall:.2f}  ·  "
        f"operating point of a level {prediction.operating_point:.2f}"
    )


def _state(predicted: LevelPrediction, *, suspected: bool) -> LevelState:
    if not predicted.assessed:
        return LevelState.NOT_ASSESSED
    if suspected:
        return LevelState.SUSPECTED
    return LevelState.IN_PART if predicted.cut_off else LevelState.NO_FINDING


def _words(predicted: LevelPrediction, state: LevelState) -> str:
    if state is LevelState.NOT_ASSESSED:
        return f"{WORDS[state]}: {OUTSIDE if predicted.outside else UNRECOGNISED}"
    if state is LevelState.SUSPECTED and predicted.cut_off:
        return f"{WORDS[state]}; {CUT_OFF}"
    return WORDS[state]
