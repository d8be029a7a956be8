"""Is a series one regular axial CT volume that covers enough? Pure rules, without I/O.

The tables of ``header_rules`` and ``stack_rules`` hold the order: what makes the rest meaningless
comes first, and the first refusal is the answer.

A series is judged whole. Leaving out what does not fit (a localizer, a doubled slice) would
make "analysed" a statement about images that nobody chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inference.geometry import Geometry, Stack
from inference.header_rules import HEADER_RULES
from inference.limits import DEFAULT_LIMITS, FitnessLimits
from inference.stack_rules import GRID_RULES, STACK_RULES
from inference.types import NotAnalysed, ReasonCode, SliceHeader

SLICES_ONLY: Final = frozenset({ReasonCode.TOO_FEW_SLICES, ReasonCode.INSUFFICIENT_COVERAGE})
"""Refusals that leave every single slice readable."""


def judge(
    headers: Sequence[SliceHeader], limits: FitnessLimits = DEFAULT_LIMITS
) -> Geometry | NotAnalysed:
    """The geometry of a fit series, or the most fundamental reason why it is not fit.

    The order of ``headers`` does not matter.
    """
    if not headers:
        return NotAnalysed(ReasonCode.TOO_FEW_SLICES, "The series holds no images.")
    stack = _stack(headers, limits)
    if isinstance(stack, NotAnalysed):
        return stack
    for rule in STACK_RULES:
        if refusal := rule(stack, limits):
            return refusal
    return stack.geometry()


def judge_slices(
    headers: Sequence[SliceHeader], limits: FitnessLimits = DEFAULT_LIMITS
) -> tuple[Geometry, ...] | NotAnalysed:
    """The geometries of axial CT slices that may be read one by one, though they are no study.

    One geometry if they form a regular stack, else one for each slice, from head to feet.
    """
    if not headers:
        return NotAnalysed(ReasonCode.TOO_FEW_SLICES, "The series holds no images.")
    stack = _stack(headers, limits)
    if isinstance(stack, NotAnalysed):
        return stack
    if len(stack.slices) > 1 and not any(rule(stack, limits) for rule in GRID_RULES):
        return (stack.geometry(),)
    return tuple(stack.geometry_of_one(index) for index in range(len(stack.slices)))


def _stack(headers: Sequence[SliceHeader], limits: FitnessLimits) -> Stack | NotAnalysed:
    ordered = sorted(headers, key=_canonical)
    for rule in HEADER_RULES:
        if refusal := rule(ordered, limits):
            return refusal
    return Stack.of(ordered, duplicate_distance_mm=limits.duplicate_distance_mm)


def _canonical(header: SliceHeader) -> tuple[bool, int, int, str, str]:
    """An order that does not depend on how the files came."""
    return (
        header.instance_number is None,
        header.instance_number or 0,
        header.frame_number or 0,
        header.sop_instance_uid,
        header.path,
    )
