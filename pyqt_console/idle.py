"""Notices when nobody is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QTimer, pyqtSignal

LOOK_MS: Final = 1000
SIGNS_OF_LIFE: Final = frozenset(
    {
        *(QEvent.Type.KeyPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress),
        *(QEvent.Type.Wheel, QEvent.Type.Drop, QEvent.Type.TouchBegin),
    }
)


class IdleWatch(QObject):
    """Emits ``idle`` when nothing in the program was touched for ``after_s``."""

    idle = pyqtSignal()

    def __init__(
        self,
        after_s: float,
        parent: QObject,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._after_s = after_s
        self._monotonic_s = monotonic_s
        self._touched_s = monotonic_s()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Watch from now on."""
        self._touched_s = self._monotonic_s()
        program = QCoreApplication.instance()
        assert program is not None
        program.installEventFilter(self)
        self._timer.start(LOOK_MS)

    def stop(self) -> None:
        """Watch no longer."""
        self._timer.stop()
        program = QCoreApplication.instance()
        if program is not None:
            program.removeEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Every event of the program passes here, and goes on."""
        if a1 is not None and a1.type() in SIGNS_OF_LIFE:
            self._touched_s = self._monotonic_s()
        return super().eventFilter(a0, a1)

    def _look(self) -> None:
        if self._monotonic_s() - self._touched_s >= self._after_s:
            self.stop()
            self.idle.emit()
