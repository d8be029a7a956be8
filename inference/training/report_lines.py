"""What each figure is called, how it is written, what it is aimed at: one table for all outputs."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from inference.training.bootstrap import Figure
from inference.types import LEVELS

NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: a number, or another figure."""

    sign: str
    limit: float | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One figure.

    Attributes:
        name: as in ``Figures.values``.
        label: for people.
        unit: "%" for a share, "mm", or empty for a plain number.
        aim: if it has one.
    """

    name: str
    label: str
    unit: str = ""
    aim: Aim | None = None


LINES: Final[Mapping[str, tuple[Line, ...]]] = {
    "Competition metric (weighted log loss)": (
        Line("log_loss_per_study", "mean over studies", aim=Aim("≤", 0.30)),
        Line("log_loss_all_rows", "over all rows", aim=Aim("≤", 0.30)),
        Line("log_loss_per_study_doubled", "mean over studies, of doubled odds"),
        Line("log_loss_all_rows_doubled", "over all rows, of doubled odds"),
    ),
    "Area under the ROC curve": (
        Line("auroc_overall", "any fracture"),
        Line("auroc_levels_mean", "mean of the levels"),
        *(Line(f"auroc_{level}", level) for level in LEVELS),
    ),
    "At the operating point": (
        Line("sensitivity", "fractured study: flagged (sensitivity)", "%"),
        Line("specificity", "intact study: not flagged (specificity)", "%"),
        Line("ppv", "flagged study: fractured (PPV)", "%"),
        Line("npv", "study not flagged: intact (NPV)", "%"),
        Line("level_sensitivity", "fractured level: found", "%"),
        Line("level_specificity", "intact level: not flagged", "%"),
        Line("levels_exact", "fractured study: just its levels named", "%"),
    ),
    "Where it points": (
        Line("level_right", "finding on a fracture: level named right", "%"),
        Line("box_ppv", "finding: its box overlaps a fracture (box PPV)", "%"),
        Line("slice_shows_it", "fracture found: the key slice shows it", "%"),
        Line(
            "points_at_it",
            "fracture found: the map's peak lies in its box (pointing game)",
            "%",
            Aim(">", other="random_points_at_it"),
        ),
        Line("random_points_at_it", "… a random point of the vertebra", "%"),
        Line(
            "slice_error_mm",
            "from the key slice to the fracture",
            "mm",
            Aim("<", other="random_slice_error_mm"),
        ),
        Line("random_slice_error_mm", "… from a random slice of the vertebra", "mm"),
        Line("box_overlap", "intersection over union of the boxes"),
    ),
    "Calibration": (
        Line("ece_levels", "expected calibration error, levels", aim=Aim("≤", 0.05)),
        Line("honest_ece_levels", "… if every probability were right, on as many levels"),
        Line("ece_overall", "expected calibration error, any fracture"),
        Line("honest_ece_overall", "… if every probability were right, on as many studies"),
        Line("brier_levels", "Brier score, levels"),
        Line("brier_overall", "Brier score, any fracture"),
    ),
    "What it refuses": (
        Line("no_spine_refused", "volume without a cervical spine: refused", "%"),
        Line("spine_refused", "cervical spine: wrongly refused", "%"),
        Line("levels_not_assessed", "level of a cervical spine: not assessed", "%"),
    ),
}
"""By section, in the order in which they are shown."""

HEADLINES: Final = (
    "log_loss_per_study",
    "auroc_overall",
    "sensitivity",
    "specificity",
    "level_right",
    "points_at_it",
    "ece_levels",
)

_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "≤": operator.le,
    "<": operator.lt,
    ">": operator.gt,
}


def line(name: str) -> Line:
    """The line of a figure."""
    return next(each for lines in LINES.values() for each in lines if each.name == name)


def section_of(name: str) -> str:
    """The section in which a figure is shown."""
    return next(title for title, lines in LINES.items() if name in {each.name for each in lines})


def number(value: float, unit: str) -> str:
    """For people: shares in per cent, others with the digits that mean something."""
    if not math.isfinite(value):
        return NOTHING
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:.1f} {unit}" if unit else f"{value:.3f}"


def interval(figure: Figure, unit: str) -> str:
    """Its 95 % interval, or nothing."""
    if not (math.isfinite(figure.low) and math.isfinite(figure.high)):
        return ""
    low, high = number(figure.low, unit), number(figure.high, unit)
    for suffix in (" %", " mm"):
        low = low.removesuffix(suffix)
    return f"{low}–{high}"


def counted(figure: Figure) -> str:
    """How many of how many; nothing if it is no share."""
    return "" if figure.count is None else f"{figure.count} of {figure.of}"


def whole(figure: Figure, unit: str) -> str:
    """Number, interval and count in one line."""
    extras = [interval(figure, unit), counted(figure)]
    text = ", ".join(each for each in extras if each)
    return number(figure.value, unit) + (f" ({text})" if text else "")


def aim_in_words(aim: Aim, unit: str) -> str:
    """What is aimed at: the number, or that it is to beat chance."""
    if aim.other is not None:
        return f"{aim.sign} random"
    assert aim.limit is not None
    return f"{aim.sign} {number(aim.limit, unit)}"


def aim_text(aim: Aim, values: Mapping[str, Figure], unit: str) -> str:
    """What is aimed at, as a number."""
    return f"{aim.sign} {number(_limit(aim, values), unit)}"


def reached(name: str, values: Mapping[str, Figure]) -> bool | None:
    """Whether a figure reaches its aim; ``None`` where it has none, or nothing was measured."""
    aim = line(name).aim
    if aim is None:
        return None
    value, limit = values[name].value, _limit(aim, values)
    if not (math.isfinite(value) and math.isfinite(limit)):
        return None
    return _SIGNS[aim.sign](value, limit)


def _limit(aim: Aim, values: Mapping[str, Figure]) -> float:
    if aim.other is not None:
        return values[aim.other].value
    assert aim.limit is not None
    return aim.limit
