"""Which stages a series passed, and how long each took: from its steps alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dicom_node.monitoring.stages import ONWARD, passages
from storage.changes import Step
from storage.records import SERIES_TRANSITIONS, SeriesState

START = datetime(2026, 3, 1, tzinfo=UTC)
S = SeriesState
WHOLE_WAY = [
    (S.RECEIVING, 0),
    (S.COMPLETE, 30),
    (S.QUEUED, 31),
    (S.ANALYSING, 41),
    (S.ANALYSED, 61),
    (S.REPORTED, 66),
]


def passed(*way: tuple[SeriesState, float]) -> list[tuple[SeriesState | None, float]]:
    steps = [
        Step(number, 1, START + timedelta(seconds=at), state)
        for number, (state, at) in enumerate(way)
    ]
    return [(each.stage, each.duration_s) for each in passages(steps)]


def test_each_stage_of_the_whole_way() -> None:
    assert passed(*WHOLE_WAY) == [
        (S.RECEIVING, 30),
        (S.COMPLETE, 1),
        (S.QUEUED, 10),
        (S.ANALYSING, 20),
        (S.ANALYSED, 5),
        (None, 66),
    ]


def test_nothing_of_no_steps() -> None:
    assert passed() == []


def test_a_note_is_no_stage() -> None:
    assert passed((S.RECEIVING, 0), (S.RECEIVING, 5), (S.COMPLETE, 30)) == [(S.RECEIVING, 30)]


def test_what_goes_back_has_not_passed() -> None:
    way = [(S.QUEUED, 0), (S.ANALYSING, 10), (S.QUEUED, 15), (S.ANALYSING, 18), (S.ANALYSED, 20)]
    assert passed(*way) == [(S.QUEUED, 10), (S.QUEUED, 3), (S.ANALYSING, 2)]


def test_a_further_instance_does_not_begin_the_way_anew() -> None:
    reopened = [(S.RECEIVING, 0), (S.COMPLETE, 30), *((s, at + 40) for s, at in WHOLE_WAY)]
    assert passed(*reopened)[-1] == (None, 106)


def test_a_retry_does() -> None:
    retried = [(S.RECEIVING, 0), (S.FAILED, 30), *((s, at + 4000) for s, at in WHOLE_WAY)]
    assert passed(*retried)[-1] == (None, 66)


def test_not_analysed_is_an_end_of_two_stages() -> None:
    assert passed((S.COMPLETE, 0), (S.NOT_ANALYSED, 2)) == [(S.COMPLETE, 2)]
    assert passed((S.ANALYSING, 0), (S.NOT_ANALYSED, 2)) == [(S.ANALYSING, 2)]


def test_another_clock_makes_no_negative_time() -> None:
    assert passed((S.RECEIVING, 10), (S.COMPLETE, 9)) == [(S.RECEIVING, 0)]


def test_the_table_knows_only_transitions_that_there_are() -> None:
    for state, onward in ONWARD.items():
        assert onward <= SERIES_TRANSITIONS[state]
