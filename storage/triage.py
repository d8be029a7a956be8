"""What a reader should look at first: the rule, and how a reading is found by its words.

Everything that is not known to be negative goes before what is: a series that waits, failed or
was not analysed is never below a negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from storage.records import Outcome, SeriesState

BAND: Final[Mapping[Outcome, int]] = {
    Outcome.POSITIVE: 0,
    Outcome.PARTIAL: 10_000,
    Outcome.NOT_ANALYSED: 20_000,
    Outcome.FAILED: 20_000,
    Outcome.PENDING: 30_000,
    Outcome.NEGATIVE: 40_000,
}
"""Outcome → where its part of the list begins; inside, the more probable goes first."""
STEPS: Final = 1000

OUTCOME_OF_STATE: Final[Mapping[SeriesState, Outcome]] = {
    SeriesState.RECEIVING: Outcome.PENDING,
    SeriesState.COMPLETE: Outcome.PENDING,
    SeriesState.QUEUED: Outcome.PENDING,
    SeriesState.ANALYSING: Outcome.PENDING,
    SeriesState.NOT_ANALYSED: Outcome.NOT_ANALYSED,
    SeriesState.FAILED: Outcome.FAILED,
}
"""Where the state alone decides; otherwise the result does."""

WHOLE: Final = "whole"
"""In a result's ``level_coverage``."""
SEARCH_LENGTH_MAX: Final = 500
"""Characters; PostgreSQL's index rows are bounded."""


def outcome_of(state: SeriesState, result: Mapping[str, Any] | None) -> Outcome:
    """What a reading came to. Negative only where the result says so of all seven levels."""
    decided = OUTCOME_OF_STATE.get(state)
    if decided is not None:
        return decided
    if result is None:
        return Outcome.NOT_ANALYSED
    overall, threshold = result.get("patient_overall"), result.get("operating_point")
    if result.get("findings") or (
        overall is not None and threshold is not None and overall >= threshold
    ):
        return Outcome.POSITIVE
    if overall is None or threshold is None or not _is_whole(result):
        return Outcome.PARTIAL
    return Outcome.NEGATIVE


def triage_rank(outcome: Outcome, result: Mapping[str, Any] | None) -> int:
    """The place in the worklist, the smallest first."""
    return BAND[outcome] + STEPS - round(STEPS * _highest_probability(outcome, result))


def search_text(*parts: str | None) -> str:
    """Name, patient id, accession number … in the form in which they are searched."""
    words = " ".join(part or "" for part in parts).replace("^", " ").replace("=", " ")
    return " ".join(words.casefold().split())[:SEARCH_LENGTH_MAX]


def _is_whole(result: Mapping[str, Any]) -> bool:
    """All levels were assessed, and none was cut off by the images."""
    coverage = result.get("level_coverage", {}).values()
    return not result.get("not_assessed") and all(each == WHOLE for each in coverage)


def _highest_probability(outcome: Outcome, result: Mapping[str, Any] | None) -> float:
    """Of the patient or of any level: 0 where nothing is known."""
    if result is None or outcome in OUTCOME_OF_STATE.values():
        return 0.0
    known = [result.get("patient_overall"), *result.get("levels", {}).values()]
    finite = (float(p) for p in known if isinstance(p, int | float) and isfinite(p))
    return max((min(max(p, 0.0), 1.0) for p in finite), default=0.0)
