"""What the panes show: one series, one point in the patient, and all that is switched on.

No Qt: the widgets ask a scene what to draw and tell it what the reader did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import tr
from pyqt_console.viewer.marks import Hold, Mark
from pyqt_console.viewer.measure import Measurement
from pyqt_console.viewer.overlays import (
    Label,
    Polygon,
    boxes,
    heat_colours,
    heat_picture,
    heat_plane,
    level_labels,
    reader_boxes,
)
from pyqt_console.viewer.plane import (
    Orientation,
    PlaneGeometry,
    PlaneImage,
    native_orientation,
    slice_geometry,
)
from pyqt_console.viewer.reading import (
    NO_READING,
    Finding,
    Reading,
    finding_centre_mm,
    key_index,
    level_centre_mm,
    number,
)
from pyqt_console.viewer.reformat import plane_through, sample
from pyqt_console.viewer.stack import Vector
from pyqt_console.viewer.volume import GrowingVolume
from pyqt_console.viewer.window import BONE, Window

OPACITIES: Final = (0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is switched on."""

    boxes: bool = True
    heat: bool = False
    levels: bool = True
    crosshair: bool = True
    inverted: bool = False
    heat_opacity: float = 0.5


class Scene:
    """A series as it is looked at."""

    def __init__(
        self, volume: GrowingVolume, reading: Reading = NO_READING, first: int | None = None
    ) -> None:
        self.volume = volume
        self.preview = False
        """One slice of a series that is not known yet."""
        self.stack = volume.stack
        self.reading = reading
        self.heat: GrowingVolume | None = None
        self.window: Window = BONE
        self.shown = Shown()
        self.measurements: list[Measurement] = []
        self.marks: tuple[Mark, ...] = ()
        """What the reader drew."""
        self.current_mark: int | None = None
        """The one that keys mean."""
        self.hold: Hold | None = None
        self.native = native_orientation(self.stack)
        self._index = len(self.stack.slices) // 2 if first is None else first
        self._point = self._middle(self._index)
        self._finding: Finding | None = None
        """The one that is looked at, until the reader moves on."""
        self._renewed = volume.version
        self._images: dict[Orientation, tuple[object, PlaneImage]] = {}
        self._planes: dict[Orientation, tuple[object, PlaneGeometry]] = {}

    @property
    def complete(self) -> bool:
        """Nothing more will come."""
        return not self.preview and self.volume.complete

    # -- where we are --------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The slice that is looked at."""
        return self._index

    @property
    def count(self) -> int:
        """Of slices."""
        return len(self.stack.slices)

    @property
    def point_mm(self) -> Vector:
        """The place in the patient where the planes meet."""
        return self._point

    def go_to(self, index: int) -> None:
        """Another slice; the place within it stays."""
        index = min(max(index, 0), self.count - 1)
        row, column = self.stack.pixel(self._index, self._point)
        self._index, self._finding = index, None
        self._point = self.stack.point(index, row, column)

    def step(self, slices: int) -> None:
        """So many slices on."""
        self.go_to(self._index + slices)

    def point_at(self, point_mm: Vector) -> None:
        """All planes through this place, or the nearest one within the images."""
        corners = self.stack.corners_mm()
        inside = np.clip(point_mm, corners.min(axis=0), corners.max(axis=0))
        self._index, self._finding = self.stack.nearest(inside), None
        self._point = inside

    def next_finding(self, direction: int = 1) -> Finding | None:
        """The next finding by slices, around the ends; None where there is none to go to."""
        placed = [each for each in self.reading.findings if key_index(each, self.stack) is not None]
        placed.sort(key=lambda each: key_index(each, self.stack) or 0)
        if not placed:
            return None
        if self._finding in placed:
            at = placed.index(self._finding) + direction
        elif direction > 0:
            before = [each for each in placed if (key_index(each, self.stack) or 0) <= self._index]
            at = len(before)
        else:
            before = [each for each in placed if (key_index(each, self.stack) or 0) < self._index]
            at = len(before) - 1
        found = placed[at % len(placed)]
        self._look_at(found)
        return found

    def look_at_first(self) -> None:
        """The finding that the machine is surest of."""
        placed = [each for each in self.reading.findings if key_index(each, self.stack) is not None]
        if placed:
            self._look_at(max(placed, key=lambda each: each.probability))

    def jump_to_level(self, name: str) -> str:
        """To the finding of a level, else to the middle of its slices.

        Returns:
            What to say of it: the number, or why there is none or nowhere to go.
        """
        finding, level = self.reading.finding(name), self.reading.level(name)
        if finding is not None and key_index(finding, self.stack) is not None:
            self._look_at(finding)
            words = tr("{level}: fracture suspected, {number}")
            return words.format(level=name, number=number(finding.probability))
        if level is None:
            return tr(self.reading.sentence)
        said = tr("not assessed") if level.probability is None else number(level.probability)
        said = f"{name}: {said}" + (f" ({tr(level.remark)})" if level.remark else "")
        centre = level_centre_mm(self.reading, name, self.stack)
        if centre is None:
            return tr("{said}; its place is not known").format(said=said)
        self.go_to(self.stack.nearest(centre))
        return said

    def _look_at(self, finding: Finding) -> None:
        index, centre = key_index(finding, self.stack), finding_centre_mm(finding, self.stack)
        if index is not None and centre is not None:
            self._index, self._point, self._finding = index, centre, finding

    def _middle(self, index: int) -> Vector:
        _, rows, columns = self.stack.shape
        return self.stack.point(index, (rows - 1) / 2, (columns - 1) / 2)

    # -- what is switched on -------------------------------------------------------------------

    def toggle(self, name: str) -> bool:
        """Switch a field of :class:`Shown`; whether it is on now."""
        on = not getattr(self.shown, name)
        self.shown = replace(self.shown, **{name: on})
        return bool(on)

    def next_opacity(self) -> float:
        """The heat map becomes denser, and after the densest the thinnest."""
        denser = [each for each in OPACITIES if each > self.shown.heat_opacity + 1e-6]
        self.shown = replace(self.shown, heat_opacity=(denser or OPACITIES)[0])
        return self.shown.heat_opacity

    # -- what there is to draw -----------------------------------------------------------------

    @property
    def orientations(self) -> tuple[Orientation, ...]:
        """Those that can be shown; without places in the patient only the slices themselves."""
        whole = self.stack.in_patient_space and not self.preview
        return tuple(Orientation) if whole else (self.native,)

    def renew(self) -> None:
        """Reformats take up what came since; until then they stay as they are."""
        self._renewed = self.volume.version

    def plane(self, orientation: Orientation) -> PlaneGeometry:
        """Where the plane of a pane lies."""
        key = (self._index, *self._point)
        known = self._planes.get(orientation)
        if known is None or known[0] != key:
            if orientation is self.native:
                plane = slice_geometry(self.stack, self._index)
            else:
                plane = plane_through(self.stack, orientation, self._point)
            known = (key, plane)
            self._planes[orientation] = known
        return known[1]

    def image(self, orientation: Orientation, seen: PlaneGeometry | None = None) -> PlaneImage:
        """The picture of a pane. The same object as before while nothing changed.

        Args:
            orientation: of the pane.
            seen: what of :meth:`plane` is to be reformatted; all of it where nothing is said.
                The slices themselves are always whole.
        """
        key: object
        geometry = self.plane(orientation) if seen is None else seen
        if orientation is self.native:
            key = (self._index, self.volume.has(self._index))
        else:
            part = (geometry.shape, geometry.spacing_mm, *geometry.origin_mm)
            key = (self._renewed, part)
        known = self._images.get(orientation)
        if known is None or known[0] != key:
            if orientation is self.native:
                image = PlaneImage(self.plane(orientation), self.volume.slice_hu(self._index))
            else:
                image = sample(self.volume, geometry)
            known = (key, image)
            self._images[orientation] = known
        return known[1]

    def overlays(self, orientation: Orientation) -> list[Polygon | Label]:
        """Lines and words on a pane, as far as they are switched on."""
        plane = self.plane(orientation)
        found: list[Polygon | Label] = []
        if self.shown.boxes:
            machines = boxes(self.reading, self.stack, plane, orientation)
            if self.shown.levels and orientation is not Orientation.AXIAL:
                # The level's own label says it beside the spine: there is no room for both.
                machines = [each for each in machines if not isinstance(each, Label)]
            found += machines
            found += reader_boxes(self.seen_marks(), self.stack, plane, orientation)
        if self.shown.levels and orientation is not Orientation.AXIAL:
            found += level_labels(self.reading, self.stack, plane)
        return found

    def heat_colours(
        self, orientation: Orientation
    ) -> tuple[PlaneGeometry, NDArray[np.uint32]] | None:
        """The heat map on a pane, premultiplied 0xAARRGGBB; None where it is off or not there."""
        if self.heat is None or not self.shown.heat:
            return None
        heat = heat_plane(self.heat, self.plane(orientation))
        return heat.geometry, heat_picture(heat, heat_colours(self.shown.heat_opacity))

    def seen_marks(self) -> tuple[Mark, ...]:
        """The reader's boxes, with the one that is in the hand as it is now."""
        hold = self.hold
        if hold is None or hold.now is None:
            return self.marks
        if hold.number is None:
            return (*self.marks, hold.now)
        return tuple(
            hold.now if number == hold.number else each for number, each in enumerate(self.marks)
        )

    def marks_here(self) -> list[tuple[int, Mark]]:
        """Those on the slice in sight, with their numbers."""
        return [
            (number, each)
            for number, each in enumerate(self.seen_marks())
            if self._index in each.slices(self.stack)
        ]

    def look_at_mark(self, number: int) -> None:
        """To the slice and the middle of a box of the reader's, which is the current one now."""
        mark = self.marks[number]
        index = self.stack.index_of(mark.frame.sop_instance_uid, mark.frame.frame_number)
        if index is None:
            return
        left, top, width, height = mark.box_px
        middle = self.stack.point(index, top + (height - 1) / 2, left + (width - 1) / 2)
        self._index, self._point, self._finding = index, middle, None
        self.current_mark = number

    @property
    def inverted(self) -> bool:
        """Whether greys are the other way round, by the reader or by the image itself."""
        return self.shown.inverted != self.stack.slices[self._index].pixels.inverted

    def measurements_on(self, orientation: Orientation) -> list[Measurement]:
        """Those made on this plane, or within half a slice of it."""
        plane = self.plane(orientation)
        reach = (
            self.stack.slice_spacing_mm / 2 if orientation is self.native else max(plane.spacing_mm)
        )
        return [
            each
            for each in self.measurements
            if each.orientation is orientation
            and abs(plane.distance_mm(each.points_mm[0])) <= reach + 1e-6
        ]

    def hu_at(self, point_mm: Vector) -> int | None:
        """The value of the pixel nearest to a place."""
        index = self.stack.nearest(point_mm)
        return self.volume.hu_at(index, *self.stack.pixel(index, point_mm))
