"""A C-ECHO step by step: what worked, what did not, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from pyqt_console.admin.requests.peers import EchoStep, OwnEntity, Peer
from pyqt_console.i18n import mark, tr
from pyqt_console.widgets import label, set_role
from pyqt_console.wording import clock

NAME, TCP, TLS = "host name", "TCP connection", "TLS handshake"
ASSOCIATION, CALLED, CALLING = "association", "called_aet", "calling_aet"
CONTEXT, SERVICE = "presentation context", "service"

STEPS: Final = (
    (NAME, mark("Host name")),
    (TCP, mark("TCP")),
    (TLS, mark("TLS")),
    (CALLED, mark("Called AE")),
    (CALLING, mark("Calling AE")),
    (CONTEXT, mark("Context")),
    (SERVICE, mark("C-ECHO")),
)
"""(step, its short title), in the order in which they are taken."""
ADVICE: Final = {
    NAME: mark(
        "Is the host spelt correctly? Try its IP address, or ask whether this node's machine uses "
        "the hospital's DNS."
    ),
    TCP: mark(
        "Does the other program run, is the port right, and does every firewall between {own_host} "
        "and {host} let port {port} through?"
    ),
    TLS: mark(
        "Both sides must have TLS turned on at this port, and each must trust the other's "
        "certificate."
    ),
    ASSOCIATION: mark(
        "It was reached, but did not answer as DICOM does: is {port} its DICOM port, and not that "
        "of a web page, of TLS, or of another program?"
    ),
    CALLED: mark("The other side calls itself otherwise: correct its AE title here."),
    CALLING: mark(
        "Tell the other side about this node: AE title {own_aet}, host {own_host}, port {own_port}."
    ),
    CONTEXT: mark("It offers no Verification. Everything else may work: look at its deliveries."),
    SERVICE: mark("It was reached and lets this node in, but did not do it: look into its log."),
}
OK, FAILED, UNTRIED, UNUSED, UNDER_WAY = "ok", "failed", "untried", "unused", "under way"
LOOKS: Final = {
    OK: ("✓", "negative", mark("works")),
    FAILED: ("✕", "alarm", mark("fails")),
    UNTRIED: ("–", "quiet", mark("not tried")),
    UNUSED: ("–", "quiet", mark("not used")),
    UNDER_WAY: ("…", "waiting", mark("under way")),
}
"""State → (glyph, role, word)."""


@dataclass(frozen=True, slots=True)
class Echo:
    """One test of the way to a peer."""

    at_utc: datetime
    steps: tuple[EchoStep, ...]

    @property
    def failed(self) -> EchoStep | None:
        """The step that failed."""
        return next((each for each in self.steps if not each.ok), None)


def states(steps: Sequence[EchoStep], *, tls: bool) -> dict[str, str]:
    """Step of ``STEPS`` → its state. A rejection that names no AE title is of both."""
    of_step = {each.step: OK if each.ok else FAILED for each in steps}
    found = {step: of_step.get(step, UNTRIED) for step, _ in STEPS}
    if not tls:
        found[TLS] = UNUSED
    association = next((each for each in steps if each.step == ASSOCIATION), None)
    if association is not None:
        for step in (CALLED, CALLING):
            blamed = not association.ok and association.code in {step, ""}
            found[step] = OK if association.ok else FAILED if blamed else UNTRIED
    return found


def advice(failed: EchoStep, peer: Peer, own: OwnEntity) -> str:
    """What to do about the step that failed."""
    words = ADVICE.get(failed.code or failed.step, "")
    return tr(words).format(
        host=peer.host,
        port=peer.port,
        own_aet=own.ae_title,
        own_host=own.host,
        own_port=own.dicom_port,
    )


def in_short(echo: Echo | None) -> str:
    """For a table: how the last test ended, and when."""
    if echo is None:
        return tr("not tested yet")
    failed, time = echo.failed, clock(echo.at_utc)
    if failed is None:
        return tr("✓ answers, {time}").format(time=time)
    title = next((title for step, title in STEPS if step in {failed.code, failed.step}), None)
    return tr("✕ {step} fails, {time}").format(step=tr(title or mark("Association")), time=time)


class EchoPanel(QFrame):
    """The steps in a row; ``wanted`` and ``cancelled`` are the user's."""

    wanted = pyqtSignal()
    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.chips: dict[str, QLabel] = {step: label() for step, _ in STEPS}
        self.text = label(wrap=True)
        self.advice = label(wrap=True)
        self.button = QPushButton(tr("Test the way (C-ECHO)"))
        self.copy = QPushButton(tr("Copy for the other side"))
        self._copied = ""
        self._runs = False
        self.button.clicked.connect(self._pressed)
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addSpacing(8)
        for chip in self.chips.values():
            row.addWidget(chip)
            row.addSpacing(10)
        row.addStretch()
        below = QHBoxLayout()
        below.addWidget(self.advice, 1)
        below.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.text)
        layout.addLayout(below)

    def show_under_way(self, peer: Peer) -> None:
        """It is being tested."""
        self._runs = True
        self.button.setText(tr("Cancel"))
        for step, _ in STEPS:
            unused = step == TLS and not peer.tls
            self._chip(step, UNUSED if unused else UNDER_WAY)
        self._say(tr("Asking {name} …").format(name=peer.name), "")

    def show_echo(self, echo: Echo | None, peer: Peer, own: OwnEntity) -> None:
        """How the last test ended; None: there was none."""
        self._runs = False
        self.button.setText(tr("Test the way (C-ECHO)"))
        found = states(echo.steps if echo else (), tls=peer.tls)
        for step, _ in STEPS:
            self._chip(step, found[step])
        if echo is None:
            self._say(tr("Not tested from this console yet."), "")
        elif echo.failed is None:
            words = tr("All of it works ({time}).")
            self._say(words.format(time=clock(echo.at_utc)), "")
        else:
            self._say(echo.failed.text, advice(echo.failed, peer, own))
            if echo.failed.code == CALLING:
                self._copied = for_the_other_side(own)
                self.copy.show()

    def _chip(self, step: str, state: str) -> None:
        glyph, role, word = LOOKS[state]
        title = tr(dict(STEPS)[step])
        chip = self.chips[step]
        chip.setText(f"{glyph} {title}")
        chip.setToolTip(f"{title}: {tr(word)}")
        chip.setAccessibleName(f"{title}: {tr(word)}")
        set_role(chip, role)

    def _say(self, text: str, advice_: str) -> None:
        self.text.setText(text)
        self.advice.setText(advice_)
        self.advice.setVisible(bool(advice_))
        self.copy.hide()

    def _pressed(self) -> None:
        (self.cancelled if self._runs else self.wanted).emit()

    def _copy(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(self._copied)


def for_the_other_side(own: OwnEntity) -> str:
    """What an administrator of a PACS types in, as it is copied."""
    return tr("AE title: {aet}\nHost: {host}\nPort: {port}").format(
        aet=own.ae_title, host=own.host, port=own.dicom_port
    )
