"""The page of Query/Retrieve: what a PACS has, and what is fetched from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.peer_form import DICOM
from pyqt_console.admin.requests.peers import Peer, list_peers
from pyqt_console.admin.requests.retrieve import (
    Found,
    FoundStudy,
    Retrieval,
    cancel,
    find_series,
    find_studies,
    list_retrievals,
    retrieve,
    words_of_study,
)
from pyqt_console.admin.retrieve_words import progress, share, state, state_colour, summary
from pyqt_console.admin.search_bar import SearchBar
from pyqt_console.admin.study_tree import StudyTree
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError, InvalidError
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label
from pyqt_console.wording import clock, person

BUSY_MS: Final = 700
QUIET_MS: Final = 5000


def _columns(study: Callable[[Retrieval], str]) -> Sequence[Column]:
    return (
        Column(mark("Asked"), 100, lambda of: clock(of.asked_utc), lambda of: of.asked_utc),
        Column(mark("Study"), 180, study),
        Column(mark("PACS"), 90, lambda of: of.peer_name),
        Column(mark("State"), 110, state, colour=state_colour),
        Column(mark("Images"), 120, progress, share),
        Column(mark("By"), 80, lambda of: of.asked_by),
        Column(mark("What became of it"), 220, lambda of: of.text),
    )


class RetrievePage(AdminPage):
    """Search, expand, fetch; below it the retrievals, as they go on."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.search = SearchBar()
        self.tree = StudyTree(palette)
        self.summary = label(role="quiet", wrap=True)
        self.fetch = QPushButton(tr("Fetch"))
        self.retrievals = RecordTable(_columns(self._study), lambda of: of.id, palette)
        self.stop_one = QPushButton(tr("Stop"))
        self.show_one = QPushButton(tr("Show in the worklist"))
        self._searching: Task | None = None
        self._peers: tuple[Peer, ...] = ()
        self._studies: dict[str, FoundStudy] = {}
        """All that were found since this page was opened."""
        self._searched = ""
        self._under_way: set[str] = set()
        self._build()
        self.poll(QUIET_MS)

    def refresh(self) -> None:
        """The peers, and how far each retrieval is."""
        client = self.client
        self.load(lambda: (list_peers(client), list_retrievals(client)), self._show)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.tree.set_palette(palette)
        self.retrievals.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page."""
        return (
            Key("Ctrl+F", tr("search a PACS"), self._to_search),
            Key("Ctrl+Return", tr("fetch what is selected"), self._fetch),
        )

    # -- the search ------------------------------------------------------------------------

    def _to_search(self) -> None:
        self.search.fields["patient_name"].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _search(self) -> None:
        wanted, peer = self.search.search(), self.search.peer.currentText()
        if wanted is None or self._searching is not None:
            return
        self.search.set_under_way(True)
        self.summary.setText(tr("Asking {peer} …").format(peer=peer))

        def came(found: Found) -> None:
            self._over()
            self._searched = peer
            self._studies |= {each.study_uid: each for each in found.studies}
            self.tree.show_studies(found.studies)
            words = tr("Nothing found. * is any text; a PACS may want the exact ID.")
            self.summary.setText(summary(found) if found.studies else words)
            if found.studies:
                self.tree.setFocus(Qt.FocusReason.OtherFocusReason)

        def broke(error: ConsoleError) -> bool:
            self._over()
            self.summary.setText("")
            if isinstance(error, InvalidError):
                self.search.complain(str(error))
            return isinstance(error, InvalidError)

        self._searching = self.change(lambda: find_studies(self.client, peer, wanted), came, broke)

    def _cancel_search(self) -> None:
        if self._searching is not None:
            self._searching.cancel()
            self._over()
            self.summary.setText(tr("Cancelled."))

    def _over(self) -> None:
        self._searching = None
        self.search.set_under_way(False)

    def _expand(self, study: FoundStudy) -> None:
        peer = self._searched

        def broke(_: ConsoleError) -> bool:
            self.tree.forget_series(study.study_uid)
            return False

        self.change(
            lambda: find_series(self.client, peer, study.study_uid),
            lambda found: self.tree.show_series(study.study_uid, found.series),
            broke,
        )

    # -- what is fetched -------------------------------------------------------------------

    def _fetch(self) -> None:
        peer = self._searched
        for each in self.tree.wanted():
            self.change(
                lambda each=each: retrieve(  # type: ignore[misc]
                    self.client, peer, each.study.study_uid, each.series_uids
                ),
                lambda _: self.refresh(),
            )

    def _stop(self) -> None:
        of = self.retrievals.current()
        if of is not None:
            self.change(lambda: cancel(self.client, of.id), lambda _: self.refresh())

    def _open(self, *_: object) -> None:
        of = self.retrievals.current()
        if of is None:
            return

        def came(words: str) -> None:
            if words:
                self.worklist_wanted.emit(words)
            else:
                self.say(tr("Nothing of this study is here, or not yet."))

        self.change(lambda: words_of_study(self.client, of.study_uid), came)

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, found: tuple[tuple[Peer, ...], tuple[Retrieval, ...]]) -> None:
        peers, retrievals = found
        self._peers = tuple(each for each in peers if each.protocol == DICOM)
        if not self._peers:
            text = tr("Nobody can be searched yet: an administrator adds the PACS as a peer.")
            button = tr("To the peers") if self.is_admin else ""
            self.show_empty(tr("No PACS to search"), text, button)
            return
        self.search.set_peers(self._peers)
        self.retrievals.replace(retrievals)
        under_way = {each.id for each in retrievals if not each.is_over}
        for each in retrievals:
            if each.id in self._under_way - under_way:
                self._ended(each)
        self._under_way = under_way
        self.poll(BUSY_MS if under_way else QUIET_MS)
        self._chosen(self.retrievals.current())

    def _ended(self, of: Retrieval) -> None:
        words = tr("{study}: {state}. {text}")
        self.say(words.format(study=self._study(of), state=state(of), text=of.text))
        if of.completed:
            self.tree.set_arrived(of.study_uid, of.series_uids, state(of))

    def _study(self, of: Retrieval) -> str:
        study = self._studies.get(of.study_uid)
        return of.study_uid if study is None else person(study.patient_name)

    def _chosen(self, of: Retrieval | None) -> None:
        self.stop_one.setEnabled(of is not None and not of.is_over)
        self.show_one.setEnabled(of is not None)

    def _selected(self) -> None:
        self.fetch.setEnabled(bool(self.tree.wanted()))

    def _to_peers(self) -> None:
        if self.as_of is not None and not self._peers:
            self.page_wanted.emit("peers", None)

    def _build(self) -> None:
        above, below = QWidget(), QWidget()
        results = QVBoxLayout(above)
        results.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(self.fetch)
        results.addWidget(self.search)
        results.addLayout(row)
        results.addWidget(self.tree, 1)
        fetched = QVBoxLayout(below)
        fetched.setContentsMargins(0, 4, 0, 0)
        row = QHBoxLayout()
        row.addWidget(label(tr("Fetched"), "heading"), 1)
        row.addWidget(self.show_one)
        row.addWidget(self.stop_one)
        fetched.addLayout(row)
        fetched.addWidget(self.retrievals, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(above)
        split.addWidget(below)
        split.setSizes([430, 240])
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.summary.setText(tr("Search by a name, an ID, an accession number or a date."))
        self.tree.show_studies(())
        self._selected()
        for signal, act in (
            (self.search.wanted, self._search),
            (self.search.cancelled, self._cancel_search),
            (self.tree.series_wanted, self._expand),
            (self.tree.chosen, self._selected),
            (self.fetch.clicked, self._fetch),
            (self.stop_one.clicked, self._stop),
            (self.show_one.clicked, self._open),
            (self.retrievals.opened, self._open),
            (self.retrievals.chosen, self._chosen),
            (self.card.button.clicked, self._to_peers),
        ):
            signal.connect(act)
