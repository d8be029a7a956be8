"""Asked before something is taken away."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QWidget

from pyqt_console.i18n import tr


def confirm(
    parent: QWidget, question: str, consequence: str, button: str, act: Callable[[], None]
) -> QMessageBox:
    """Ask, and ``act`` on the button; Esc and Cancel do nothing. Nothing else waits meanwhile."""
    box = QMessageBox(QMessageBox.Icon.Question, tr("Please confirm"), question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(consequence)
    yes = box.addButton(button, QMessageBox.ButtonRole.AcceptRole)
    box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(yes)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.buttonClicked.connect(lambda pressed: act() if pressed is yes else None)
    box.open()
    return box
