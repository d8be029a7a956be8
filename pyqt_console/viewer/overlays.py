"""What is drawn over an image, as lines, words and colours in millimetres of the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import tr
from pyqt_console.viewer.decode import FLOAT_SCALE, GAP
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.marks import Mark
from pyqt_console.viewer.plane import Orientation, PlaneGeometry, PlaneImage, native_orientation
from pyqt_console.viewer.reading import Reading, level_centre_mm, number
from pyqt_console.viewer.reformat import sample
from pyqt_console.viewer.stack import Stack, Vector
from pyqt_console.viewer.volume import GrowingVolume

Uv = tuple[float, float]

NEAR_MM: Final = 3.0
"""A box is drawn faintly on planes as near as this to its own."""
BOX_DEPTH_MM: Final = 4.0
"""Least height of a box seen from its side, so that it can be seen."""
HEAT_STEPS: Final = 256
HEAT_LEAST: Final = 0.08
"""Evidence below this share is not drawn."""


class Style(StrEnum):
    """How something is drawn. The widget gives each its colour, width and dashes."""

    FINDING = "finding"
    FINDING_NEAR = "finding_near"
    READER = "reader"
    READER_NEAR = "reader_near"
    LEVEL = "level"
    LEVEL_SUSPICIOUS = "level_suspicious"
    LEVEL_NOT_ASSESSED = "level_not_assessed"


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed line."""

    points_uv_mm: tuple[Uv, ...]
    style: Style


@dataclass(frozen=True, slots=True)
class Label:
    """Words that begin at a place, or, with ``at_right_edge``, at that height beside the image."""

    at_uv_mm: Uv
    text: str
    style: Style
    at_right_edge: bool = False


def box_corners_mm(
    frame: FrameRef, box_px: tuple[float, float, float, float], stack: Stack
) -> tuple[Vector, ...] | None:
    """The corners of a box on its slice, the outer edges of its pixels; None: not in this stack."""
    index = stack.index_of(frame.sop_instance_uid, frame.frame_number)
    if index is None:
        return None
    left, top, width, height = box_px
    rows, columns = (top - 0.5, top + height - 0.5), (left - 0.5, left + width - 0.5)
    places = ((0, 0), (0, 1), (1, 1), (1, 0))
    return tuple(stack.point(index, rows[row], columns[column]) for row, column in places)


def boxes(
    reading: Reading, stack: Stack, plane: PlaneGeometry, orientation: Orientation
) -> list[Polygon | Label]:
    """The findings that this plane cuts, or nearly cuts."""
    found: list[Polygon | Label] = []
    for finding in reading.findings:
        corners = box_corners_mm(finding.frame, finding.box_px, stack)
        name = "  ".join((tr("AI"), finding.level, number(finding.probability)))
        styles = Style.FINDING, Style.FINDING_NEAR
        found += _box(corners, name, styles, stack, plane, orientation)
    return found


def reader_boxes(
    marks: Sequence[Mark], stack: Stack, plane: PlaneGeometry, orientation: Orientation
) -> list[Polygon | Label]:
    """What the reader drew, as far as this plane cuts it, or nearly does."""
    found: list[Polygon | Label] = []
    for mark in marks:
        slices = mark.slices(stack)
        if not slices:
            continue
        ends = {slices[0], slices[-1]}
        if orientation is native_orientation(stack):
            here = stack.nearest(plane.origin_mm)
            ends = {min(max(here, slices[0]), slices[-1])}
        corners = [
            each
            for index in sorted(ends)
            for each in box_corners_mm(stack.slices[index].frame, mark.box_px, stack) or ()
        ]
        name = tr("{level}  reader").format(level=mark.level or tr("level?"))
        styles = Style.READER, Style.READER_NEAR
        found += _box(tuple(corners), name, styles, stack, plane, orientation)
    return found


