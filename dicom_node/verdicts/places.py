"""Where a finding lies: its box on a slice, over which slices, and the same in the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dicom_node.verdicts.document import AddedFinding
from inference import wording
from inference.types import Box, Corners, SliceHeader, SliceSource, Vector3


@dataclass(frozen=True, slots=True)
class Span:
    """The slices over which the reader saw a finding: names of the first and the last.

    ``outlines_mm``: the box's corners on both, where the images tell them.
    """

    first: str
    last: str
    outlines_mm: tuple[Corners, Corners] | None


@dataclass(frozen=True, slots=True)
class Region:
    """A box on a slice, and its outer corners in the patient where the image tells them."""

    key_slice: SliceSource
    box: Box
    corners_mm: Corners | None
    span: Span | None = None

    @property
    def outlines_mm(self) -> tuple[Corners, ...]:
        """On the key slice, then on the first and the last one; empty where nothing is known."""
        if self.corners_mm is None:
            return ()
        ends = None if self.span is None else self.span.outlines_mm
        return (self.corners_mm, *(ends or ()))


def region_of_machine(finding: Mapping[str, Any]) -> Region:
    """Of a finding in the machine's result."""
    x, y, width, height = finding["box"]
    a, b, c, d = (_vector(*corner) for corner in finding["corners_mm"])
    source = SliceSource(finding["key_slice_sop_uid"], finding["key_slice_frame"])
    return Region(source, (x, y, width, height), (a, b, c, d))


def region_of_added(added: AddedFinding, slices: Mapping[SliceSource, SliceHeader]) -> Region:
    """Of what the reader drew; ``slices`` has all that it names."""
    source = key_slice_of(added)
    corners = box_corners_mm(added.box, slices[source])
    return Region(source, added.box, corners, _span_of(added, slices))


def key_slice_of(added: AddedFinding) -> SliceSource:
    """The slice that the reader drew on."""
    return SliceSource(added.key_slice_sop_uid, added.key_slice_frame)


def ends_of(added: AddedFinding) -> tuple[SliceSource, ...]:
    """The first and the last slice, where the reader named them."""
    ends = (added.first_slice, added.last_slice)
    return tuple(SliceSource(each.sop_uid, each.frame) for each in ends if each is not None)


def _span_of(added: AddedFinding, slices: Mapping[SliceSource, SliceHeader]) -> Span | None:
    ends = ends_of(added)
    if not ends:
        return None
    first, last = (slices[each] for each in ends)
    above, below = (box_corners_mm(added.box, each) for each in (first, last))
    outlines = None if above is None or below is None else (above, below)
    return Span(wording.name(first), wording.name(last), outlines)


def box_corners_mm(box: Box, header: SliceHeader) -> Corners | None:
    """LPS positions of a box's outer corners, clockwise from the upper left (PS3.3 C.7.6.2.1.1).

    They are edges of pixels: half a pixel beyond the centres that ImagePositionPatient speaks of.
    None where the image does not tell its geometry.
    """
    if header.position_mm is None or header.orientation is None or header.spacing_mm is None:
        return None
    position, cosines, (row_mm, column_mm) = (
        header.position_mm,
        header.orientation,
        header.spacing_mm,
    )
    x, y, width, height = box
    left, top, right, bottom = x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5

    def at(column: float, row: float) -> Vector3:
        along, down = column * column_mm, row * row_mm
        return _vector(
            *(position[i] + along * cosines[i] + down * cosines[i + 3] for i in range(3))
        )

    return at(left, top), at(right, top), at(right, bottom), at(left, bottom)


def _vector(x: float, y: float, z: float) -> Vector3:
    return x, y, z
