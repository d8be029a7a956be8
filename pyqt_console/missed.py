"""What is drawn on the images goes into the verdict that is open, and from there to the images."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QObject

from pyqt_console.i18n import tr
from pyqt_console.images import Images
from pyqt_console.records import SeriesDetail
from pyqt_console.review.added_list import AddedList
from pyqt_console.review.draft import Added, SliceName
from pyqt_console.review.panel import ReviewPanel
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.marks import Mark


class MissedFindings(QObject):
    """Holds nothing itself: the draft does, and the images show what is in it."""

    def __init__(self, images: Images, review: ReviewPanel) -> None:
        super().__init__(review)
        self._images, self._review = images, review
        review.shown.connect(self._shown)
        images.drawn.connect(self._drawn)
        images.redrawn.connect(self._redrawn)
        images.erased.connect(self._erased)

    def draw(self) -> None:
        """The reader wants to outline what the machine missed."""
        added = self._added()
        if added is None:
            return
        if added.isEnabled():
            self._images.draw_mark()
        else:
            self._images.say(self._review.why_not())

    def undo(self) -> None:
        """Take back the last change of what was drawn."""
        added = self._added()
        if added is not None and not added.undo():
            self._images.say(tr("There is nothing to take back."))

    def _added(self) -> AddedList | None:
        form = self._review.form
        return None if form is None else form.added

    def _shown(self, _detail: SeriesDetail) -> None:
        added = self._added()
        if added is None:
            return
        added.changed.connect(self._show)
        added.wanted.connect(self.draw)
        added.looked_at.connect(self._images.look_at_mark)
        added.reached.connect(self._images.reach)
        self._show(added.added)

    def _show(self, added: tuple[Added, ...]) -> None:
        self._images.show_marks([_mark(each) for each in added])

    def _drawn(self, mark: Mark) -> None:
        added = self._added()
        if added is None:
            return
        uid, frame = self._name(mark.frame)
        added.add(Added(mark.level, uid, mark.box_px, frame))
        self._images.say(
            tr(
                "Added at {level}, the nearest level. Another one can be chosen in the verdict."
            ).format(level=mark.level)
            if mark.level
            else tr("Added. Choose its level in the verdict.")
        )

    def _redrawn(self, number: int, mark: Mark) -> None:
        added = self._added()
        if added is None:
            return
        ends = None
        if mark.ends is not None:
            first, last = mark.ends
            ends = self._name(first), self._name(last)
        added.change(number, replace(added.added[number], box=mark.box_px, ends=ends))

    def _name(self, frame: FrameRef) -> SliceName:
        """As a verdict names a slice: with the frame in multi-frame images only."""
        scene = self._images.scene
        slices = scene.stack.slices if scene is not None else ()
        framed = any(each.in_frames for each in slices if each.frame == frame)
        return frame.sop_instance_uid, frame.frame_number if framed else None

    def _erased(self, number: int) -> None:
        added = self._added()
        if added is not None:
            added.remove(number)


def _mark(added: Added) -> Mark:
    ends = None
    if added.ends is not None:
        first, last = added.ends
        ends = _frame(first), _frame(last)
    key = (added.key_slice_sop_uid, added.key_slice_frame)
    return Mark(added.level, _frame(key), added.box, ends)


def _frame(name: SliceName) -> FrameRef:
    uid, frame = name
    return FrameRef(uid, frame or 1)
