"""What this is, which versions, and what it is not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from pyqt_console.i18n import mark, tr
from pyqt_console.widgets import label

WORDS: Final = mark(
    "A console for a node that looks for fractures of the cervical spine in CT. Every number "
    "marked with ◇ is a machine's. Research use only: not a medical device, not for diagnosis."
)


def console_version() -> str:
    """Of this program; "unknown" where it runs from a bare folder."""
    try:
        return version("cspine-node")
    except PackageNotFoundError:
        return tr("unknown")


class AboutDialog(QDialog):
    """Versions and the one sentence that matters."""

    def __init__(self, node_url: str, model: str | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About cspine"))
        self.setFixedWidth(460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        layout.addWidget(label(tr("cspine console"), "title"))
        layout.addWidget(label(tr("Research use only – not for diagnosis"), "caution"))
        layout.addWidget(label(tr(WORDS), wrap=True))
        facts = (
            tr("Console {version} · PyQt {pyqt} · Qt {qt}").format(
                version=console_version(), pyqt=PYQT_VERSION_STR, qt=QT_VERSION_STR
            ),
            tr("Node {url}").format(url=node_url),
            tr("Model {name}").format(name=model) if model else tr("Model of the open study: none"),
            tr("Licence GPL-3.0-or-later"),
        )
        for fact in facts:
            line = label(fact, "quiet", wrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(line)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
