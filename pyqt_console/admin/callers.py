"""The page of refused callers: who wanted in, why not, and the peer that would let it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.remedies import Remedy, remedy_of
from pyqt_console.admin.requests.peers import (
    OwnEntity,
    Peer,
    RefusedCaller,
    list_peers,
    list_refused,
    own_entity,
)
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label
from pyqt_console.wording import clock

POLL_MS: Final = 5000
COLUMNS: Final = (
    Column(mark("AE title"), 120, lambda each: each.calling_aet),
    Column(mark("From"), 130, lambda each: each.host),
    Column(mark("Called this node"), 125, lambda each: each.called_aet),
    Column(mark("Times"), 55, lambda each: str(each.count), lambda each: each.count),
    Column(mark("Last"), 120, lambda each: clock(each.last_utc), lambda each: each.last_utc),
    Column(mark("First"), 120, lambda each: clock(each.first_utc), lambda each: each.first_utc),
    Column(mark("Why"), 220, lambda each: each.reason),
)


@dataclass(frozen=True, slots=True)
class _Found:
    callers: tuple[RefusedCaller, ...]
    peers: tuple[Peer, ...]
    own: OwnEntity


class CallersPage(AdminPage):
    """The latest first; the chosen one with what to do about it."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.table = RecordTable(
            COLUMNS, lambda each: (each.calling_aet, each.called_aet, each.host), palette
        )
        self.advice = label(wrap=True)
        self.button = QPushButton()
        self._peers: tuple[Peer, ...] = ()
        self._own = OwnEntity("", "", 0, "")
        self._remedy = Remedy("")
        box = QFrame()
        box.setProperty("role", "panel")
        row = QHBoxLayout(box)
        row.addWidget(self.advice, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addWidget(box)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self._mend)
        self.button.clicked.connect(self._mend)
        self.poll(POLL_MS)

    def refresh(self) -> None:
        """Callers, and the peers that they may be."""
        client = self.client
        self.load(
            lambda: _Found(list_refused(client), list_peers(client), own_entity(client)),
            self._show,
        )

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page."""
        return (Key("Ins", tr("make the caller a peer"), partial(self._mend, None)),)

    def _show(self, found: _Found) -> None:
        self._peers, self._own = found.peers, found.own
        if not found.callers:
            text = tr(
                "Nobody was turned away. Have the PACS or the scanner send something to AE title "
                "{aet} at port {port}: if this node does not know it, it appears here by itself."
            )
            words = text.format(aet=found.own.ae_title, port=found.own.dicom_port)
            self.show_empty(tr("No refused callers"), words)
            return
        self.table.replace(found.callers)
        self._chosen(self.table.current())

    def _chosen(self, caller: RefusedCaller | None) -> None:
        self._remedy = Remedy("") if caller is None else remedy_of(caller, self._peers, self._own)
        self.advice.setText(self._remedy.text)
        self.button.setText(self._remedy.button)
        self.button.setVisible(bool(self._remedy.button))

    def _mend(self, *_: object) -> None:
        remedy = self._remedy
        if remedy.peer is not None:
            self.page_wanted.emit("peers", (remedy.peer, remedy.before, remedy.text))
