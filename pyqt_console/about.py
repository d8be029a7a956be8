"""What this is, which versions, and what it is not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from pyqt_console.widgets import label

WORDS: Final = (
    "A console for a node that looks for fractures of the cervical spine in CT. Every number "
    "marked with ◇ is a machine's. Research use only: not a medical device, not for diagnosis."
)


def console_version() -> str:
    """Of this program; "unknown" where it runs from a bare folder."""
    try:
        return version("cspine-node")
    except PackageNotFoundError:
        return "unknown"


class AboutDialog(QDialog):
    """Versions and the one sentence that matters."""

    def __init__(self, node_url: str, model: str | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About cspine")
        self.setFixedWidth(460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        layout.addWidget(label("cspine console", "title"))
        layout.addWidget(label("Research use only – not for diagnosis", "caution"))
        layout.addWidget(label(WORDS, wrap=True))
        facts = (
            f"Console {console_version()} · PyQt {PYQT_VERSION_STR} · Qt {QT_VERSION_STR}",
            f"Node {node_url}",
            f"Model {model or 'of the open study: none'}",
            "Licence GPL-3.0-or-later",
        )
        for fact in facts:
            line = label(fact, "quiet", wrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(line)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
