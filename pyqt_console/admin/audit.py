"""The page of the audit trail: who did what, what changed, undoing it, whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.admin.audit_detail import EntryDetail
from pyqt_console.admin.audit_words import (
    KINDS,
    action_in_words,
    change_in_words,
    sent_on_in_words,
    undoing_in_words,
)
from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.audit import (
    PAGE_ENTRIES,
    Entry,
    Receiver,
    Verdict,
    Wanted,
    export,
    list_entries,
    newer_entries,
    receiver,
    undo,
    verify,
)
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.words import moment
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label, set_role

EVERY_MS: Final = 10_000
Found = tuple[tuple[Entry, ...], Receiver | None]
"""Entries, and where the trail is sent on to."""
TYPING_MS: Final = 300
COLUMNS: Final = (
    Column(mark("No."), 64, lambda entry: str(entry.seq), lambda entry: entry.seq),
    Column(mark("When"), 150, lambda entry: moment(entry.at_utc), sort=lambda entry: entry.at_utc),
    Column(mark("Who"), 110, lambda entry: entry.actor),
    Column(mark("What"), 190, action_in_words),
    Column(mark("Of what"), 200, lambda entry: entry.object),
    Column(mark("Change"), 300, change_in_words),
)


class AuditPage(AdminPage):
    """The newest entries, older ones on demand; the chosen one in full below."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.kind = QComboBox()
        self.actor, self.about = QLineEdit(), QLineEdit()
        self.table = RecordTable(COLUMNS, lambda entry: entry.seq, palette)
        self.detail = EntryDetail(palette)
        self.older = QPushButton(tr("Older entries"))
        self.none = label(tr("No entry fits. Take a filter away."), "quiet")
        self.sent_on = label(role="quiet", wrap=True)
        self.verify = QPushButton(tr("Verify the trail"))
        self.export = QPushButton(tr("Export …"))
        self._wanted = Wanted()
        self._known: tuple[Entry, ...] = ()
        self._is_whole = False
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """What came since is put before what is there."""
        wanted, known = self._wanted, self._known

        def read() -> Found:
            entries = newer_entries(self.client, wanted, known)
            return entries, receiver(self.client)

        self.load(read, partial(self._came, wanted, known))

    def page_keys(self) -> Sequence[Key]:
        """Of this page."""
        focus = Qt.FocusReason.ShortcutFocusReason
        return (
            Key("Ctrl+F", tr("filter by what it is about"), lambda: self.about.setFocus(focus)),
            Key("Ctrl+E", tr("undo the change"), self._undo),
        )

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)
        self.detail.set_palette(palette)

    def export_to(self, path: Path) -> None:
        """All of the trail, whatever the filter."""
        self.export.setEnabled(False)

        def done(count: int) -> None:
            self.export.setEnabled(True)
            text = tr_n("Exported: %n entry, in {file}.", "Exported: %n entries, in {file}.", count)
            self.say(text.format(file=path))
            self.refresh()

        def failed(_: ConsoleError) -> bool:
            self.export.setEnabled(True)
            return False

        self.change(lambda: export(self.client, path), done, failed)

    # -- what is shown ---------------------------------------------------------------------

    def _came(self, wanted: Wanted, known: tuple[Entry, ...], found: Found) -> None:
        entries, sent_to = found
        text, role = sent_on_in_words(sent_to, datetime.now(UTC))
        self.sent_on.setText(text)
        set_role(self.sent_on, role)
        if wanted != self._wanted or known != self._known:  # asked for before another filter
            self.refresh()
            return
        if not known:
            self._is_whole = len(entries) < PAGE_ENTRIES
        self._put(entries)

    def _put(self, entries: tuple[Entry, ...]) -> None:
        self._known = entries
        self.table.replace(entries)
        self.older.setVisible(not self._is_whole)
        self.none.setVisible(not entries)

    def _filter(self) -> None:
        self._typing.stop()
        wanted = Wanted(str(self.kind.currentData()), self.actor.text(), self.about.text())
        if wanted != self._wanted:
            self._wanted, self._known, self._is_whole = wanted, (), False
            self.refresh()

    def _more(self) -> None:
        if not self._known:
            return
        wanted, known = self._wanted, self._known
        self.older.setEnabled(False)

        def came(found: tuple[Entry, ...]) -> None:
            self.older.setEnabled(True)
            if wanted == self._wanted:
                self._is_whole = len(found) < PAGE_ENTRIES
                self._put((*self._known, *(e for e in found if e.seq < self._known[-1].seq)))

        def failed(_: ConsoleError) -> bool:
            self.older.setEnabled(True)
            return False

        read = partial(list_entries, self.client, wanted, before_seq=known[-1].seq)
        self.change(read, came, failed)

    # -- what is done ----------------------------------------------------------------------

    def _undo(self) -> None:
        entry = self.table.current()
        if entry is None or not entry.can_be_undone:
            return
        text = tr(
            "{who} {did} ({thing}) at {time}.\n\n{change}\n\nThe undoing is an entry of its own, "
            "and can be undone too."
        ).format(
            who=entry.actor,
            did=action_in_words(entry),
            thing=entry.object,
            time=moment(entry.at_utc),
            change=undoing_in_words(entry),
        )
        title = tr("Undo entry {number}?").format(number=entry.seq)
        dialog = Question(
            self.background, title, text, tr("Undo"), partial(undo, self.client, entry.seq), self
        )
        dialog.signed_out.connect(self.signed_out)
        dialog.saved.connect(partial(self._undone, entry.seq))
        dialog.open()

    def _undone(self, seq: int, _: object) -> None:
        self.say(tr("Entry {number} is undone.").format(number=seq))
        self.refresh()

    def _verify(self) -> None:
        self.verify.setEnabled(False)
        self.verify.setText(tr("Verifying …"))

        def over() -> None:
            self.verify.setEnabled(True)
            self.verify.setText(tr("Verify the trail"))

        def done(found: Verdict) -> None:
            over()
            if found.holds:
                text = tr("✓ The trail holds, nothing is altered or missing: {text}.")
                self.say(text.format(text=found.text))
                return
            text = tr(
                "✕ The trail does not hold: {text}. Somebody changed the database past the node: "
                "keep a copy of it, and compare with what was exported."
            )
            self.tell(ConsoleError(text.format(text=found.text)))

        def failed(_: ConsoleError) -> bool:
            over()
            return False

        self.change(lambda: verify(self.client), done, failed)

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export the audit trail"), "audit.jsonl", tr("JSON lines (*.jsonl)")
        )
        if name:
            self.export_to(Path(name))

    def _build(self) -> None:
        self.table.setAccessibleName(tr("Entries"))
        for name, words in KINDS.items():
            self.kind.addItem(tr(words), name)
        self.kind.setAccessibleName(tr("Which entries"))
        for field, words in ((self.actor, tr("by whom")), (self.about, tr("about what"))):
            field.setPlaceholderText(words)
            field.setAccessibleName(words)
            field.setClearButtonEnabled(True)
            field.textChanged.connect(self._typing.start)
            field.returnPressed.connect(self._filter)
        self._typing.timeout.connect(self._filter)
        self.kind.currentIndexChanged.connect(self._filter)
        self.table.chosen.connect(self.detail.show_entry)
        self.detail.undo.clicked.connect(self._undo)
        self.older.clicked.connect(self._more)
        self.verify.clicked.connect(self._verify)
        self.export.clicked.connect(self._export)
        self.bar.addWidget(self.verify)
        self.bar.addWidget(self.export)
        filters = QHBoxLayout()
        for each, stretch in ((self.kind, 0), (self.actor, 1), (self.about, 2)):
            filters.addWidget(each, stretch)
        top = QWidget()
        inside = QVBoxLayout(top)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.table, 1)
        inside.addWidget(self.none)
        inside.addWidget(self.older, 0, Qt.AlignmentFlag.AlignLeft)
        self.none.hide()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(top)
        split.addWidget(self.detail)
        split.setSizes([420, 240])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sent_on)
        layout.addLayout(filters)
        layout.addWidget(split, 1)
