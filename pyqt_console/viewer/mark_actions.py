"""The reader's own boxes in the viewer. Who keeps them is told of every change, and shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from pyqt_console.i18n import tr
from pyqt_console.viewer.actions import ViewerActions
from pyqt_console.viewer.keys import KEYS, Key
from pyqt_console.viewer.marks import Hold, Mark, reaching
from pyqt_console.viewer.measure import Tool


class MarkActions(ViewerActions):
    """Drawing, changing and removing boxes; they stay with :meth:`show_marks`."""

    drawn = pyqtSignal(object)
    """A new Mark."""
    redrawn = pyqtSignal(int, object)
    """The mark of this number, as it is now."""
    erased = pyqtSignal(int)
    """The mark of this number is not wanted."""

    def __init__(self, parent: QWidget | None = None, *, keys: Iterable[Key] = KEYS) -> None:
        super().__init__(parent, keys=keys)
        self._marks: tuple[Mark, ...] = ()
        for pane in self._panes.values():
            pane.marked.connect(self._marked)

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """These are the reader's boxes; one that is new is in hand, one that is gone is not."""
        more = len(marks) - len(self._marks)
        self._marks = tuple(marks)
        if self.scene is not None:
            self._give_marks()
            if more:
                self.scene.current_mark = len(marks) - 1 if more > 0 else None
            self.refresh()

    def _give_marks(self) -> None:
        """To the scene in sight."""
        assert self.scene is not None
        self.scene.marks, self.scene.hold = self._marks, None

    def draw_mark(self) -> None:
        """The next drag on the slices is a box."""
        if self.scene is None or self.scene.preview:
            self.say(tr("The images are still loading."))
            return
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.use_tool(Tool.BOX)
        self.say(tr("Drag a box over the fracture on the slices themselves. Esc: no box."))

    def look_at_mark(self, number: int) -> None:
        """To one of the boxes."""
        if self.scene is not None and number < len(self.scene.marks):
            self.scene.look_at_mark(number)
            self._show_around()

    def remove(self) -> None:
        """The current box where it is in sight, else the last measurement."""
        scene = self.scene
        if scene is not None and scene.current_mark in {number for number, _ in scene.marks_here()}:
            assert scene.current_mark is not None
            self.erased.emit(scene.current_mark)
        else:
            self.remove_measurement()

    def reach(self, end: str, number: int | None = None) -> None:
        """A box is on the slices from here, or up to here: the one of this number, or in hand."""
        scene = self.scene
        number = scene.current_mark if scene is not None and number is None else number
        if scene is None or number is None or number >= len(scene.marks):
            self.say(tr("No box is in hand: click on the line of one, or draw one with D."))
            return
        mark, stack, here = scene.marks[number], scene.stack, scene.index
        scene.current_mark = number
        if end == "first":
            now = reaching(mark, stack, first=here)
        else:
            now = reaching(mark, stack, last=here)
        slices = now.slices(stack)
        words = tr("From slice {first} to slice {last}; it was drawn between them.")
        self.say(words.format(first=slices[0] + 1, last=slices[-1] + 1))
        if now != mark:
            self.redrawn.emit(number, now)

    def _marked(self, hold: Hold) -> None:
        scene = self.scene
        if scene is None:
            return
        if hold.number is not None:
            scene.current_mark = hold.number
            if hold.now is not None and hold.now != hold.before:
                self.redrawn.emit(hold.number, hold.now)
        elif hold.now is None:
            self.say(tr("That is too small for a box. Drag over the fracture; Esc: no box."))
        else:
            self.use_tool(Tool.POINT)
            self.drawn.emit(hold.now)
        self.refresh()
