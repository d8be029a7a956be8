"""The order of the worklist: what is not known to be negative is never below what is."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from storage.records import Outcome, SeriesState
from storage.triage import outcome_of, search_text, triage_rank

LEVELS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")


def result(
    overall: float | None = 0.1, *, findings: int = 0, not_assessed: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "patient_overall": overall,
        "operating_point": 0.5,
        "levels": {level: None if level in not_assessed else overall for level in LEVELS},
        "not_assessed": list(not_assessed),
        "findings": [{}] * findings,
    }


@pytest.mark.parametrize(
    ("state", "document", "outcome"),
    [
        (SeriesState.REPORTED, result(0.5), Outcome.POSITIVE),
        (SeriesState.ANALYSED, result(0.9), Outcome.POSITIVE),
        (SeriesState.REPORTED, result(0.1, findings=1), Outcome.POSITIVE),
        (SeriesState.REPORTED, result(0.9, not_assessed=("C7",)), Outcome.POSITIVE),
        (SeriesState.REPORTED, result(0.1, not_assessed=("C7",)), Outcome.PARTIAL),
        (SeriesState.REPORTED, result() | {"level_coverage": {"C7": "in_part"}}, Outcome.PARTIAL),
        (SeriesState.REPORTED, result() | {"level_coverage": {"C7": "whole"}}, Outcome.NEGATIVE),
        (SeriesState.REPORTED, result(None), Outcome.PARTIAL),
        (SeriesState.REPORTED, {}, Outcome.PARTIAL),
        (SeriesState.REPORTED, None, Outcome.NOT_ANALYSED),
        (SeriesState.REPORTED, result(0.49), Outcome.NEGATIVE),
        (SeriesState.FAILED, result(0.1), Outcome.FAILED),
        (SeriesState.NOT_ANALYSED, result(0.1), Outcome.NOT_ANALYSED),
        *(
            (state, result(0.1), Outcome.PENDING)
            for state in SeriesState
            if state in ["receiving", "complete", "queued", "analysing"]
        ),
    ],
)
def test_outcomes(state: SeriesState, document: dict[str, Any] | None, outcome: Outcome) -> None:
    assert outcome_of(state, document) is outcome


def test_only_a_whole_result_is_negative() -> None:
    states = [state for state in SeriesState if state is not SeriesState.SUPERSEDED]
    documents = [None, {}, result(None), result(0.1, not_assessed=("C1",)), result(0.1, findings=1)]
    for state, document in product(states, documents):
        assert outcome_of(state, document) is not Outcome.NEGATIVE


def test_everything_goes_before_negatives() -> None:
    lowest = {outcome: triage_rank(outcome, result(0.0)) for outcome in Outcome}
    most_suspicious_negative = triage_rank(Outcome.NEGATIVE, result(1.0))
    for outcome in set(Outcome) - {Outcome.NEGATIVE}:
        assert lowest[outcome] < most_suspicious_negative
    order = sorted(set(Outcome) - {Outcome.FAILED}, key=lowest.__getitem__)
    assert order == [
        Outcome.POSITIVE,
        Outcome.PARTIAL,
        Outcome.NOT_ANALYSED,
        Outcome.PENDING,
        Outcome.NEGATIVE,
    ]
    assert lowest[Outcome.FAILED] == lowest[Outcome.NOT_ANALYSED]


def test_the_more_probable_goes_first() -> None:
    ranks = [triage_rank(Outcome.POSITIVE, result(p / 100)) for p in range(101)]
    assert ranks == sorted(ranks, reverse=True)
    one_level = result(0.6) | {"levels": {"C2": 0.9}}
    assert triage_rank(Outcome.POSITIVE, one_level) < triage_rank(Outcome.POSITIVE, result(0.6))


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), "0.5", None])
def test_odd_numbers_break_nothing(odd: object) -> None:
    assert triage_rank(Outcome.NEGATIVE, {"patient_overall": odd}) == 41_000


def test_names_are_searched_without_case_and_carets() -> None:
    assert search_text("MÜLLER^Anna=", " P1 ", None, "A\t7") == "müller anna p1 a 7"
    assert len(search_text("x" * 1000)) == 500
