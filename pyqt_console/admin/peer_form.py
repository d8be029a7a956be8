"""The form of a peer: every setting that it has, and what each is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PyQt6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from pyqt_console.admin.forms import FIELD_PX, FormDialog
from pyqt_console.admin.requests.peers import Peer, add_peer, change_peer
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConflictError, ConsoleError
from pyqt_console.i18n import mark, tr
from pyqt_console.widgets import label

DICOM: Final = "dicom"
STOW: Final = "stow"
PROTOCOLS: Final = (
    (DICOM, mark("DICOM (C-STORE)")),
    (STOW, mark("DICOMweb (STOW-RS)")),
)
TEXTS: Final = (
    ("name", mark("Name"), mark("Your own short name for it, as pacs or ct-1.")),
    ("aet", mark("AE title"), mark("As the other side is configured; upper and lower case count.")),
    ("host", mark("Host"), mark("A name or an address. Only from there it may send.")),
    ("port", mark("Port"), mark("Where it listens; 104 and 11112 are usual.")),
    (
        "url",
        mark("URL"),
        mark(
            "Of its STOW-RS service, as https://pacs.example.org/dicom-web. What it wants to see "
            "is in the file delivery.stow_credentials of the node, by the name above."
        ),
    ),
)
"""(field, title, what it is for)."""
FLAGS: Final = (
    ("may_send", mark("It may send images here"), ""),
    ("gets_results", mark("It gets results"), ""),
    (
        "commitment",
        mark("It is asked for storage commitment"),
        mark("Then a result counts as delivered only when it says that it keeps it."),
    ),
    (
        "tls",
        mark("Secured by TLS, both ways"),
        mark("This node needs a certificate of its own (tls.* in its configuration)."),
    ),
    (
        "shadow",
        mark("Shadow: what it sends is analysed, and nothing is sent anywhere"),
        "",
    ),
)
ONLY_DICOM: Final = ("host", "port", "commitment", "tls")
ONLY_STOW: Final = ("url",)


class PeerDialog(FormDialog):
    """A new peer, or (``before``) changes of one; ``saved`` brings the Peer as it is now."""

    def __init__(
        self,
        client: NodeClient,
        background: Background,
        peer: Peer,
        *,
        before: Peer | None = None,
        about: str = "",
        parent: QWidget | None = None,
    ) -> None:
        title = tr("A new peer") if before is None else tr("Change a peer")
        button = tr("Add it") if before is None else tr("Save")
        super().__init__(background, title, button, parent)
        self._client = client
        self._before = before
        self.texts: dict[str, QLineEdit] = {}
        self.flags: dict[str, QCheckBox] = {}
        self.protocol = QComboBox()
        if about:
            self.above.addWidget(label(about, "quiet", wrap=True))
        self._build(peer)
        if before is not None:
            self.texts["name"].setEnabled(False)
        self._protocol_changed()

    def peer(self) -> Peer:
        """As the fields say. A port that is no number is sent as 0: the node says what is wrong."""
        text = {name: field.text().strip() for name, field in self.texts.items()}
        is_stow = self.protocol.currentData() == STOW
        flags = {name: field.isChecked() for name, field in self.flags.items()}
        return Peer(
            name=text["name"],
            aet=text["aet"],
            host="" if is_stow else text["host"],
            port=0 if is_stow or not text["port"].isdecimal() else int(text["port"]),
            protocol=self.protocol.currentData(),
            url=text["url"] if is_stow else None,
            **{name: on and not (is_stow and name in ONLY_DICOM) for name, on in flags.items()},
        )

    def action(self) -> Callable[[], object]:
        """Add it, or change it."""
        if self._before is None:
            return partial(add_peer, self._client, self.peer())
        return partial(change_peer, self._client, self._before, self.peer())

    def tell(self, error: ConsoleError) -> bool:
        """That the name is taken belongs to the name."""
        if isinstance(error, ConflictError) and self._before is None:
            self.form.complain("name", tr("This name is taken."))
            return True
        return super().tell(error)

    def _protocol_changed(self) -> None:
        is_stow = self.protocol.currentData() == STOW
        for name in ONLY_DICOM:
            self.form.show_only(name, not is_stow)
        for name in ONLY_STOW:
            self.form.show_only(name, is_stow)
        self.adjustSize()

    def _build(self, peer: Peer) -> None:
        for value, words in PROTOCOLS:
            self.protocol.addItem(tr(words), value)
        self.protocol.setCurrentIndex(self.protocol.findData(peer.protocol))
        self.protocol.currentIndexChanged.connect(self._protocol_changed)
        for name, title, help_ in TEXTS:
            value = getattr(peer, name)
            field = self.texts[name] = QLineEdit(str(value) if value else "")
            field.setMinimumWidth(FIELD_PX)
            self.form.add(name, tr(title), field, tr(help_) if help_ else "")
            if name == "name":
                self.form.add("protocol", tr("Protocol"), self.protocol)
        for name, title, help_ in FLAGS:
            box = self.flags[name] = QCheckBox(tr(title))
            box.setChecked(getattr(peer, name))
            self.form.add(name, "", box, tr(help_) if help_ else "")
