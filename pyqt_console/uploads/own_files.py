"""The ways by which a reader's own files come in: chosen in a dialog, or dropped on the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QMimeData, QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import tr
from pyqt_console.uploads.dialog import UploadDialog


class OwnFiles(QObject):
    """Its dialogs stand over the widget that it belongs to."""

    arrived = pyqtSignal()
    """Something was stored."""
    signed_out = pyqtSignal(str)

    def __init__(self, client: NodeClient, background: Background, owner: QWidget) -> None:
        super().__init__(owner)
        self._client = client
        self._background = background
        self._owner = owner

    def send(self, paths: Sequence[Path]) -> UploadDialog:
        """Send them, in a dialog that tells what became of each."""
        dialog = UploadDialog(self._client, self._background, paths, self._owner)
        dialog.arrived.connect(self.arrived)
        dialog.signed_out.connect(self.signed_out)
        dialog.show()
        return dialog

    def choose_files(self) -> None:
        """Ask which, and send them."""
        names, _ = QFileDialog.getOpenFileNames(self._owner, tr("DICOM files, or zips of them"))
        if names:
            self.send([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask which, and send all of it."""
        name = QFileDialog.getExistingDirectory(self._owner, tr("A folder with DICOM files"))
        if name:
            self.send([Path(name)])


def local_paths(dropped: QMimeData | None) -> list[Path]:
    """Files and folders of this computer."""
    urls = dropped.urls() if dropped is not None else []
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
