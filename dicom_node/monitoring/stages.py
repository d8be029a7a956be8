"""How long each stage of a series took: a rule over its timeline, and the follower of all of them.

Each node on a database follows every series that is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dicom_node.monitoring.instruments import Instruments
from storage.changes import Step, latest_change, steps_after, steps_of
from storage.database import Database
from storage.records import SeriesState

ONWARD: Final[Mapping[SeriesState, frozenset[SeriesState]]] = {
    SeriesState.RECEIVING: frozenset({SeriesState.COMPLETE}),
    SeriesState.COMPLETE: frozenset({SeriesState.QUEUED, SeriesState.NOT_ANALYSED}),
    SeriesState.QUEUED: frozenset({SeriesState.ANALYSING}),
    SeriesState.ANALYSING: frozenset({SeriesState.ANALYSED, SeriesState.NOT_ANALYSED}),
    SeriesState.ANALYSED: frozenset({SeriesState.REPORTED}),
}
"""Stage → where it leads. What goes back, fails or is superseded did not pass it."""
BEGINS_ANEW: Final = frozenset({SeriesState.NOT_ANALYSED, SeriesState.FAILED})
"""Who comes back from there is received for the second time: a person asked."""
LATE_MAX: Final = 64
"""PostgreSQL numbers a row before its transaction ends: so far back is looked for late ones."""
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Passage:
    """A series left ``stage`` by the step ``step_id``; ``None``: the whole way is done."""

    step_id: int
    stage: SeriesState | None
    duration_s: float


def passages(steps: Sequence[Step]) -> Iterator[Passage]:
    """The stages that one series passed, by its steps in their order.

    A step in the state that the series is in is a note. The clock of another node may be behind:
    no stage takes less than nothing.
    """
    if not steps:
        return
    state: SeriesState | None = None
    entered = began = steps[0].at_utc
    for step in steps:
        if step.state is state:
            continue
        if state is None or state in BEGINS_ANEW:
            began = step.at_utc
        elif step.state in ONWARD.get(state, ()):
            yield Passage(step.id, state, _seconds(entered, step.at_utc))
        if state is not None and step.state is SeriesState.REPORTED:
            yield Passage(step.id, None, _seconds(began, step.at_utc))
        state, entered = step.state, step.at_utc


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())


class StageFollower:
    """Times what happens from its making on. :meth:`tick` is to be called again and again."""

    def __init__(self, database: Database, instruments: Instruments) -> None:
        """Begin with what comes next.

        Raises:
            StorageError: the database cannot be read.
        """
        self._database = database
        self._instruments = instruments
        instruments.declare(stages=ONWARD)
        self._start = self._floor = latest_change(database)
        self._seen: set[int] = set()

    def tick(self) -> None:
        """Time the steps that are new.

        Raises:
            StorageError: the database cannot be read; they are timed the next time.
        """
        while fresh := self._fresh():
            for series_id in sorted({step.series_id for step in fresh}):
                ids = {step.id for step in fresh if step.series_id == series_id}
                for passage in passages(steps_of(self._database, series_id)):
                    if passage.step_id in ids:
                        self._observe(passage)
            self._seen.update(step.id for step in fresh)
            # Never below the start: what was there before is another life's.
            self._floor = max(self._start, max(self._seen) - LATE_MAX)
            self._seen = {each for each in self._seen if each > self._floor}

    def _fresh(self) -> list[Step]:
        found = steps_after(self._database, self._floor, limit=BATCH)
        return [step for step in found if step.id not in self._seen]

    def _observe(self, passage: Passage) -> None:
        if passage.stage is None:
            self._instruments.series_reported(passage.duration_s)
        else:
            self._instruments.stage_passed(passage.stage, passage.duration_s)
