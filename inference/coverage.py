"""How much of each vertebra the images show, and the sentence that says what was not assessed.

A level that lies outside the images, or that they cut through, must never read as a negative.
Where an unseen level lies is inferred from those that were seen: they stand in a known order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from inference.types import CtVolume, LevelPrediction

EDGE_MM: Final = 3.1
"""A level seen up to this close to the first or last slice is cut off by it: where a vertebra
tapers off, it does not count as seen on the slice before its end, and slices lie up to 3 mm apart.
The 0.1 is there so that no rounding of positions decides."""
LEAST_HEIGHT_MM: Final = 12.0
"""A vertebra with its disc, from head to feet, at least (16–20 mm in adults)."""
RECOGNISABLE_MM: Final = 6.1
"""With less than this of it, about a third, a vertebra is not expected to be recognised."""
DENS_MM: Final = 20.0
"""The dens stands up to this high over the rest of C2, inside the ring of C1. It fills so little
of a slice that C2 may not count as seen there."""

OUTSIDE: Final = "outside the images"
UNRECOGNISED: Final = "not recognised in the images"
CUT_OFF: Final = "the images end within it"
COMPLETE: Final = "All seven levels, C1 to C7, were assessed."
NOTHING: Final = "No level was assessed. This is not a negative result."


def with_coverage(
    levels: Sequence[LevelPrediction], volume: CtVolume
) -> tuple[LevelPrediction, ...]:
    """``levels`` (C1 … C7) with ``cut_off`` and ``outside`` filled in from their slices."""
    spacing_mm, last = volume.spacing_mm[0], len(volume.hu) - 1
    above_mm: list[float | None] = []
    below_mm: list[float | None] = []
    for each in levels:
        seen = each.first_slice is not None and each.last_slice is not None
        above_mm.append((each.first_slice or 0) * spacing_mm if seen else None)
        below_mm.append((last - (each.last_slice or 0)) * spacing_mm if seen else None)
    described = [
        replace(
            each,
            cut_off=each.assessed and _ends_at(above_mm[index], below_mm[index]),
            outside=not each.assessed
            and _is_outside(index, above_mm[index + 1 :], below_mm[:index][::-1]),
        )
        for index, each in enumerate(levels)
    ]
    c1, c2, *rest = described
    over_c2_mm = above_mm[1]
    if c2.assessed and over_c2_mm is not None and over_c2_mm < DENS_MM:
        c2 = replace(c2, cut_off=c2.cut_off or c1.cut_off or not c1.assessed)
    return (c1, c2, *rest)


def _ends_at(*room_mm: float | None) -> bool:
    return any(mm is not None and mm <= EDGE_MM for mm in room_mm)


def _is_outside(
    index: int, towards_feet_mm: Sequence[float | None], towards_head_mm: Sequence[float | None]
) -> bool:
    """Whether the unseen level ``index`` lies beyond the first or the last slice.

    Args:
        index: 0 is C1.
        towards_feet_mm: of the levels below it, nearest first, the room between each and the
            first slice; ``None`` where one was not seen.
        towards_head_mm: of the levels above it, the room between each and the last slice.
    """
    # The dens stands inside the ring of C1: with the whole of C2, C1 is in the images.
    needed_mm = EDGE_MM if index == 0 else RECOGNISABLE_MM
    below, above = (
        [(steps, mm) for steps, mm in enumerate(side) if mm is not None]
        for side in (towards_feet_mm, towards_head_mm)
    )
    if bool(below) == bool(above):  # it lies between levels that were seen, or none was
        return False
    steps, room_mm = (below or above)[0]
    return room_mm < steps * LEAST_HEIGHT_MM + needed_mm


def coverage_sentence(levels: Sequence[LevelPrediction]) -> str:
    """What was not assessed, and why, and what the overall result is about."""
    said = [f"{names} not assessed: {why}" for names, why in _missing(levels)]
    said += [f"{each.level} assessed only in part: {CUT_OFF}" for each in levels if each.cut_off]
    if not said:
        return COMPLETE
    assessed = _names(each for each in levels if each.assessed)
    said.append(f"The overall result covers only what was assessed: {assessed}")
    return " ".join(f"{each}." for each in said)


def coverage_in_short(levels: Sequence[LevelPrediction]) -> str:
    """The same for a narrow line; empty where all levels were assessed whole."""
    missing = ", ".join(f"{names} ({why})" for names, why in _missing(levels))
    cut_off = _names(each for each in levels if each.cut_off)
    said = (("Not assessed", missing), ("Only in part", cut_off))
    return ". ".join(f"{what}: {names}" for what, names in said if names)


def _missing(levels: Sequence[LevelPrediction]) -> list[tuple[str, str]]:
    """The levels that were not assessed, for each reason that occurs."""
    missing = [each for each in levels if not each.assessed]
    named = (
        (_names(each for each in missing if each.outside), OUTSIDE),
        (_names(each for each in missing if not each.outside), UNRECOGNISED),
    )
    return [(names, why) for names, why in named if names]


def _names(levels: Iterable[LevelPrediction]) -> str:
    return ", ".join(each.level for each in levels)
