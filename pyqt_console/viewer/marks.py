"""What a reader draws on a slice: boxes in whole pixels, and how the hand changes them. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.plane import slice_geometry
from pyqt_console.viewer.reading import Reading
from pyqt_console.viewer.stack import Stack, Vector

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, width, height in pixels of a slice."""
Grip: TypeAlias = tuple[int, int]
"""Sides that the hand holds: -1 left or top, 1 right or bottom, 0 neither; (0, 0) is the whole."""

LEAST_PX: Final = 2
"""A box smaller than this is a click."""
GRIP_PX: Final = 6.0
"""On the screen: as near as this to an edge is on it."""
WHOLE: Final[Grip] = (0, 0)
GRIPS: Final[tuple[Grip, ...]] = tuple(
    (across, down) for down in (-1, 0, 1) for across in (-1, 0, 1) if (across, down) != WHOLE
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A fracture that the reader outlined.

    Attributes:
        level: C1…C7; empty while the reader has not said it.
        frame: of the slice that it was drawn on.
        box_px: on that slice.
        ends: the first and the last slice where it was seen on more than one.
    """

    level: str
    frame: FrameRef
    box_px: Box
    ends: tuple[FrameRef, FrameRef] | None = None

    def slices(self, stack: Stack) -> range:
        """Indices of the slices that it is on, in order; none where they are not in this stack."""
        places = [
            stack.index_of(each.sop_instance_uid, each.frame_number)
            for each in (self.frame, *(self.ends or ()))
        ]
        found = [each for each in places if each is not None]
        return range(min(found), max(found) + 1) if len(found) == len(places) else range(0)


def reaching(
    mark: Mark, stack: Stack, *, first: int | None = None, last: int | None = None
) -> Mark:
    """From another first or to another last slice; its own slice always stays within."""
    key = stack.index_of(mark.frame.sop_instance_uid, mark.frame.frame_number)
    slices = mark.slices(stack)
    if key is None or not slices:
        return mark
    begin = slices[0] if first is None else min(first, key)
    end = slices[-1] if last is None else max(last, key)
    if begin == end:
        return replace(mark, ends=None)
    return replace(mark, ends=(stack.slices[begin].frame, stack.slices[end].frame))


def box_between(stack: Stack, index: int, start_mm: Vector, end_mm: Vector) -> Box | None:
    """All pixels of a slice that two places span, within the image; None: too small for a box."""
    _, rows, columns = stack.shape
    (row, column), (other_row, other_column) = (
        stack.pixel(index, each) for each in (start_mm, end_mm)
    )
    left, width = _span(column, other_column, columns)
    top, height = _span(row, other_row, rows)
    return (left, top, width, height) if min(width, height) >= LEAST_PX else None


def _span(one: float, other: float, count: int) -> tuple[int, int]:
    """First pixel and number of pixels; a pixel reaches half its size around its centre."""
    low, high = sorted((math.floor(one + 0.5), math.floor(other + 0.5)))
    low, high = max(low, 0), min(high, count - 1)
    return low, max(high - low + 1, 0)


def changed(box: Box, grip: Grip, right_px: float, down_px: float, stack: Stack) -> Box:
    """The box after the hand moved so many pixels of the slice; it stays within the image."""
    _, rows, columns = stack.shape
    left, top, width, height = box
    left, width = _moved(left, width, grip, 0, round(right_px), columns)
    top, height = _moved(top, height, grip, 1, round(down_px), rows)
    return left, top, width, height


def _moved(begin: int, extent: int, grip: Grip, axis: int, by: int, count: int) -> tuple[int, int]:
    end = begin + extent
    if grip == WHOLE:
        by = min(max(by, -begin), count - end)
        return begin + by, extent
    if grip[axis] < 0:
        begin = min(max(begin + by, 0), end - LEAST_PX)
    elif grip[axis] > 0:
        end = max(min(end + by, count), begin + LEAST_PX)
    return begin, end - begin


def edges_on_screen(
    mark: Mark, stack: Stack, index: int, camera: Camera
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box on the screen, on the slices themselves."""
    left, top, width, height = mark.box_px
    plane = slice_geometry(stack, index)
    x, y = camera.screen_px(plane, stack.point(index, top - 0.5, left - 0.5))
    other_x, other_y = camera.screen_px(
        plane, stack.point(index, top + height - 0.5, left + width - 0.5)
    )
    return x, y, other_x, other_y


def grip_at(edges: tuple[float, float, float, float], x: float, y: float) -> Grip | None:
    """What of a box is under the pointer: a corner, the middle of an edge, or the line (whole)."""
    left, top, right, bottom = edges
    inside = left - GRIP_PX <= x <= right + GRIP_PX and top - GRIP_PX <= y <= bottom + GRIP_PX
    across, down = _side(x, left, right), _side(y, top, bottom)
    if not inside or (across, down) == WHOLE:
        return None
    if across == 0 and abs(x - (left + right) / 2) > GRIP_PX:
        return WHOLE
    if down == 0 and abs(y - (top + bottom) / 2) > GRIP_PX:
        return WHOLE
    return across, down


def _side(at: float, low: float, high: float) -> int:
    if min(abs(at - low), abs(at - high)) > GRIP_PX:
        return 0
    return -1 if abs(at - low) < abs(at - high) else 1


def nearest_level(reading: Reading, index: int) -> str:
    """The level whose slices are nearest to this one; empty where the machine knows no places."""
    placed = [(each.level, each.slices) for each in reading.levels if each.slices is not None]

    def away(slices: tuple[int, int]) -> tuple[float, float]:
        first, last = slices
        return max(first - index, index - last, 0), abs((first + last) / 2 - index)

    return min(placed, key=lambda each: away(each[1]))[0] if placed else ""


@dataclass(slots=True)
class Hold:
    """A box in the hand: which (None: a new one), where it was taken, and as it is now."""

    number: int | None
    index: int
    grip: Grip
    start_mm: Vector
    before: Mark
    now: Mark | None

    def drag(self, stack: Stack, reading: Reading, point_mm: Vector) -> None:
        """The hand is here."""
        if self.number is None:
            box = box_between(stack, self.index, self.start_mm, point_mm)
            level = nearest_level(reading, self.index)
            self.now = None if box is None else replace(self.before, level=level, box_px=box)
            return
        (row, column), (to_row, to_column) = (
            stack.pixel(self.index, each) for each in (self.start_mm, point_mm)
        )
        box = changed(self.before.box_px, self.grip, to_column - column, to_row - row, stack)
        self.now = replace(self.before, box_px=box)
