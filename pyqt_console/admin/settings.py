"""The page of settings: deleting by age in words, what changes live, and what needs a restart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.admin.facts import Panel
from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.settings import (
    KEEP_DAYS,
    Setting,
    change_settings,
    list_settings,
)
from pyqt_console.admin.setting_forms import RetentionDialog, SettingDialog
from pyqt_console.admin.setting_words import (
    retention_in_words,
    source_of,
    title_of,
    with_unit,
)
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.words import value
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label

EVERY_MS: Final = 10_000


def _colour(setting: Setting) -> str:
    return "quiet" if setting.source == "default" else "text"


LIVE: Final = (
    Column(mark("Setting"), 220, title_of),
    Column(mark("Value"), 110, lambda each: with_unit(each, each.value)),
    Column(mark("Comes from"), 180, source_of, colour=_colour),
    Column(mark("Without the change"), 150, lambda each: with_unit(each, each.at_start)),
    Column(mark("Key"), 230, lambda each: each.key),
)
FIXED: Final = (
    Column(mark("Key"), 300, lambda each: each.key),
    Column(mark("Value"), 420, lambda each: value(each.value)),
    Column(mark("Comes from"), 180, source_of, colour=_colour),
)


class SettingsPage(AdminPage):
    """Three parts, from what is decided most to what only the file decides."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.keep_days: Setting | None = None
        self.retention = label(wrap=True)
        self.retention_source = label(role="quiet")
        self.change_retention = QPushButton(tr("Change …"))
        self.live = RecordTable(LIVE, lambda each: each.key, palette, sortable=False)
        self.fixed = RecordTable(FIXED, lambda each: each.key, palette)
        self.edit = QPushButton(tr("Change …"))
        self.reset = QPushButton(tr("Take the change back …"))
        self.search = QLineEdit()
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """All settings."""
        self.load(lambda: list_settings(self.client), self._show)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.live.set_palette(palette)
        self.fixed.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page."""
        return (Key("Ctrl+E", tr("change the setting"), self._edit),)

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, found: tuple[Setting, ...]) -> None:
        self.keep_days = next((each for each in found if each.key == KEEP_DAYS), None)
        if self.keep_days is not None:
            self.retention.setText(retention_in_words(self.keep_days.value))
            self.retention_source.setText(
                tr("{key}, from: {source}").format(key=KEEP_DAYS, source=source_of(self.keep_days))
            )
        self.live.replace([each for each in found if each.live])
        self.fixed.replace([each for each in found if not each.live])
        self._choose(self.live.current())

    def _choose(self, setting: Any) -> None:
        self.edit.setEnabled(setting is not None)
        self.reset.setEnabled(setting is not None and setting.source == "database")

    # -- what is done ----------------------------------------------------------------------

    def _edit(self) -> None:
        setting = self.live.current()
        if setting is None:
            return
        if setting.key == KEEP_DAYS:
            self.open_retention()
            return
        dialog = SettingDialog(self.client, self.background, setting, self)
        dialog.saved.connect(partial(self._saved, title_of(setting)))
        dialog.signed_out.connect(self.signed_out)
        dialog.open()

    def open_retention(self) -> RetentionDialog | None:
        """The form of deleting by age."""
        if self.keep_days is None:
            return None
        dialog = RetentionDialog(self.client, self.background, self.keep_days.value, self)
        dialog.saved.connect(partial(self._saved, tr("Deleting by age")))
        dialog.signed_out.connect(self.signed_out)
        dialog.open()
        return dialog

    def _ask_to_reset(self) -> None:
        setting = self.live.current()
        if setting is None or setting.source != "database":
            return
        if setting.key == KEEP_DAYS and setting.at_start is not None:
            self.open_retention()  # what that deletes must be told first
            return
        text = tr("{title} ({key}) is {value} again, as file and environment say.").format(
            title=title_of(setting),
            key=setting.key,
            value=with_unit(setting, setting.at_start),
        )
        dialog = Question(
            self.background,
            tr("Take the change back?"),
            text,
            tr("Take it back"),
            lambda: change_settings(self.client, {}, [setting.key]),
            self,
        )
        dialog.saved.connect(partial(self._saved, title_of(setting)))
        dialog.signed_out.connect(self.signed_out)
        dialog.open()

    def _saved(self, title: str, found: object) -> None:
        assert isinstance(found, tuple)
        self._show(found)
        text = tr("“{title}” is changed. It stands in the audit trail, and can be undone there.")
        self.say(text.format(title=title))

    def _build(self) -> None:
        self.live.setAccessibleName(tr("Settings that change while the node runs"))
        self.fixed.setAccessibleName(tr("Settings of the configuration file"))
        self.change_retention.clicked.connect(self.open_retention)
        self.edit.clicked.connect(self._edit)
        self.live.opened.connect(lambda _: self._edit())
        self.live.chosen.connect(self._choose)
        self.reset.clicked.connect(self._ask_to_reset)
        self.search.setPlaceholderText(tr("find a key or a value"))
        self.search.setAccessibleName(tr("Find a setting"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.fixed.filter)
        keep = Panel(tr("How long series are kept"))
        row = QHBoxLayout()
        words = QVBoxLayout()
        words.addWidget(self.retention)
        words.addWidget(self.retention_source)
        row.addLayout(words, 1)
        row.addWidget(self.change_retention, 0, Qt.AlignmentFlag.AlignTop)
        keep.body.addLayout(row)
        upper = _part(tr("Change while the node runs"), (self.edit, self.reset), self.live)
        lower = _part(
            tr("Change in the configuration file, from the next start on (models: on their page)"),
            (self.search,),
            self.fixed,
        )
        self.search.setMinimumWidth(240)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(upper)
        split.addWidget(lower)
        split.setSizes([290, 260])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(keep)
        layout.addWidget(split, 1)


def _part(title: str, tools: Sequence[QWidget], table: RecordTable) -> QWidget:
    part = QWidget()
    row = QHBoxLayout()
    row.addWidget(label(title, "heading"), 1)
    for each in tools:
        row.addWidget(each)
    layout = QVBoxLayout(part)
    layout.setContentsMargins(0, 6, 0, 0)
    layout.addLayout(row)
    layout.addWidget(table, 1)
    return part
