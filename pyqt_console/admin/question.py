"""A question before something that counts: one sentence of what it does, and what it does not."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QWidget

from pyqt_console.admin.forms import FormDialog
from pyqt_console.background import Background
from pyqt_console.widgets import label, set_role


class Question(FormDialog):
    """Asks, then does it; what the node does not let happen is told in its own sentence here."""

    def __init__(
        self,
        background: Background,
        title: str,
        text: str,
        button: str,
        act: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(background, title, button, parent)
        self._act = act
        self.text = label(text, wrap=True)
        self.above.addWidget(self.text)
        self.form.hide()
        # Enter does not do it by mistake.
        self.save.setDefault(False)
        self.save.setAutoDefault(False)
        self.cancel.setDefault(True)

    def action(self) -> Callable[[], object]:
        """What was given."""
        return self._act

    def say(self, text: str, role: str = "") -> None:
        """Other words, once more is known."""
        self.text.setText(text)
        set_role(self.text, role)
