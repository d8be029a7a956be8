"""What holds for each level after the reader's verdict: a pure table over machine and reader.

A level is absent only if the machine or the reader assessed the whole of it; what nobody judged
stays undetermined, never negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from dicom_node.reports.words import WHOLE
from dicom_node.verdicts.document import AddedFinding, Choice, JudgedFinding, Verdict
from dicom_node.verdicts.places import Region, region_of_added, region_of_machine
from inference.types import LEVELS, Level, SliceHeader, SliceSource


class Evaluation(StrEnum):
    """Whether a level is fractured (PS3.16 CID 240)."""

    PRESENT = "present"
    ABSENT = "absent"
    UNDETERMINED = "undetermined"


class Basis(StrEnum):
    """How the evaluation of a level came about."""

    ADDED = "added"  # the reader's own finding
    MOVED_HERE = "moved_here"  # the machine's finding at another level belongs here
    ACCEPTED = "accepted"
    UNSURE = "unsure"
    MOVED_AWAY = "moved_away"
    REJECTED = "rejected"
    STATED_ABSENT = "stated_absent"
    AGREED = "agreed"  # the machine found nothing in the whole level, nor did the reader
    NOT_JUDGED = "not_judged"


class Judgement(StrEnum):
    """What the reader did with the machine's finding at a level."""

    ACCEPTED = "accepted"
    MOVED_AWAY = "moved_away"
    REJECTED = "rejected"
    UNSURE = "unsure"


class Placed(StrEnum):
    """What the reader put at a level."""

    ADDED = "added"
    MOVED_HERE = "moved_here"


_AFTER: Final[Mapping[Judgement, tuple[Evaluation, Evaluation]]] = {
    Judgement.ACCEPTED: (Evaluation.PRESENT, Evaluation.PRESENT),
    Judgement.UNSURE: (Evaluation.UNDETERMINED, Evaluation.UNDETERMINED),
    Judgement.REJECTED: (Evaluation.ABSENT, Evaluation.UNDETERMINED),
    Judgement.MOVED_AWAY: (Evaluation.ABSENT, Evaluation.UNDETERMINED),
}
"""What holds after a judgement where the whole of the level was seen, and where only a part was."""


def evaluate(
    machine: Evaluation,
    judgement: Judgement | None,
    placed: Placed | None,
    *,
    whole: bool,
    stated_absent: bool,
) -> tuple[Evaluation, Basis]:
    """What holds for a level, and why.

    Args:
        machine: what the machine said; undetermined where it did not assess the whole of it.
        judgement: of the machine's finding here; None without one.
        placed: what the reader put here.
        whole: the machine assessed the whole of it.
        stated_absent: the reader read the whole of it and found it intact.
    """
    if placed is not None:
        return Evaluation.PRESENT, Basis(placed)
    if judgement is not None:
        seen, seen_in_part = _AFTER[judgement]
        return (seen if whole or stated_absent else seen_in_part), Basis(judgement)
    if stated_absent:
        return Evaluation.ABSENT, Basis.STATED_ABSENT
    if machine is Evaluation.ABSENT:
        return Evaluation.ABSENT, Basis.AGREED
    return Evaluation.UNDETERMINED, Basis.NOT_JUDGED


@dataclass(frozen=True, slots=True)
class ReadLevel:
    """One level after the reader.

    Attributes:
        level: which.
        evaluation: what holds now.
        basis: why.
        judgement: what the reader did with the machine's finding here; None without one.
        probability: the machine's, only of a finding that the reader accepted here.
        region: of a present fracture.
        moved_to: where the machine's finding here belongs.
        moved_from: where the machine had put the finding that is here now.
        comments: the reader's, in order.
    """

    level: Level
    evaluation: Evaluation
    basis: Basis
    judgement: Judgement | None = None
    probability: float | None = None
    region: Region | None = None
    moved_to: Level | None = None
    moved_from: Level | None = None
    comments: tuple[str, ...] = ()


def read_levels(
    verdict: Verdict,
    result: Mapping[str, Any] | None,
    slices: Mapping[SliceSource, SliceHeader],
) -> tuple[ReadLevel, ...]:
    """C1…C7 after a verdict that fits (see ``validation.require_fitting``)."""
    return tuple(_read_level(level, verdict, result, slices) for level in LEVELS)


