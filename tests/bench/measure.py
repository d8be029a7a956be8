"""Rounds in turn (A B C A B C …), since a shared machine's speed drifts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 3


@dataclass(frozen=True)
class Figure:
    """One row: what was measured over the rounds, and with which rows it compares."""

    group: str
    what: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)


def side_by_side(
    group: str, unit: str, contenders: dict[str, Callable[[], float]], rounds: int = ROUNDS
) -> list[Figure]:
    """Measure each contender once a round, in turn, after a round that does not count."""
    values: dict[str, list[float]] = {what: [] for what in contenders}
    for round_number in range(rounds + 1):
        for what, measure in contenders.items():
            value = measure()
            if round_number:
                values[what].append(value)
    return [Figure(group, what, unit, tuple(values[what])) for what in contenders]


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