def _box(
    corners: tuple[Vector, ...] | None,
    name: str,
    styles: tuple[Style, Style],
    stack: Stack,
    plane: PlaneGeometry,
    orientation: Orientation,
) -> list[Polygon | Label]:
    """``styles``: on the plane, near it."""
    if corners is None:
        return []
    if orientation is not native_orientation(stack):
        return _box_across(plane, corners, name, styles[0])
    away = abs(plane.distance_mm(sum(corners, np.zeros(3)) / len(corners)))
    if away > max(NEAR_MM, stack.slice_spacing_mm * 1.01):
        return []
    outline = tuple(plane.uv(corner) for corner in corners)
    if away < stack.slice_spacing_mm * 0.5:
        return [Polygon(outline, styles[0]), Label(outline[0], name, styles[0])]
    return [Polygon(outline, styles[1])]


def _box_across(
    plane: PlaneGeometry, corners: tuple[Vector, ...], name: str, style: Style
) -> list[Polygon | Label]:
    """Seen from its side: a flat bar where the plane passes through the box."""
    distances = [plane.distance_mm(corner) for corner in corners]
    if min(distances) > 0 or max(distances) < 0:
        return []
    across, along = zip(*(plane.uv(corner) for corner in corners), strict=True)
    left, right, top, bottom = min(across), max(across), min(along), max(along)
    wider, higher = (
        max(BOX_DEPTH_MM - (high - low), 0) / 2 for low, high in ((left, right), (top, bottom))
    )
    left, right, top, bottom = left - wider, right + wider, top - higher, bottom + higher
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
    return [Polygon(outline, style), Label(outline[0], name, style)]


def level_labels(reading: Reading, stack: Stack, plane: PlaneGeometry) -> list[Label]:
    """C1…C7 beside the spine, at the middle of each level's slices."""
    found = []
    for level in reading.levels:
        centre = level_centre_mm(reading, level.level, stack)
        if centre is None:
            continue
        if level.probability is None:
            style = Style.LEVEL_NOT_ASSESSED
            text = tr("{level} not assessed").format(level=level.level)
        else:
            text, style = f"{level.level} {number(level.probability)}", Style.LEVEL
            if reading.operating_point is not None and level.probability >= reading.operating_point:
                style = Style.LEVEL_SUSPICIOUS
        found.append(Label(plane.uv(centre), text, style, at_right_edge=True))
    return found


def heat_plane(volume: GrowingVolume, plane: PlaneGeometry, *, pixels: int = 192) -> PlaneImage:
    """The heat map on a plane, no finer than the eye needs: it is coarse itself."""
    step = max(1, -(-max(plane.shape) // pixels))
    down, across = plane.spacing_mm
    coarse = PlaneGeometry(
        plane.origin_mm + (plane.down * down + plane.right * across) * ((step - 1) / 2),
        plane.right,
        plane.down,
        (down * step, across * step),
        (-(-plane.shape[0] // step), -(-plane.shape[1] // step)),
    )
    return sample(volume, coarse)


def heat_colours(opacity: float) -> NDArray[np.uint32]:
    """0xAARRGGBB, premultiplied, for evidence 0…1 in steps of 1/255: violet, orange, yellow.

    The colours grow lighter with the evidence, so that they are told apart without hue; weak
    evidence is transparent.
    """
    share = np.linspace(0, 1, HEAT_STEPS)
    stops = (0.0, 0.35, 0.7, 1.0)
    red = np.interp(share, stops, (90, 170, 240, 255))
    green = np.interp(share, stops, (30, 50, 130, 235))
    blue = np.interp(share, stops, (140, 120, 40, 120))
    alpha = np.clip((share - HEAT_LEAST) / 0.3, 0, 1) * np.clip(opacity, 0, 1)
    channels = [np.rint(alpha * 255)] + [np.rint(each * alpha) for each in (red, green, blue)]
    found = np.zeros(HEAT_STEPS, np.uint32)
    for channel in channels:
        found = found << np.uint32(8) | channel.astype(np.uint32)
    return found


def heat_picture(heat: PlaneImage, colours: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(rows, columns) of premultiplied colours; transparent where the map does not reach."""
    evidence = np.where(heat.hu == GAP, 0, heat.hu) / FLOAT_SCALE
    steps = np.clip(np.rint(evidence * (HEAT_STEPS - 1)), 0, HEAT_STEPS - 1).astype(np.intp)
    return colours[steps]