def overall(levels: tuple[ReadLevel, ...]) -> Evaluation:
    """Of the whole spine: absent only if every level is."""
    return overall_evaluation(each.evaluation for each in levels)


def overall_evaluation(levels: Iterable[Evaluation]) -> Evaluation:
    """As :func:`overall`, of what is said of each level."""
    said = set(levels)
    for evaluation in (Evaluation.PRESENT, Evaluation.UNDETERMINED):
        if evaluation in said:
            return evaluation
    return Evaluation.ABSENT


def machine_evaluation(result: Mapping[str, Any] | None, level: Level) -> Evaluation:
    """What the machine said of a level: undetermined where it did not assess the whole of it."""
    probability = None if result is None else result["levels"][level]
    if result is None or probability is None:
        return Evaluation.UNDETERMINED
    if probability >= result["operating_point"]:
        return Evaluation.PRESENT
    return Evaluation.ABSENT if _is_whole(result, level) else Evaluation.UNDETERMINED


def _is_whole(result: Mapping[str, Any] | None, level: Level) -> bool:
    return result is not None and result["level_coverage"][level] == WHOLE


def evaluations(verdict: Verdict, result: Mapping[str, Any] | None) -> Mapping[Level, Evaluation]:
    """What holds for each level after a verdict that fits, without its place."""
    return {level: _evaluated(level, verdict, result)[0] for level in LEVELS}


def _evaluated(
    level: Level, verdict: Verdict, result: Mapping[str, Any] | None
) -> tuple[Evaluation, Basis]:
    return evaluate(
        machine_evaluation(result, level),
        _judgement_of(_judged_at(level, verdict)),
        _placed(_moved_to(level, verdict), _added_at(level, verdict)),
        whole=_is_whole(result, level),
        stated_absent=level in verdict.absent_levels,
    )


def _judged_at(level: Level, verdict: Verdict) -> JudgedFinding | None:
    return next((each for each in verdict.findings if each.level == level), None)


def _moved_to(level: Level, verdict: Verdict) -> JudgedFinding | None:
    return next((each for each in verdict.findings if each.changed_level == level), None)


def _added_at(level: Level, verdict: Verdict) -> AddedFinding | None:
    return next((each for each in verdict.added if each.level == level), None)


def _read_level(
    level: Level,
    verdict: Verdict,
    result: Mapping[str, Any] | None,
    slices: Mapping[SliceSource, SliceHeader],
) -> ReadLevel:
    here, moved = _judged_at(level, verdict), _moved_to(level, verdict)
    added = _added_at(level, verdict)
    evaluation, basis = _evaluated(level, verdict, result)
    accepted = basis is Basis.ACCEPTED
    machines = _finding_at(result, level if accepted else moved.level if moved else None)
    if added is not None:
        region: Region | None = region_of_added(added, slices)
    else:
        region = None if machines is None else region_of_machine(machines)
    said = (each.comment for each in (here, moved, added) if each is not None)
    return ReadLevel(
        level=level,
        evaluation=evaluation,
        basis=basis,
        judgement=_judgement_of(here),
        probability=machines["probability"] if accepted and machines else None,
        region=region,
        moved_to=None if here is None else here.changed_level,
        moved_from=None if moved is None else moved.level,
        comments=tuple(text for text in said if text),
    )


_JUDGEMENTS: Final[Mapping[Choice, Judgement]] = {
    Choice.ACCEPT: Judgement.ACCEPTED,
    Choice.REJECT: Judgement.REJECTED,
    Choice.UNSURE: Judgement.UNSURE,
}


def _judgement_of(here: JudgedFinding | None) -> Judgement | None:
    if here is None:
        return None
    return Judgement.MOVED_AWAY if here.changed_level else _JUDGEMENTS[here.verdict]


def _placed(moved: JudgedFinding | None, added: AddedFinding | None) -> Placed | None:
    if added is not None:
        return Placed.ADDED
    return None if moved is None else Placed.MOVED_HERE


def _finding_at(result: Mapping[str, Any] | None, level: Level | None) -> Mapping[str, Any] | None:
    if result is None or level is None:
        return None
    return next((each for each in result["findings"] if each["level"] == level), None)
