"""Certificates of nodes that the reader compared: kept in the reader's settings, one for a node."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from pyqt_console.addresses import checked_url
from pyqt_console.background import Background
from pyqt_console.certificates import fingerprint, shown_certificate
from pyqt_console.client import NodeClient
from pyqt_console.i18n import tr
from pyqt_console.widgets import label

GROUP: Final = "certificates"
HALF: Final = 48
"""A fingerprint has 95 characters: two lines."""


class Trusted:
    """Which certificate each node must show; none: what an authority signed."""

    def __init__(self, settings: QSettings, ca_file: Path | None) -> None:
        self._settings = settings
        self._ca_file = ca_file

    def client(self, address: str) -> NodeClient:
        """For this node.

        Raises:
            AddressError: the address or the certificate cannot be used.
        """
        pinned = None if self._ca_file is not None else self.of(checked_url(address))
        return NodeClient(address, ca_file=self._ca_file, pinned=pinned)

    def of(self, url: str) -> bytes | None:
        """The certificate (DER) that was compared."""
        kept = str(self._settings.value(_key(url), ""))
        try:
            return base64.b64decode(kept, validate=True) or None
        except binascii.Error:
            return None

    def trust(self, url: str, der: bytes) -> None:
        """From now on this one, and no other."""
        self._settings.setValue(_key(url), base64.b64encode(der).decode())

    def forget(self, address: str) -> None:
        """Ask again at the next use."""
        self._settings.remove(_key(checked_url(address)))


def _key(url: str) -> str:
    # A slash would be a group of the settings.
    return f"{GROUP}/{url.partition('://')[2]}"


def changed_words(url: str, der: bytes) -> str:
    """Why a node is refused whose certificate is another one than that which was compared."""
    words = tr(
        "{url} shows another certificate than the one you trusted, so nothing was sent. It was "
        "renewed, or somebody stands between. Now it has the fingerprint\n{fingerprint}\nAsk "
        "whoever looks after the node; if that is right, start the console once with "
        "--forget-certificate."
    )
    return words.format(url=url, fingerprint=_in_lines(der))


def _in_lines(der: bytes) -> str:
    shown = fingerprint(der)
    return f"{shown[:HALF]}\n{shown[HALF:]}"


class CertificateQuestion(QDialog):
    """At the first use: is this the fingerprint that the node's machine prints?"""

    def __init__(self, url: str, der: bytes, trust: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Is this your node?"))
        self.setFixedWidth(560)
        self.fingerprint = label(_in_lines(der), "machine")
        self.fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.fingerprint.font()
        font.setFamily("monospace")
        self.fingerprint.setFont(font)
        words = tr(
            "No authority vouches for the certificate of {url}. That is so for one that the node "
            "made for itself. Compare its SHA-256 fingerprint with the one that “cspine-node "
            "doctor” prints on the node's machine, or ask whoever looks after it:"
        )
        after = tr("If it is the same, this node must show this certificate from now on.")
        buttons = QDialogButtonBox()
        self.same = buttons.addButton(tr("It is the same"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.other = buttons.addButton(
            tr("It is not, or I cannot tell"), QDialogButtonBox.ButtonRole.RejectRole
        )
        assert self.other is not None
        self.other.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(trust)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(label(words.format(url=url), wrap=True))
        layout.addWidget(self.fingerprint)
        layout.addWidget(label(after, "quiet", wrap=True))
        layout.addWidget(buttons)


class FirstUse:
    """Asks about a certificate once, at the first use; another one later is never asked about."""

    def __init__(
        self,
        trusted: Trusted,
        background: Background,
        say: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        self._trusted = trusted
        self._background = background
        self._say = say
        self._parent = parent
        self._question: CertificateQuestion | None = None
        self._waiting: list[Callable[[], None]] = []
        """What goes on once the certificate was compared."""

    def look(self, url: str, again: Callable[[], None]) -> None:
        """See what the node shows, and ask; ``again`` is done once it is trusted."""
        first_use = self._trusted.of(url) is None
        self._background.run(
            lambda: shown_certificate(url),
            lambda der: self._compare(url, der, again, first_use=first_use),
            lambda problem: self._say(str(problem)),
        )

    def _compare(self, url: str, der: bytes, again: Callable[[], None], *, first_use: bool) -> None:
        known = self._trusted.of(url)
        if known is None:
            if again not in self._waiting:
                self._waiting.append(again)
            if self._question is None:
                trust = partial(self._trust, url, der)
                self._question = CertificateQuestion(url, der, trust, self._parent)
                self._question.finished.connect(self._answered)
                self._question.open()
        elif known != der:
            self._say(changed_words(url, der))
        elif first_use:  # it was compared for another request meanwhile
            again()

    def _trust(self, url: str, der: bytes) -> None:
        self._trusted.trust(url, der)
        self._say("")
        for again in tuple(self._waiting):
            again()

    def _answered(self) -> None:
        self._question = None
        self._waiting.clear()
