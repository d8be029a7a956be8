"""What the machine said of a series: the parts of result.json that the viewer draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pyqt_console.i18n import mark, tr
from pyqt_console.node_words import reason
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.stack import Stack, Vector

LEVELS: Final = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")


@dataclass(frozen=True, slots=True)
class Finding:
    """A suspected fracture: level, probability 0…1, and its box on one slice."""

    level: str
    probability: float
    frame: FrameRef
    box_px: tuple[float, float, float, float]
    """Left, top, width, height in pixels of the slice."""


@dataclass(frozen=True, slots=True)
class LevelReading:
    """One vertebra; ``probability`` is None where it was not assessed."""

    level: str
    probability: float | None
    slices: tuple[int, int] | None
    """First and last, counted from the head."""
    remark: str
    """Empty where the level was seen whole."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is drawn; a level is suspicious from ``operating_point`` upwards."""

    levels: tuple[LevelReading, ...] = ()
    findings: tuple[Finding, ...] = ()
    operating_point: float | None = None
    model: str = ""
    sentence: str = mark("No machine reading.")
    """What the reading covers, or why there is none."""

    def level(self, name: str) -> LevelReading | None:
        """The reading of one level."""
        return next((each for each in self.levels if each.level == name), None)

    def finding(self, level: str) -> Finding | None:
        """The finding at one level."""
        return next((each for each in self.findings if each.level == level), None)


def number(probability: float | None) -> str:
    """As it is written; never 0.00 or 1.00 by rounding alone, and ``n/a`` where there is none."""
    if probability is None:
        return tr("n/a")
    if 0 < probability < 0.005:
        return "<0.01"
    if 0.995 <= probability < 1:
        return ">0.99"
    return f"{probability:.2f}"


NO_READING: Final = Reading()
_REMARKS: Final = {
    "whole": "",
    "in_part": mark("seen in part"),
    "outside_the_images": mark("outside the images"),
    "not_recognised": mark("not recognised"),
}


def reading_of(result: Mapping[str, Any] | None) -> Reading:
    """The document ``result`` of the API; what of it is malformed is left out, never guessed."""
    if not result:
        return NO_READING
    if result.get("status") != "analysed":
        given = _mapping(result.get("reason"))
        why = reason(str(given.get("code") or ""), str(given.get("text") or ""))
        why = why or tr("no reason was given.")
        return Reading(sentence=tr("Not analysed: {why}").format(why=why))
    probabilities = _mapping(result.get("levels"))
    slices, coverage = _mapping(result.get("level_slices")), _mapping(result.get("level_coverage"))
    model = _mapping(result.get("model"))
    return Reading(
        levels=tuple(
            LevelReading(
                name,
                _probability(probabilities.get(name)),
                _range(slices.get(name)),
                _REMARKS.get(str(coverage.get(name)), ""),
            )
            for name in LEVELS
        ),
        findings=tuple(
            found
            for each in result.get("findings") or ()
            if (found := _finding(_mapping(each))) is not None
        ),
        operating_point=_probability(result.get("operating_point")),
        model=f"{model.get('name', '')} {model.get('version', '')}".strip(),
        sentence=str(result.get("coverage") or ""),
    )


def key_index(finding: Finding, stack: Stack) -> int | None:
    """The slice of a finding in this stack; None where it is not in it."""
    return stack.index_of(finding.frame.sop_instance_uid, finding.frame.frame_number)


def finding_centre_mm(finding: Finding, stack: Stack) -> Vector | None:
    """The middle of the box in the patient; None where its slice is not in this stack."""
    index = key_index(finding, stack)
    if index is None:
        return None
    left, top, width, height = finding.box_px
    return stack.point(index, top + (height - 1) / 2, left + (width - 1) / 2)


def level_centre_mm(reading: Reading, name: str, stack: Stack) -> Vector | None:
    """The middle of a level's slices; None where it was not seen."""
    level = reading.level(name)
    if level is None or level.slices is None:
        return None
    count, rows, columns = stack.shape
    first, last = level.slices
    if last >= count:
        return None
    middle: Vector = np.mean(
        [stack.point(index, (rows - 1) / 2, (columns - 1) / 2) for index in (first, last)], axis=0
    )
    return middle


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _probability(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    return float(found) if 0 <= found <= 1 else None


def _range(found: object) -> tuple[int, int] | None:
    if not isinstance(found, Sequence) or len(found) != 2:
        return None
    first, last = found
    if not (isinstance(first, int) and isinstance(last, int) and 0 <= first <= last):
        return None
    return first, last


def _finding(found: Mapping[str, Any]) -> Finding | None:
    level, uid = found.get("level"), found.get("key_slice_sop_uid")
    probability, box = _probability(found.get("probability")), found.get("box")
    frame = found.get("key_slice_frame")
    if level not in LEVELS or not isinstance(uid, str) or probability is None:
        return None
    if not isinstance(box, Sequence) or len(box) != 4 or not all(map(_is_number, box)):
        return None
    left, top, width, height = (float(each) for each in box)
    return Finding(
        str(level),
        probability,
        FrameRef(uid, frame if isinstance(frame, int) and frame > 0 else 1),
        (left, top, width, height),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
