"""The viewer: three linked planes of one series, and everything a reader does with them.

    viewer = ImageViewer()
    viewer.open_series(DicomwebImages(client, study_uid), series_uid, banner="…", result=result)

``source`` is asked from threads of the viewer's own. What happens is said in one line at the foot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from PyQt6.QtCore import QElapsedTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QWidget

from pyqt_console.i18n import tr, tr_n
from pyqt_console.viewer.errors import RefusedError, ViewerError
from pyqt_console.viewer.feed import SeriesFeed
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.keys import KEYS, Key
from pyqt_console.viewer.loading import ImageSource
from pyqt_console.viewer.mark_actions import MarkActions
from pyqt_console.viewer.measure import Tool
from pyqt_console.viewer.reading import NO_READING, Reading, reading_of
from pyqt_console.viewer.scene import Scene
from pyqt_console.viewer.volume import GrowingVolume, VolumeCache

REFORMAT_MS: Final = 300
"""While slices arrive the reformats are made anew no more often than this."""


class ImageViewer(MarkActions):
    """Axial, sagittal and coronal planes of a series, and the machine's marks on them."""

    signed_out = pyqtSignal(str)
    """The server refuses us; the sentence says why."""
    first_image = pyqtSignal()
    """The first slice of the series can be seen."""
    loaded = pyqtSignal()
    """All slices are here, or known to be damaged."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        cache: VolumeCache | None = None,
        keys: Iterable[Key] = KEYS,
    ) -> None:
        super().__init__(parent, keys=keys)
        self.cache = VolumeCache() if cache is None else cache
        self.reading: Reading = NO_READING
        self._asked: tuple[ImageSource, str, FrameRef | None] | None = None
        self._seen_first = False
        self._since_reformat = QElapsedTimer()
        self._feed = feed = SeriesFeed(self.cache, self)
        feed.previewed.connect(self._previewed)
        feed.opened.connect(self._opened)
        feed.arrived.connect(self._arrived)
        feed.offline.connect(self._offline)
        feed.online.connect(self.trouble.hide)
        feed.failed.connect(self._failed)
        feed.finished.connect(self._finished)
        feed.heat_map.connect(self._heat_map_came)
        self.wanted.connect(feed.look_at)
        self.again.clicked.connect(self._start)
        self.close_series()

    # -- what the console calls ----------------------------------------------------------------

    def open_series(
        self,
        source: ImageSource,
        series_uid: str,
        *,
        banner: str = "",
        result: Mapping[str, Any] | None = None,
        middle: FrameRef | None = None,
    ) -> None:
        """Show a series: its key slice, or its middle, as soon as it is here.

        Args:
            source: asked in threads of the viewer's own.
            series_uid: of the images.
            banner: who this is; stands above the images as it is given.
            result: ``result`` of the API's series detail; None where the machine said nothing.
            middle: where to begin without a finding; the middle slice where nobody knows.
        """
        self.close_series()
        self.banner.setText(banner)
        self.show_result(result)
        findings = sorted(self.reading.findings, key=lambda each: -each.probability)
        self._asked = (source, series_uid, findings[0].frame if findings else middle)
        self._start()

    def show_result(self, result: Mapping[str, Any] | None) -> None:
        """What the machine says by now of the series in sight; the reader stays where they are."""
        self.reading = reading_of(result)
        self.levels.show_reading(self.reading)
        if self.scene is not None:
            self.scene.reading = self.reading
            self.refresh()

    def _heat_map_came(self, volume: GrowingVolume) -> None:
        if self.scene is not None:
            self.scene.heat = volume
            self.refresh()

    def close_series(self) -> None:
        """Show nothing."""
        self._feed.stop()
        self._cine.stop()
        self.use_tool(Tool.POINT)  # nobody draws on the next study by mistake
        self._asked, self.reading, self._seen_first = None, NO_READING, False
        self._jump_when_open = ""
        self._marks = ()
        self.banner.setText("")
        self.levels.show_reading(NO_READING)
        self.trouble.hide()
        self.again.hide()
        self.status.setText("")
        self.say("")  # what was said of one patient never stands under another's images
        self.show_lines(tr("No series is open"), tr("Choose one in the list."))

    # -- loading -------------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._asked is not None
        self.trouble.hide()
        self.again.hide()
        self.show_lines(tr("Loading …"), tr("The first image comes at once, the others after it."))
        self._feed.load(*self._asked)

    def _previewed(self, volume: GrowingVolume) -> None:
        """The slice to begin with, and what the machine marked on it."""
        self.scene = scene = Scene(volume, self.reading, 0)
        scene.preview = True
        scene.look_at_first()
        for pane in self._panes.values():
            pane.show_scene(scene, (tr("Loading …"),))
        self.arrange(None)
        self.refresh()
        self._first_seen()

    def _opened(self, volume: GrowingVolume) -> None:
        assert self._asked is not None
        first, before = self._asked[2], self.scene
        index = None
        if first is not None:
            index = volume.stack.index_of(first.sop_instance_uid, first.frame_number)
        self.scene = scene = Scene(volume, self.reading, index)
        self._give_marks()
        if scene.reading.findings and index is not None:
            scene.look_at_first()
        cameras = {pane.orientation: pane.camera for pane in self._panes.values()}
        for pane in self._panes.values():
            lines = volume.stack.left_out if not volume.stack.in_patient_space else ()
            pane.show_scene(scene, lines)
        if before is not None and before.preview:  # it goes on as the reader set it meanwhile
            scene.window, scene.shown = before.window, before.shown
            self._panes[scene.native].camera = cameras[before.native]
        self.arrange(None)
        self.say("")
        self._since_reformat.start()
        if self._jump_when_open:
            self.jump_to_level(self._jump_when_open)
            self._jump_when_open = ""
        self.refresh()
        self._first_seen()

    def _arrived(self, indices: Iterable[int]) -> None:
        scene = self.scene
        if scene is None:
            return
        if self._since_reformat.elapsed() > REFORMAT_MS:
            self._since_reformat.restart()
            scene.renew()
            self.refresh()
        else:
            self._panes[scene.native].update()
        self._tell_progress()
        if scene.index in set(indices):
            self._first_seen()

    def _first_seen(self) -> None:
        scene = self.scene
        if scene is not None and not self._seen_first and scene.volume.is_settled(scene.index):
            self._seen_first = True
            self.first_image.emit()

    def _finished(self) -> None:
        if self.scene is not None:
            self.scene.renew()
        self.refresh()
        self._tell_progress()
        self.loaded.emit()

    def _offline(self, sentence: str) -> None:
        words = tr("{why} Trying again …")
        if self.scene is not None:
            words = tr("{why} What is here can be read. Trying again …")
        self.say_trouble(words.format(why=sentence))

    def _failed(self, error: ViewerError) -> None:
        if self.scene is None:
            self.show_lines(tr("The images cannot be shown"), str(error))
        self.say_trouble(str(error))
        self.again.show()
        if isinstance(error, RefusedError):
            self.signed_out.emit(str(error))

    def _tell_progress(self) -> None:
        scene = self.scene
        if scene is None or scene.preview:
            return
        volume, parts = scene.volume, []
        here, damaged = int(volume.present.sum()), len(volume.damaged)
        if not volume.complete:
            parts.append(tr("{n} of {count} images").format(n=here, count=scene.count))
        else:
            parts.append(tr_n("%n image", "%n images", here))
        if damaged:
            parts.append(tr("{n} cannot be shown").format(n=damaged))
        parts += scene.stack.left_out
        self.status.setText(" · ".join(parts))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask for nothing more."""
        self._feed.stop()
        self._cine.stop()
        super().closeEvent(event)
