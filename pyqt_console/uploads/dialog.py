"""The window of an upload: how far it is, and what became of every file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError, SignedOutError
from pyqt_console.i18n import mark, tr
from pyqt_console.records import FileOutcome
from pyqt_console.uploads.sender import Progress, Sender, sentence
from pyqt_console.widgets import label

STEPS: Final = 1000
SIGN_OF_OUTCOME: Final = {
    "stored": ("✓", mark("stored")),
    "skipped": ("–", mark("skipped")),
    "refused": ("✕", mark("refused")),
    "not sent": ("✕", mark("not sent")),
}


class UploadDialog(QDialog):
    """Sends at once. Files that arrived are named only in their number; all others one by one."""

    arrived = pyqtSignal()
    """Something was stored."""
    signed_out = pyqtSignal(str)

    def __init__(
        self,
        client: NodeClient,
        background: Background,
        paths: Sequence[Path],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._background = background
        self.outcomes: list[FileOutcome] = []
        self.text = label(tr("Looking for files …"), wrap=True)
        self.bar = QProgressBar()
        self.list = QPlainTextEdit()
        self.button = QPushButton(tr("Cancel"))
        self.again = QPushButton(tr("Send the rest again"))
        self._paths = paths
        self._sender: Sender | None = None
        self._task: Task | None = None
        self._build()
        self._start()

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """What was sent stays; nothing further is."""
        self._cancel()
        super().closeEvent(a0)

    def reject(self) -> None:
        """Esc, and the button: first it ends the upload, then it closes."""
        if self._task is not None:
            self._cancel()
        else:
            super().reject()

    def _start(self) -> None:
        self.again.hide()
        self.button.setText(tr("Cancel"))
        self._sender = Sender(self._client, self._paths)
        self._task = self._background.follow(
            self._sender.run, self._went_on, self._ended, self._failed
        )

    def _cancel(self) -> None:
        if self._sender is not None:
            self._sender.cancel()

    def _went_on(self, progress: Progress) -> None:
        share = progress.sent_bytes / progress.total_bytes if progress.total_bytes else 0
        self.bar.setValue(round(STEPS * share))
        if progress.waiting_for:
            self.text.setText(tr("{why} Trying again …").format(why=progress.waiting_for))
        else:
            done, total = (each / 2**20 for each in (progress.sent_bytes, progress.total_bytes))
            self.text.setText(tr("{done:.1f} of {total:.1f} MiB").format(done=done, total=total))
        self.outcomes += progress.outcomes
        for each in progress.outcomes:
            if each.outcome != "stored":
                glyph, word = SIGN_OF_OUTCOME.get(each.outcome, ("?", each.outcome))
                self.list.appendPlainText(f"{glyph} {tr(word)}: {each.name} – {each.reason}")
        if any(each.outcome == "stored" for each in progress.outcomes):
            self.arrived.emit()

    def _ended(self, whole: bool) -> None:
        self._task = None
        self.bar.setValue(STEPS)
        self.text.setText(sentence(self.outcomes))
        self.button.setText(tr("Close"))
        self.again.setVisible(not whole)

    def _send_again(self) -> None:
        self.outcomes.clear()
        self.list.clear()
        self._start()

    def _failed(self, error: ConsoleError) -> None:
        self._task = None
        self.text.setText(f"{error} {sentence(self.outcomes)}")
        self.button.setText(tr("Close"))
        if isinstance(error, SignedOutError):
            self.signed_out.emit(str(error))

    def _build(self) -> None:
        self.setWindowTitle(tr("Own files"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 320)
        self.bar.setRange(0, STEPS)
        self.list.setReadOnly(True)
        self.list.setPlaceholderText(tr("What could not be taken stands here, and why."))
        self.button.clicked.connect(self.reject)
        self.again.clicked.connect(self._send_again)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.again)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.addWidget(label(tr("Own files to the node"), "heading"))
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addWidget(self.list, 1)
        layout.addWidget(label(tr("They are analysed like what a scanner sends."), "quiet"))
        layout.addLayout(row)
