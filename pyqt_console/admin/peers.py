"""The page of peers: who sends, who gets results, and what they must know of this node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from pyqt_console.admin.echo import Echo, EchoPanel, for_the_other_side, in_short
from pyqt_console.admin.echo_memory import EchoMemory
from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.peer_form import STOW, PeerDialog
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.peers import (
    EchoStep,
    OwnEntity,
    Peer,
    echo,
    list_peers,
    own_entity,
    remove_peer,
)
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label

ROLES: Final = (
    ("may_send", mark("sends")),
    ("gets_results", mark("gets results")),
    ("commitment", mark("commitment")),
    ("tls", mark("TLS")),
    ("shadow", mark("shadow")),
)
EVERY_MS: Final = 10_000
NEW: Final = Peer("", port=104, may_send=True, gets_results=True)
"""What most PACS are."""


def roles_of(peer: Peer) -> str:
    """What it may and does, in words."""
    words = [tr(word) for name, word in ROLES if getattr(peer, name)]
    return " · ".join(words) or tr("nothing yet")


def address_of(peer: Peer) -> str:
    """Where it is."""
    return peer.url or f"{peer.host}:{peer.port}"


def _columns(echo_of: Callable[[Peer], Echo | None]) -> Sequence[Column]:
    def colour(peer: Peer) -> str:
        found = echo_of(peer)
        if found is None:
            return "quiet"
        return "negative" if found.failed is None else "alarm"

    return (
        Column(mark("Name"), 140, lambda peer: peer.name),
        Column(mark("AE title"), 130, lambda peer: peer.aet or "–"),
        Column(mark("Address"), 210, address_of),
        Column(mark("Does"), 240, roles_of),
        Column(mark("Last test"), 190, lambda peer: in_short(echo_of(peer)), colour=colour),
    )


class PeersPage(AdminPage):
    """This node's own AE title; a table of peers; the chosen one, and the way to it."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.echoes = EchoMemory(client.url)
        self.table = RecordTable(_columns(self.echoes.get), lambda peer: peer.name, palette)
        self.own = label(role="heading")
        self.unreached = label(role="caution", wrap=True)
        self.echo = EchoPanel()
        self.add = QPushButton(tr("Add a peer …"))
        self.edit = QPushButton(tr("Change …"))
        self.remove = QPushButton(tr("Remove …"))
        self.copy_own = QPushButton(tr("Copy"))
        self.dialog: PeerDialog | None = None
        self.question: Question | None = None
        self._own = OwnEntity("", "", 0, "")
        self._testing: Task | None = None
        self._tested: Peer | None = None
        self._pending: object = None
        self._build()
        self.poll(EVERY_MS)

    def remember_in(self, settings: QSettings) -> None:
        """Tests of the way to a peer outlive the session."""
        self.echoes.read(settings)

    def refresh(self) -> None:
        """Peers, and this node's own AE title."""
        self.load(lambda: (own_entity(self.client), list_peers(self.client)), self._show)

    def take(self, request: object) -> None:
        """Another page has a peer to be added, or changed: (the new, the old or None, why)."""
        assert isinstance(request, tuple)
        peer, before, about = request
        self.open_form(peer, before=before, about=about)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page; a radiologist only looks at it."""
        if not self.is_admin:
            return ()
        return (
            Key("Ins", tr("add a peer"), self._add),
            Key("Del", tr("remove the peer"), self._ask_to_remove),
            Key("Ctrl+E", tr("test the way to the peer"), self._test),
        )

    def open_form(self, peer: Peer, *, before: Peer | None = None, about: str = "") -> PeerDialog:
        """The form of a new peer, or of changes."""
        dialog = PeerDialog(
            self.client, self.background, peer, before=before, about=about, parent=self
        )
        dialog.saved.connect(self._saved)
        dialog.signed_out.connect(self.signed_out)
        self.dialog = dialog
        dialog.open()
        return dialog

    # -- what the user does ----------------------------------------------------------------

    def _add(self) -> None:
        self.open_form(NEW)

    def _edit(self, *_: object) -> None:
        peer = self.table.current()
        if peer is not None and self.is_admin:
            self.open_form(peer, before=peer)

    def _saved(self, peer: Peer) -> None:
        self._pending = peer
        self.say(
            tr("{name} is saved, and counts at once. Test the way to it below.").format(
                name=peer.name
            )
        )
        self.refresh()

    def _ask_to_remove(self) -> None:
        peer = self.table.current()
        if peer is None:
            return
        consequence = tr(
            "It is not let in any more, and what still waits to be sent to it is parked."
        )
        title = tr("Forget the peer {name}?").format(name=peer.name)
        client = self.client
        question = Question(
            self.background,
            title,
            consequence,
            tr("Remove"),
            lambda: remove_peer(client, peer.name),
            self,
        )
        question.saved.connect(lambda _: self._removed(peer))
        question.signed_out.connect(self.signed_out)
        self.question = question
        question.open()

    def _removed(self, peer: Peer) -> None:
        self.say(tr("{name} is removed.").format(name=peer.name))
        self.refresh()

    # -- the way to a peer -----------------------------------------------------------------

    def _test(self) -> None:
        peer: Peer | None = self.table.current()
        if peer is None or peer.protocol == STOW or self._testing is not None:
            return
        self._tested = peer
        self.echo.show_under_way(peer)

        def came(steps: tuple[EchoStep, ...]) -> None:
            self.echoes.keep(peer, Echo(datetime.now(UTC), steps))
            self._over()

        def broke(_: ConsoleError) -> bool:
            self._over()
            return False

        self._testing = self.change(lambda: echo(self.client, peer.name), came, broke)

    def _cancel(self) -> None:
        if self._testing is not None:
            self._testing.cancel()
            self._over()

    def _over(self) -> None:
        self._testing, self._tested = None, None
        self.table.records.replace(self.table.records.records)
        self._chosen(self.table.current())

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, found: tuple[OwnEntity, tuple[Peer, ...]]) -> None:
        self._own, peers = found
        words = tr("AE title {aet} · host {host} · port {port}")
        self.own.setText(
            words.format(aet=self._own.ae_title, host=self._own.host, port=self._own.dicom_port)
        )
        here_only = tr(
            "Only this machine reaches it: the node listens at {bind} (dicom.bind in its "
            "configuration)."
        )
        self.unreached.setText(here_only.format(bind=self._own.bind))
        self.unreached.setVisible(not self._own.is_reached)
        self.table.replace(peers)
        if isinstance(self._pending, Peer):
            self.table.select(self._pending.name)
            self._pending = None
        self._chosen(self.table.current())
        self.empty.setVisible(not peers)
        self.table.setVisible(bool(peers))

    def _chosen(self, peer: Peer | None) -> None:
        for each in (self.edit, self.remove):
            each.setEnabled(peer is not None)
        can_be_tested = peer is not None and peer.protocol != STOW
        self.echo.setVisible(can_be_tested and self.is_admin)
        if peer is None:
            return
        if self._tested is not None:
            self.echo.show_under_way(self._tested)
        else:
            self.echo.show_echo(self.echoes.get(peer), peer, self._own)

    def _copy_own(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(for_the_other_side(self._own))
            self.say(tr("Copied, to be sent to whoever looks after the PACS."))

    def _build(self) -> None:
        box = QFrame()
        box.setProperty("role", "panel")
        row = QHBoxLayout(box)
        row.addWidget(label(tr("Type this into the PACS:"), "quiet"))
        row.addWidget(self.own)
        row.addWidget(self.copy_own)
        row.addStretch()
        self.empty = label(
            tr(
                "No peer yet: nobody may send, and nobody gets results. Add the PACS, or have it "
                "send something and look at the refused callers."
            ),
            "quiet",
            wrap=True,
        )
        self.empty.hide()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(box)
        layout.addWidget(self.unreached)
        self.unreached.hide()
        layout.addWidget(self.empty)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.echo)
        for button, act in (
            (self.add, self._add),
            (self.edit, self._edit),
            (self.remove, self._ask_to_remove),
            (self.copy_own, self._copy_own),
        ):
            button.clicked.connect(act)
        for button in (self.add, self.edit, self.remove):
            self.bar.addWidget(button)
            if not self.is_admin:
                button.hide()
        self.table.opened.connect(self._edit)
        self.table.chosen.connect(self._chosen)
        self.echo.wanted.connect(self._test)
        self.echo.cancelled.connect(self._cancel)
