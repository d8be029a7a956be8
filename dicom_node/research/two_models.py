"""The active model and its shadow on the same series, and readers beside them: without I/O.

What either leaves undetermined (not analysed, failed, a level not seen whole) cannot be compared,
and never counts as negative.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dicom_node.research.agreement import AGREE, DISAGREE, NOT_COMPARABLE, agreement
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.reading import (
    Evaluation,
    evaluations,
    machine_evaluation,
    overall_evaluation,
)
from inference.types import LEVELS, Level
from storage.records import Outcome, ReadBy, TwiceRead

BOTH_POSITIVE: Final = "both_positive"
ONLY_ACTIVE: Final = "only_active"
ONLY_SHADOW: Final = "only_shadow"
BOTH_NEGATIVE: Final = "both_negative"
LEVELS_DIFFER: Final = "levels_differ"
"""Both are positive, but not at the same levels."""

OF_BOTH: Final[Mapping[tuple[Evaluation, Evaluation], str]] = {
    (Evaluation.PRESENT, Evaluation.PRESENT): BOTH_POSITIVE,
    (Evaluation.PRESENT, Evaluation.ABSENT): ONLY_ACTIVE,
    (Evaluation.ABSENT, Evaluation.PRESENT): ONLY_SHADOW,
    (Evaluation.ABSENT, Evaluation.ABSENT): BOTH_NEGATIVE,
}
"""(active, shadow) → the word for it; every other pair is not comparable."""
KINDS: Final = (BOTH_POSITIVE, ONLY_ACTIVE, ONLY_SHADOW, BOTH_NEGATIVE, NOT_COMPARABLE)

OF_OUTCOME: Final[Mapping[Outcome | None, Evaluation]] = {
    Outcome.POSITIVE: Evaluation.PRESENT,
    Outcome.NEGATIVE: Evaluation.ABSENT,
}
"""Of the whole spine; any other outcome leaves it undetermined."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often both said what: of series, or of one level."""

    both_positive: int = 0
    only_active: int = 0
    only_shadow: int = 0
    both_negative: int = 0
    not_comparable: int = 0


@dataclass(frozen=True, slots=True)
class WithReaders:
    """How often a model said what the last verdict says, of the series that have one."""

    agree: int = 0
    disagree: int = 0
    not_comparable: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """Series, or one level of them."""

    models: Tally
    active: WithReaders
    shadow: WithReaders


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A series on which the models differ; nothing of the patient.

    Attributes:
        kind: ``only_active``, ``only_shadow`` or ``levels_differ``.
        levels: those at which they say the contrary.
        reader: what the last verdict says of the whole; None: there is none.
    """

    series_uid: str
    generation: int
    at_utc: datetime
    kind: str
    levels: tuple[Level, ...]
    reader: Evaluation | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One active model and one shadow on the series that both have dealt with."""

    active: ReadBy
    shadow: ReadBy
    series: int
    failed: int
    """On so many of them the shadow's process died too often."""
    verdicts: int
    """So many have one."""
    mean_duration_s: float | None
    """Of the shadow's readings."""
    overall: Compared
    levels: Mapping[Level, Compared]
    disagreements: tuple[Disagreement, ...]
    """The newest first."""


def compare(pairs: Iterable[TwiceRead], *, disagreements: int) -> tuple[Comparison, ...]:
    """One comparison for each pair of models, the one with the newest reading first.

    Args:
        pairs: what the shadow has ended, in the order of the readings.
        disagreements: so many of the newest are named in each.
    """
    sums: dict[tuple[ReadBy, ReadBy], _Sum] = {}
    for each in pairs:
        if each.shadow.model is not None and each.series.result is not None:
            active = _active_model(each.series.result)
            models = active, each.shadow.model
            found = sums.pop(models, None) or _Sum(*models)
            sums[models] = found  # the last one is the newest
            found.add(each)
    return tuple(each.comparison(disagreements) for each in reversed(sums.values()))


