"""The page of peers: who sends, who gets results, and what they must know of this node."""

from __future__ import annotations

from typing import Final

from PyQt6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.requests.peers import OwnEntity, Peer, list_peers, own_entity
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label

ROLES: Final = (
    ("may_send", "sends"),
    ("gets_results", "gets results"),
    ("commitment", "commitment"),
    ("tls", "TLS"),
    ("shadow", "shadow"),
)


def roles_of(peer: Peer) -> str:
    """What it may and does, in words."""
    words = [word for name, word in ROLES if getattr(peer, name)]
    return " · ".join(words) or "nothing yet"


def address_of(peer: Peer) -> str:
    """Where it is."""
    return peer.url or f"{peer.host}:{peer.port}"


COLUMNS: Final = (
    Column("Name", 150, lambda peer: peer.name),
    Column("AE title", 140, lambda peer: peer.aet or "–"),
    Column("Address", 260, address_of),
    Column("Does", 260, roles_of),
)


class PeersPage(AdminPage):
    """A table of peers; above it, this node's own AE title."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.table = RecordTable(COLUMNS, lambda peer: peer.name, palette)
        self.own = label(role="heading")
        self.copy_own = QPushButton("Copy")
        self.copy_own.clicked.connect(self._copy_own)
        box = QFrame()
        box.setProperty("role", "panel")
        row = QHBoxLayout(box)
        row.addWidget(label("Tell the PACS:", "quiet"))
        row.addWidget(self.own)
        row.addStretch()
        row.addWidget(self.copy_own)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(box)
        layout.addWidget(self.table, 1)

    def refresh(self) -> None:
        """Peers, and this node's own AE title."""
        self.load(lambda: (own_entity(self.client), list_peers(self.client)), self._show)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)

    def _show(self, found: tuple[OwnEntity, tuple[Peer, ...]]) -> None:
        own, peers = found
        self.own.setText(f"AE title {own.ae_title}   host {own.host}   port {own.dicom_port}")
        self.table.replace(peers)

    def _copy_own(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(self.own.text())
