"""The page of models: which the node knows, what each says of itself, and which of them reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.admin.facts import CopyLine, Facts, Panel
from pyqt_console.admin.model_words import card_in_words, standing, trained_on
from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.models import Model, activate, list_models
from pyqt_console.admin.requests.shadow import (
    ShadowState,
    choose_shadow,
    end_shadow,
    shadow_state,
)
from pyqt_console.admin.shadow import ShadowView
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.tabs import Tabs
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label, set_role

EVERY_MS: Final = 10_000
Found = tuple[tuple[Model, ...], ShadowState | None]
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
        self.choose_shadow = QPushButton(tr("Let it read unseen …"))
        self.tabs = Tabs((("models", mark("Models")), ("shadow", mark("Shadow, compared"))))
        self.shadow = ShadowView(palette)
        self._parts = QStackedWidget()
        self._shown: object = None
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """All models, and for an administrator what the shadow says."""
        days = self.shadow.days

        def read() -> Found:
            models = list_models(self.client)
            return models, shadow_state(self.client, days) if self.is_admin else None

        self.load(read, self._came)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)
        self.shadow.set_palette(palette)

    def _came(self, found: Found) -> None:
        models, shadow = found
        self._show(models)
        if shadow is not None:
            self.shadow.show_state(shadow)
            if shadow.days != self.shadow.days:
                self.refresh()  # another period was chosen meanwhile

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
        can_shadow = self.is_admin and not model.active and not model.shadow
        self.choose_shadow.setVisible(can_shadow)
        self.choose_shadow.setEnabled(model.problem is None)
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
        self._question(
            tr("Let {model} read?").format(model=model.title),
            text,
            tr("Let it read"),
            partial(activate, self.client, model.sha256),
            tr("{model} is chosen. It is loaded beside the old one first.").format(
                model=model.title
            ),
        )

    def _ask_for_shadow(self) -> None:
        model = self.table.current()
        if model is None:
            return
        text = tr(
            "{model} reads each series that the active model has read, when nothing else waits. No "
            "reader sees what it says, and nothing of it is sent; both are compared here. There "
            "must be memory for both models.\n\nTrained on: {data}.\n\nIt is an entry of the audit "
            "trail, and can be undone there."
        ).format(model=model.title, data=trained_on(model))
        self._question(
            tr("Let {model} read unseen?").format(model=model.title),
            text,
            tr("Let it read unseen"),
            partial(choose_shadow, self.client, model.sha256),
            tr("{model} reads in the shadow from now on.").format(model=model.title),
        )

    def _ask_to_end_shadow(self) -> None:
        self._question(
            tr("End the shadow?"),
            tr("What waits for it is not read any more. What it said stays, and is compared."),
            tr("End the shadow"),
            partial(end_shadow, self.client),
            tr("No model reads in the shadow any more."),
        )

    def _question(
        self, title: str, text: str, button: str, act: Callable[[], object], told: str
    ) -> None:
        dialog = Question(self.background, title, text, button, act, self)
        dialog.signed_out.connect(self.signed_out)
        dialog.saved.connect(partial(self._done, told))
        dialog.open()

    def _done(self, told: str, found: object) -> None:
        assert isinstance(found, tuple)
        self._show(found)
        self.say(told)
        self.refresh()

    def _open_tab(self, name: str) -> None:
        self._parts.setCurrentIndex(list(self.tabs.buttons).index(name))

    def _build(self) -> None:
        self.table.setAccessibleName(tr("Models"))
        self.table.chosen.connect(self._choose)
        self.activate.clicked.connect(self._ask)
        self.choose_shadow.clicked.connect(self._ask_for_shadow)
        self.shadow.end.clicked.connect(self._ask_to_end_shadow)
        self.shadow.changed.connect(self.refresh)
        self.tabs.chosen.connect(self._open_tab)
        self.detail.heading.show()
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        for each in (self.choose_shadow, self.activate):
            row.addWidget(each, 0, Qt.AlignmentFlag.AlignTop)
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
        where = tr("More models: put their files into the folder “models” of the node's data.")
        first = QWidget()
        inside = QVBoxLayout(first)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(label(where, "quiet", wrap=True))
        inside.addWidget(split, 1)
        self._parts.addWidget(first)
        self._parts.addWidget(self.shadow)
        if not self.is_admin:
            self.tabs.hide()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        layout.addWidget(self._parts, 1)