@dataclass(slots=True)
class _Counts:
    """Of series, or of one level, while they are counted."""

    models: Counter[str] = field(default_factory=Counter)
    active: Counter[str] = field(default_factory=Counter)
    shadow: Counter[str] = field(default_factory=Counter)

    def add(self, active: Evaluation, shadow: Evaluation, reader: Evaluation | None) -> str:
        kind = OF_BOTH.get((active, shadow), NOT_COMPARABLE)
        self.models[kind] += 1
        if reader is not None:
            self.active[agreement(active, reader)] += 1
            self.shadow[agreement(shadow, reader)] += 1
        return kind

    def compared(self) -> Compared:
        return Compared(
            Tally(**{kind: self.models[kind] for kind in KINDS}),
            _with_readers(self.active),
            _with_readers(self.shadow),
        )


@dataclass(slots=True)
class _Sum:
    active: ReadBy
    shadow: ReadBy
    series: int = 0
    failed: int = 0
    verdicts: int = 0
    durations_s: list[float] = field(default_factory=list)
    overall: _Counts = field(default_factory=_Counts)
    levels: dict[Level, _Counts] = field(
        default_factory=lambda: {level: _Counts() for level in LEVELS}
    )
    differ: list[Disagreement] = field(default_factory=list)

    def add(self, pair: TwiceRead) -> None:
        result, shadow = pair.series.result, pair.shadow
        read = None if pair.verdict is None else _reader(pair.verdict.document, result)
        reader = None if read is None else overall_evaluation(read.values())
        self.series += 1
        self.failed += shadow.outcome is Outcome.FAILED
        self.verdicts += read is not None
        if shadow.duration_s is not None:
            self.durations_s.append(shadow.duration_s)
        kind = self.overall.add(_of(pair.series.outcome), _of(shadow.outcome), reader)
        contrary = []
        for level in LEVELS:
            here = self.levels[level].add(
                machine_evaluation(result, level),
                machine_evaluation(shadow.result, level),
                None if read is None else read[level],
            )
            if here in (ONLY_ACTIVE, ONLY_SHADOW):
                contrary.append(level)
        if kind == BOTH_POSITIVE and contrary:
            kind = LEVELS_DIFFER
        if kind in (ONLY_ACTIVE, ONLY_SHADOW, LEVELS_DIFFER):
            self.differ.append(_disagreement(pair, kind, tuple(contrary), reader))

    def comparison(self, disagreements: int) -> Comparison:
        durations_s = self.durations_s
        newest = sorted(self.differ, key=lambda each: each.at_utc)[::-1]
        return Comparison(
            active=self.active,
            shadow=self.shadow,
            series=self.series,
            failed=self.failed,
            verdicts=self.verdicts,
            mean_duration_s=sum(durations_s) / len(durations_s) if durations_s else None,
            overall=self.overall.compared(),
            levels={level: counts.compared() for level, counts in self.levels.items()},
            disagreements=tuple(newest[:disagreements]),
        )


def _disagreement(
    pair: TwiceRead, kind: str, levels: tuple[Level, ...], reader: Evaluation | None
) -> Disagreement:
    shadow = pair.shadow
    at_utc = shadow.ended_utc or shadow.asked_utc
    return Disagreement(shadow.series_uid, shadow.generation, at_utc, kind, levels, reader)


def _reader(
    document: Mapping[str, Any], result: Mapping[str, Any] | None
) -> Mapping[Level, Evaluation]:
    """What holds after a verdict, which is about the active model's reading."""
    return evaluations(Verdict.model_validate(document), result)


def _of(outcome: Outcome | None) -> Evaluation:
    return OF_OUTCOME.get(outcome, Evaluation.UNDETERMINED)


def _active_model(result: Mapping[str, Any]) -> ReadBy:
    model: Mapping[str, Any] = result.get("model") or {}
    return ReadBy(*(str(model.get(key, "?")) for key in ("name", "version", "sha256")))


def _with_readers(counts: Counter[str]) -> WithReaders:
    return WithReaders(counts[AGREE], counts[DISAGREE], counts[NOT_COMPARABLE])
