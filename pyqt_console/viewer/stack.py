"""Metadata of a series → its slices in order, with their places in the patient.

Coordinates are DICOM patient coordinates (LPS) in millimetres. Axial slices run from head to feet,
sagittal ones from right to left, coronal ones from front to back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import tr, tr_n
from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.errors import NoImagesError
from pyqt_console.viewer.headers import SliceInfo, slices_in

Vector = NDArray[np.float64]

SAME_PLACE_MM: Final = 0.01
GAP_FACTOR: Final = 1.5
"""Neighbours farther apart than this many usual distances have a gap between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The slices of one orientation and grid.

    Attributes:
        right, down, normal: unit vectors; ``normal`` points the way the slices are counted.
        origins_mm: (slices, 3), the upper left pixel's centre of each slice.
        offsets_mm: (slices,), along ``normal``, strictly increasing.
        in_patient_space: ``False`` where the headers give no places; nothing is in mm then.
        left_out: sentences on what of the series is not in the stack.
    """

    slices: tuple[SliceInfo, ...]
    right: Vector
    down: Vector
    normal: Vector
    origins_mm: NDArray[np.float64]
    offsets_mm: NDArray[np.float64]
    in_patient_space: bool
    left_out: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        pixels = self.slices[0].pixels
        return len(self.slices), pixels.rows, pixels.columns

    @property
    def row_spacing_mm(self) -> float:
        """Between rows."""
        return self.slices[0].spacing_mm[0]

    @property
    def column_spacing_mm(self) -> float:
        """Between columns."""
        return self.slices[0].spacing_mm[1]

    @property
    def slice_spacing_mm(self) -> float:
        """The usual distance between neighbours; of one slice alone 1 mm."""
        if len(self.slices) < 2:
            return 1.0
        return float(np.median(np.diff(self.offsets_mm)))

    def nearest(self, point_mm: Vector) -> int:
        """Index of the slice nearest to a point."""
        offset = float(self.normal @ point_mm)
        return int(np.abs(self.offsets_mm - offset).argmin())

    def point(self, index: int, row: float, column: float) -> Vector:
        """Patient coordinates of a pixel's centre."""
        inside: Vector = (
            self.origins_mm[index]
            + self.down * (row * self.row_spacing_mm)
            + self.right * (column * self.column_spacing_mm)
        )
        return inside

    def pixel(self, index: int, point_mm: Vector) -> tuple[float, float]:
        """Row and column of the point's projection onto a slice."""
        difference = point_mm - self.origins_mm[index]
        return (
            float(self.down @ difference) / self.row_spacing_mm,
            float(self.right @ difference) / self.column_spacing_mm,
        )

    def index_of(self, sop_instance_uid: str, frame_number: int | None = None) -> int | None:
        """Index of an instance's slice."""
        for index, each in enumerate(self.slices):
            if each.frame.sop_instance_uid == sop_instance_uid and frame_number in (
                None,
                each.frame.frame_number,
            ):
                return index
        return None

    def gaps(self) -> NDArray[np.bool_]:
        """(slices - 1,): whether slices are missing between this slice and the next."""
        found: NDArray[np.bool_] = np.diff(self.offsets_mm) > GAP_FACTOR * self.slice_spacing_mm
        return found

    def corners_mm(self) -> NDArray[np.float64]:
        """(8, 3): the outermost pixels' centres."""
        slices, rows, columns = self.shape
        return np.array(
            [
                self.point(index, row, column)
                for index in (0, slices - 1)
                for row in (0, rows - 1)
                for column in (0, columns - 1)
            ]
        )


def stack_of(metadata: Sequence[JsonDataset]) -> Stack:
    """The largest group of images that lie on each other.

    Raises:
        NoImagesError: the metadata describes no grey image that can be shown.
    """
    found = [each for ds in metadata for each in slices_in(ds)]
    if not found:
        raise NoImagesError(tr("This series has no image that can be shown."))
    placed = [each for each in found if each.cosines]
    if not placed:
        return _unplaced(found)
    sizes = Counter(map(_grid, placed))
    grid = max(sizes, key=lambda each: sizes[each])
    members = [each for each in placed if _grid(each) == grid]
    left_out = []
    if len(members) < len(found):
        left_out.append(
            tr_n(
                "%n image of another size or orientation is not shown here.",
                "%n images of another size or orientation are not shown here.",
                len(found) - len(members),
            )
        )
    stack = _ordered(members, in_patient_space=True)
    if len(stack.slices) < len(members):
        left_out.append(
            tr_n(
                "%n image at the place of another is not shown here.",
                "%n images at the place of others are not shown here.",
                len(members) - len(stack.slices),
            )
        )
    return replace(stack, left_out=tuple(left_out))


def _grid(each: SliceInfo) -> tuple[object, ...]:
    cosines = tuple(round(value, 3) + 0.0 for value in each.cosines)
    spacing = tuple(round(value, 4) for value in each.spacing_mm)
    return cosines, spacing, each.pixels.rows, each.pixels.columns


def _ordered(members: Sequence[SliceInfo], *, in_patient_space: bool) -> Stack:
    right, down, normal = _axes(members[0].cosines)
    origins = np.array([each.position_mm for each in members], dtype=np.float64)
    offsets = origins @ normal
    order = sorted(range(len(members)), key=lambda at: (offsets[at], members[at].number))
    kept = order[:1]
    for at in order[1:]:
        if offsets[at] - offsets[kept[-1]] > SAME_PLACE_MM:
            kept.append(at)
    return Stack(
        slices=tuple(members[at] for at in kept),
        right=right,
        down=down,
        normal=normal,
        origins_mm=origins[kept],
        offsets_mm=offsets[kept],
        in_patient_space=in_patient_space,
        left_out=(),
    )


def _axes(cosines: Sequence[float]) -> tuple[Vector, Vector, Vector]:
    """Orthonormal, whatever the rounding in the header."""
    right = np.array(cosines[:3], dtype=np.float64)
    right /= np.linalg.norm(right)
    down = np.array(cosines[3:], dtype=np.float64)
    down -= right * (right @ down)
    down /= np.linalg.norm(down)
    normal = np.cross(right, down)
    axis = int(np.abs(normal).argmax())
    wanted = -1.0 if axis == 2 else 1.0
    if normal[axis] * wanted < 0:
        normal = -normal
    return right, down, normal


def _unplaced(found: Sequence[SliceInfo]) -> Stack:
    """Slices without a place: one behind the other, in the order of their numbers."""
    sizes = Counter((each.pixels.rows, each.pixels.columns) for each in found)
    size = sizes.most_common(1)[0][0]
    members = sorted(
        (each for each in found if (each.pixels.rows, each.pixels.columns) == size),
        key=lambda each: each.number,
    )
    upright = [
        replace(
            each,
            position_mm=(0.0, 0.0, float(-index)),
            cosines=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
            spacing_mm=members[0].spacing_mm,
        )
        for index, each in enumerate(members)
    ]
    left_out = [tr("The headers do not say where these images lie: no reformats, no millimetres.")]
    if len(members) < len(found):
        left_out.append(
            tr_n(
                "%n image of another size is not shown here.",
                "%n images of another size are not shown here.",
                len(found) - len(members),
            )
        )
    return replace(_ordered(upright, in_patient_space=False), left_out=tuple(left_out))
