"""The page of models: which the node knows, what each says of itself, and which of them reads."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QSplitter, QVBoxLayout

from pyqt_console.admin.facts import CopyLine, Facts, Panel
from pyqt_console.admin.model_words import card_in_words, standing, trained_on
from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.models import Model, activate, list_models
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label, set_role

EVERY_MS: Final = 10_000
COLUMNS: Final = (
    Column(
        mark("State"),
        180,
        lambda model: tr(standing(model).word),
        colour=lambda model: standing(model).colour,
    ),
    Column(mark("Model"), 210, lambda model: model.title),
    Column(mark("Network"), 90, lambda model: str(model.card.get("architecture") or "–")),
    Column(mark("File"), 200, lambda model: model.file),
)


class ModelsPage(AdminPage):
    """A table, and beside it what the chosen model says of itself."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.models: tuple[Model, ...] = ()
        self.table = RecordTable(COLUMNS, lambda model: (model.sha256, model.file), palette)
        self.activate = QPushButton(tr("Let it read …"))
        self.detail = Panel("")
        self.state = label(wrap=True)
        self.digest = CopyLine()
        self.facts = Facts()
        self._shown: object = None
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """All models."""
        self.load(lambda: list_models(self.client), self._show)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)

    def _show(self, found: tuple[Model, ...]) -> None:
        self.models = found
        self.table.replace(found)
        self._choose(self.table.current())

    def _choose(self, model: Any) -> None:
        self.detail.setVisible(model is not None)
        if model is None:
            return
        word = standing(model)
        self.detail.heading.setText(model.title)
        self.state.setText(tr(word.sentence).format(problem=model.problem or ""))
        set_role(self.state, "" if word.colour == "text" else word.colour)
        self.digest.set(f"{model.sha256[:32]}\n{model.sha256[32:]}", model.sha256)
        self.activate.setVisible(self.is_admin and not model.active)
        self.activate.setEnabled(model.problem is None)
        self.activate.setToolTip("" if model.problem is None else model.problem)
        if self._shown != model.sha256:  # else what somebody has selected there stays selected
            self._shown = model.sha256
            self.facts.clear()
            for name, text in card_in_words(model):
                self.facts.set(name, text)

    def _ask(self) -> None:
        model = self.table.current()
        if model is None:
            return
        old = next((each.title for each in self.models if each.active), tr("none"))
        text = tr(
            "From the next series on {new} reads, not {old}. The series that is being read ends "
            "with {old}. What was read before stays as it is; every result names its model.\n\n"
            "Trained on: {data}.\n\nIt is an entry of the audit trail, and can be undone there."
        ).format(new=model.title, old=old, data=trained_on(model))
        title = tr("Let {model} read?").format(model=model.title)
        dialog = Question(
            self.background,
            title,
            text,
            tr("Let it read"),
            partial(activate, self.client, model.sha256),
            self,
        )
        dialog.signed_out.connect(self.signed_out)
        dialog.saved.connect(partial(self._activated, model.title))
        dialog.open()

    def _activated(self, title: str, found: object) -> None:
        assert isinstance(found, tuple)
        self._show(found)
        self.say(
            tr("{model} is chosen. It is loaded beside the old one first.").format(model=title)
        )
        self.refresh()

    def _build(self) -> None:
        self.table.chosen.connect(self._choose)
        self.activate.clicked.connect(self._ask)
        self.detail.heading.show()
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.activate, 0, Qt.AlignmentFlag.AlignTop)
        self.detail.body.addLayout(row)
        self.detail.body.addWidget(label(tr("SHA-256 of its file, as results name it"), "quiet"))
        self.detail.body.addWidget(self.digest)
        self.detail.body.addWidget(self.facts)
        self.detail.body.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.detail)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(area)
        split.setSizes([200, 420])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(
            label(
                tr("More models: put their files into the folder “models” of the node's data."),
                "quiet",
                wrap=True,
            )
        )
        layout.addWidget(split, 1)
