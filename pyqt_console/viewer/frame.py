"""The widgets of the viewer and where they stand. What they do is in ``actions`` and ``viewer``."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.i18n import tr
from pyqt_console.viewer import drawing
from pyqt_console.viewer.level_bar import LevelBar
from pyqt_console.viewer.pane import PlanePane
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.scene import Scene

STYLE: Final = f"""
ViewerFrame {{ background: #101418; }}
QLabel {{ color: {drawing.TEXT}; background: transparent; }}
QLabel#quiet {{ color: {drawing.QUIET}; }}
QLabel#trouble {{ color: #101418; background: {drawing.CAUTION}; padding: 5px 10px;
    border-radius: 4px; }}
QPushButton {{ color: {drawing.TEXT}; background: #222a33; border: 1px solid #5d6b7a;
    border-radius: 4px; padding: 4px 12px; }}
"""


class ViewerFrame(QWidget):
    """Banner, three panes, the levels, and a line at the foot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene: Scene | None = None
        self._large: Orientation | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(STYLE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()

    def pane(self, orientation: Orientation) -> PlanePane:
        """One of the three."""
        return self._panes[orientation]

    def _build(self) -> None:
        self.banner, self.trouble, self.status = QLabel(), QLabel(), QLabel()
        self.said, self.under = QLabel(), QLabel()
        self.trouble.setObjectName("trouble")
        self.trouble.setWordWrap(True)
        self.again = QPushButton(tr("Try again"))
        for quiet in (self.status, self.under):
            quiet.setObjectName("quiet")
        self.banner.setTextFormat(Qt.TextFormat.PlainText)
        self.levels = LevelBar()
        self._panes = {each: PlanePane(each, self) for each in Orientation}
        self._grid = QGridLayout()
        self._grid.setSpacing(3)
        head, foot, troubles = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.banner, 1)
        troubles.addWidget(self.trouble, 1)
        troubles.addWidget(self.again)
        for line in (self.banner, self.said):  # however long, they never move what is beside them
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for widget, stretch in ((self.said, 1), (self.under, 0), (self.status, 0)):
            foot.addWidget(widget, stretch)
        foot.setSpacing(18)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(troubles)
        layout.addLayout(self._grid, 1)
        layout.addWidget(self.levels)
        layout.addLayout(foot)

    def arrange(self, large: Orientation | None) -> None:
        """The slices themselves large, the reformats beside them; or one pane alone."""
        scene = self.scene
        native = Orientation.AXIAL if scene is None else scene.native
        shown = Orientation if scene is None or scene.preview else scene.orientations
        others = [each for each in Orientation if each is not native]
        self._large = large
        for each, pane in self._panes.items():
            self._grid.removeWidget(pane)
            pane.setVisible(each in shown and large in (None, each))
        self._grid.addWidget(self._panes[native], 0, 0, 2, 1)
        for row, each in enumerate(others):
            self._grid.addWidget(self._panes[each], row, 1)
        beside = large is None and len(shown) > 1
        self._grid.setColumnStretch(0, 3 if beside or large is native else 0)
        self._grid.setColumnStretch(1, 2 if beside or large not in (None, native) else 0)

    def say(self, sentence: str) -> None:
        """One line at the foot."""
        self.said.setText(sentence)
        self.said.setToolTip(sentence)

    def say_trouble(self, sentence: str) -> None:
        """Something is wrong, and stays so until it is hidden."""
        self.trouble.setText(sentence)
        self.trouble.show()

    def show_lines(self, *lines: str) -> None:
        """No series, and why."""
        self.scene = None
        for pane in self._panes.values():
            pane.show_scene(None, lines if pane.orientation is Orientation.AXIAL else ())
        self.arrange(None)

    def refresh(self) -> None:
        """Draw anew what changed."""
        for pane in self._panes.values():
            pane.update()
