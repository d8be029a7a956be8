"""What a reader does in the viewer, by key and by hand. ``keys.KEYS`` names these methods."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QWidget

from pyqt_console.i18n import mark, tr
from pyqt_console.viewer import drawing
from pyqt_console.viewer.frame import ViewerFrame
from pyqt_console.viewer.keys import KEYS, Key
from pyqt_console.viewer.measure import Measurement, Tool
from pyqt_console.viewer.pane import PlanePane
from pyqt_console.viewer.reading import number
from pyqt_console.viewer.stack import Vector
from pyqt_console.viewer.window import PRESETS

CINE_MS: Final = 50
SWITCHED: Final = {
    "boxes": (mark("boxes off"), mark("boxes on")),
    "heat": (mark("heat map off"), mark("heat map on")),
    "levels": (mark("names of levels off"), mark("names of levels on")),
    "crosshair": (mark("crosshair off"), mark("crosshair on")),
    "inverted": (mark("greys as they are"), mark("greys inverted")),
}
"""What is said of a switch that is off, and on."""
TOOLS: Final = {Tool.RULER: mark("ruler"), Tool.ANGLE: mark("angle"), Tool.BOX: mark("box")}


class ViewerActions(ViewerFrame):
    """Scrolling, windows, jumping, measuring: on the scene in sight, if there is one."""

    slice_changed = pyqtSignal(int, int)
    """Index of the slice in sight, and how many there are."""
    wanted = pyqtSignal(int)
    """A slice that is looked at and not here yet."""

    def __init__(self, parent: QWidget | None = None, *, keys: Iterable[Key] = KEYS) -> None:
        super().__init__(parent)
        self._jump_when_open = ""
        """A level that was asked for before the series was here."""
        self._cine = QTimer(self)
        self._cine.setInterval(CINE_MS)
        self._cine.timeout.connect(self._cine_step)
        for pane in self._panes.values():
            pane.stepped.connect(self.step)
            pane.gone_to.connect(self.go_to)
            pane.pointed.connect(self.point_at)
            pane.window_dragged.connect(self.drag_window)
            pane.measured.connect(self._measured)
            pane.hovered.connect(self._hovered)
            pane.enlarged.connect(self.enlarge)
        self.levels.chosen.connect(self.jump_to_level)
        for key in keys:
            for sequence in key.sequences:
                shortcut = QShortcut(QKeySequence(sequence), self)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(partial(self.act, key))

    def act(self, key: Key) -> None:
        """Do what a key does."""
        action = getattr(self, key.action)
        action() if key.argument is None else action(key.argument)

    def enlarge(self) -> None:
        """The pane that asks alone, or all three again."""
        pane = self.sender()
        if isinstance(pane, PlanePane):
            which = pane.orientation
            self.arrange(None if self._large is which else which)

    def step(self, slices: int) -> None:
        """So many slices on."""
        if self.scene is not None:
            self.go_to(self.scene.index + slices)

    def go_to(self, index: int) -> None:
        """This slice."""
        if self.scene is not None:
            self.scene.go_to(index)
            self.moved()

    def point_at(self, point_mm: Vector) -> None:
        """All planes through this place."""
        if self.scene is not None:
            self.scene.point_at(point_mm)
            self.moved()

    def next_finding(self, direction: int = 1) -> None:
        """To the next finding of the machine."""
        if self.scene is None or self.scene.preview:
            return
        finding = self.scene.next_finding(direction)
        if finding is None:
            self.say(tr("The machine has marked nothing in this series."))
            return
        words = tr("{level}: fracture suspected, {number}")
        said = words.format(level=finding.level, number=number(finding.probability))
        self.say(f"{drawing.MACHINE_GLYPH} {said}")
        self._show_around()

    def jump_to_level(self, name: str) -> None:
        """To this level."""
        if self.scene is None or self.scene.preview:
            self._jump_when_open = name
        else:
            self.say(f"{drawing.MACHINE_GLYPH} {self.scene.jump_to_level(name)}")
            self._show_around()

    def preset(self, key: str) -> None:
        """A window by its key."""
        if self.scene is not None:
            self.scene.window = PRESETS[key].window
            self.refresh()

    def drag_window(self, right_px: float, down_px: float) -> None:
        """A window by hand."""
        if self.scene is not None:
            self.scene.window = self.scene.window.dragged(right_px, down_px)
            self.refresh()

    def toggle(self, name: str) -> None:
        """Switch boxes, heat, levels, crosshair, inverted."""
        if self.scene is None:
            return
        on = self.scene.toggle(name)
        if name == "heat" and self.scene.heat is None:
            self.say(tr("There is no heat map of this series."))
        else:
            self.say(tr(SWITCHED[name][on]))
        self.refresh()

    def next_opacity(self) -> None:
        """A denser heat map."""
        if self.scene is not None:
            percent = 100 * self.scene.next_opacity()
            self.say(tr("heat map {percent:.0f} %").format(percent=percent))
            self.refresh()

    def toggle_cine(self) -> None:
        """Run through the slices by itself."""
        if self._cine.isActive():
            self._cine.stop()
        elif self.scene is not None and self.scene.count > 1:
            self._cine.start()

    def use_tool(self, tool: str) -> None:
        """What the left button does; what was being drawn is dropped."""
        if self.scene is not None:
            self.scene.hold = None
        for pane in self._panes.values():
            pane.tool, pane.drawn = Tool(tool), None
            shape = Qt.CursorShape
            pane.setCursor(shape.ArrowCursor if tool == Tool.POINT else shape.CrossCursor)
            pane.update()
        how = tr("{tool}: click or drag; Esc puts it away")
        self.say("" if tool == Tool.POINT else how.format(tool=tr(TOOLS[Tool(tool)])))

    def remove_measurement(self) -> None:
        """The last one made."""
        if self.scene is not None and self.scene.measurements:
            self.scene.measurements.pop()
            self.refresh()

    def fit(self) -> None:
        """All of each image."""
        for pane in self._panes.values():
            pane.fit()

    def _measured(self, measurement: Measurement) -> None:
        if self.scene is not None:
            self.scene.measurements.append(measurement)
            self.say(f"{tr(TOOLS[measurement.tool])} {measurement.text()}")
            self.refresh()

    def _hovered(self, point_mm: Vector | None) -> None:
        if self.scene is None or point_mm is None:
            self.under.setText("")
            return
        hu = self.scene.hu_at(point_mm)
        x, y, z = point_mm
        place = f"{x:+.1f} {y:+.1f} {z:+.1f} mm" if self.scene.stack.in_patient_space else ""
        self.under.setText(f"{place}   {hu} HU" if hu is not None else place)

    def _cine_step(self) -> None:
        if self.scene is not None:
            self.go_to((self.scene.index + 1) % self.scene.count)

    def moved(self) -> None:
        """Another place is looked at."""
        assert self.scene is not None
        if not self.scene.volume.is_settled(self.scene.index):
            self.wanted.emit(self.scene.index)
        self.refresh()
        self.slice_changed.emit(self.scene.index, self.scene.count)

    def _show_around(self) -> None:
        """What is jumped to comes into sight also where the reader has zoomed in."""
        assert self.scene is not None
        for orientation in self.scene.orientations:
            self._panes[orientation].bring_into_sight(self.scene.point_mm)
        self.moved()
