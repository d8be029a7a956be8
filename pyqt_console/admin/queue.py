"""The page of the queue: what waits, is read, failed or was not analysed, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests import queue
from pyqt_console.admin.requests.queue import KINDS, Kind, Queued, Staying
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.tabs import Tabs
from pyqt_console.admin.words import moment
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.node_words import reason, reason_at_length
from pyqt_console.records import SeriesRow, User
from pyqt_console.theme import Palette, sign_of
from pyqt_console.widgets import label
from pyqt_console.wording import NOT_KNOWN, duration, person

EVERY_MS: Final = 10_000


def _status(row: SeriesRow) -> str:
    sign = sign_of(row.outcome, row.state)
    return f"{sign.glyph} {tr(sign.word)}"


def _here_for(row: SeriesRow) -> str:
    return duration((datetime.now(UTC) - row.first_received_utc).total_seconds())


def _why(row: SeriesRow) -> str:
    return reason(row.reason_code, row.reason_text) or NOT_KNOWN


COLUMNS: Final = (
    Column(mark("Status"), 130, _status, colour=lambda row: sign_of(row.outcome, row.state).colour),
    Column(mark("Patient"), 160, lambda row: person(row.patient_name)),
    Column(mark("ID"), 80, lambda row: row.patient_id or NOT_KNOWN),
    Column(mark("Accession"), 86, lambda row: row.accession_number or NOT_KNOWN),
    Column(mark("From"), 110, lambda row: row.source_aet or NOT_KNOWN),
    Column(mark("Images"), 66, lambda row: str(row.instance_count), lambda row: row.instance_count),
    Column(
        mark("Here for"),
        90,
        _here_for,
        lambda row: -row.first_received_utc.timestamp(),
        tip=lambda row: moment(row.first_received_utc),
    ),
    Column(mark("Why"), 200, _why),
)
CAN_RETRY: Final = frozenset({"failed", "not_analysed"})
CAN_PARK: Final = frozenset({"queued"})
CAN_DELETE: Final = frozenset({"receiving", "complete", "queued", "failed", "not_analysed"})


class QueuePage(AdminPage):
    """Tabs by what became of the series; the longest here first."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.kind: Kind = KINDS[0]
        self.tabs = Tabs([(each.name, each.title) for each in KINDS])
        self.table = RecordTable(COLUMNS, lambda row: row.series_uid, palette)
        self.nothing = label(role="quiet", wrap=True)
        self.partial = label(role="quiet", wrap=True)
        self.why = label(wrap=True)
        self.retry = QPushButton(tr("Try again"))
        self.park = QPushButton(tr("Take out of the queue"))
        self.show_in_list = QPushButton(tr("Show in the worklist"))
        self.delete = QPushButton(tr("Delete …"))
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """The open tab, and the numbers of all."""
        kind = self.kind
        self.load(lambda: queue.queued(self.client, kind), partial(self._show, kind))

    def node_changed(self) -> None:
        """A series made a step."""
        self.refresh_soon()

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page."""
        keys = [
            *(
                Key(f"Ctrl+{number}", tr(kind.title), partial(self.tabs.open, kind.name))
                for number, kind in enumerate(KINDS, start=1)
            ),
            Key("Ctrl+R", tr("try again"), self.retry.click),
        ]
        if self.is_admin:
            keys.append(Key("Del", tr("delete the series"), self.delete.click))
        return keys

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, kind: Kind, found: Queued) -> None:
        self.tabs.count(found.counts)
        if kind is not self.kind:  # asked for before another tab was opened
            self.refresh()
            return
        self.table.replace(found.rows)
        self.nothing.setText(tr(kind.empty))
        self.nothing.setVisible(not found.rows)
        self.partial.setVisible(not found.is_whole)
        self._choose(self.table.current())

    def _open_tab(self, name: str) -> None:
        self.kind = next(each for each in KINDS if each.name == name)
        self.table.replace(())
        self.nothing.hide()
        self.partial.hide()
        self.refresh()

    def _choose(self, row: Any) -> None:
        state = row.state if row is not None else ""
        why = "" if row is None else reason_at_length(row.reason_code, row.reason_text)
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.retry.setEnabled(state in CAN_RETRY)
        self.park.setEnabled(state in CAN_PARK)
        self.delete.setEnabled(state in CAN_DELETE)
        self.show_in_list.setEnabled(row is not None)

    # -- what is done ----------------------------------------------------------------------

    def _do(self, act: Callable[[NodeClient, str], None], words: str) -> None:
        row = self.table.current()
        if row is None:
            return

        def done(_: None) -> None:
            self.say(words.format(patient=person(row.patient_name)))
            self.refresh()

        def failed(error: ConsoleError) -> bool:
            self.tell(error)  # another state by now, perhaps: show it
            self.refresh()
            return True

        self.change(lambda: act(self.client, row.series_uid), done, failed)

    def _ask_to_delete(self) -> None:
        row = self.table.current()
        if row is None:
            return
        first = tr(
            "{patient}, accession number {accession}: {images} with all that was made of them, "
            "results and verdicts. This cannot be undone."
        ).format(
            patient=person(row.patient_name),
            accession=row.accession_number or NOT_KNOWN,
            images=tr_n("%n image", "%n images", row.instance_count),
        )
        dialog = Question(
            self.background,
            tr("Delete this series?"),
            "\n\n".join((first, tr("Looking what peers have of it …"))),
            tr("Delete"),
            partial(queue.delete, self.client, row.series_uid),
            self,
        )
        dialog.signed_out.connect(self.signed_out)
        dialog.saved.connect(self._deleted)
        dialog.open()
        known = self.background.run(
            partial(queue.rehearse_deletion, self.client, row.series_uid),
            lambda found: dialog.say("\n\n".join((first, _what_stays(found)))),
            lambda _: dialog.say(
                "\n\n".join((first, tr("What peers have of it is not known at this moment.")))
            ),
        )
        dialog.finished.connect(lambda _: known.cancel())

    def _deleted(self, text: object) -> None:
        self.say(str(text))
        self.refresh()

    def _show_in_list(self) -> None:
        row = self.table.current()
        if row is not None:
            self.worklist_wanted.emit(row.accession_number or row.patient_id)

    def _build(self) -> None:
        self.table.setAccessibleName(tr("Series"))
        self.tabs.chosen.connect(self._open_tab)
        self.table.chosen.connect(self._choose)
        self.retry.clicked.connect(
            lambda: self._do(queue.retry, tr("{patient}: it is tried again."))
        )
        self.park.clicked.connect(
            lambda: self._do(
                queue.park, tr("{patient}: taken out. It is shown as failed until a retry.")
            )
        )
        self.delete.clicked.connect(self._ask_to_delete)
        self.show_in_list.clicked.connect(self._show_in_list)
        self.partial.setText(tr("The first {count} are shown.").format(count=queue.ROWS_MAX))
        buttons = QHBoxLayout()
        buttons.addWidget(self.tabs, 1)
        for each in (self.show_in_list, self.retry, self.park, self.delete):
            buttons.addWidget(each)
        if not self.is_admin:
            self.park.hide()
            self.delete.hide()
        self.nothing.hide()
        self.partial.hide()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(buttons)
        layout.addWidget(self.nothing)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.why)
        layout.addWidget(self.partial)
        self._choose(None)


def _what_stays(found: Staying) -> str:
    words = tr("Nothing of it was delivered to a peer.")
    if found.kept_by:
        named = ", ".join(
            tr("{peer} ({objects})").format(
                peer=peer, objects=tr_n("%n object", "%n objects", count)
            )
            for peer, count in found.kept_by.items()
        )
        words = tr(
            "What was delivered stays there, this node cannot call it back: {peers}."
        ).format(peers=named)
    if not found.not_sent:
        return words
    more = tr_n(
        "%n object that waits to be sent is not sent any more.",
        "%n objects that wait to be sent are not sent any more.",
        found.not_sent,
    )
    return f"{words}\n\n{more}"
