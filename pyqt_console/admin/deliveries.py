"""The page of deliveries: how each destination is, and the objects on their way to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from pyqt_console.admin.delivery_words import Condition, condition, what_to_do, worst_state
from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests import deliveries
from pyqt_console.admin.requests.deliveries import (
    PIECES,
    STATES,
    Destination,
    Resumed,
    Sending,
    list_destinations,
    list_sendings,
)
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.words import age, moment
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label
from pyqt_console.wording import NOT_KNOWN

EVERY_MS: Final = 10_000


def _oldest(each: Destination) -> str:
    return age(each.waiting_since_utc, datetime.now(UTC))


def _condition(each: Destination) -> Condition:
    return condition(each, datetime.now(UTC))


DESTINATIONS: Final = (
    Column(mark("Destination"), 130, lambda each: each.peer_name),
    Column(
        mark("How it is"),
        210,
        lambda each: _condition(each).text,
        colour=lambda each: _condition(each).colour,
    ),
    Column(mark("Waiting"), 76, lambda each: str(each.pending), lambda each: each.pending),
    Column(
        mark("Parked"),
        70,
        lambda each: str(each.parked),
        lambda each: each.parked,
        colour=lambda each: "caution" if each.parked else "text",
    ),
    Column(mark("Delivered"), 84, lambda each: str(each.delivered), lambda each: each.delivered),
    Column(mark("Oldest waits"), 100, _oldest, lambda each: each.waiting_since_utc),
    Column(mark("Last taken"), 150, lambda each: moment(each.last_sent_utc)),
    Column(mark("Last problem"), 100, lambda each: each.last_error or NOT_KNOWN),
)
SENDINGS: Final = (
    Column(mark("No."), 64, lambda each: str(each.id), lambda each: each.id),
    Column(mark("Object"), 150, lambda each: tr(PIECES.get(each.piece, each.piece))),
    Column(mark("Made"), 150, lambda each: moment(each.made_utc)),
    Column(mark("Tried"), 60, lambda each: str(each.attempts), lambda each: each.attempts),
    Column(
        mark("Next attempt"),
        150,
        lambda each: moment(each.next_attempt_utc) if each.state == "pending" else NOT_KNOWN,
    ),
    Column(mark("Last taken"), 150, lambda each: moment(each.sent_utc)),
    Column(mark("Problem"), 160, lambda each: each.last_error or NOT_KNOWN),
)

Found = tuple[tuple[Destination, ...], str, str, tuple[Sending, ...]]
"""All destinations; of which one, and in which state, the objects are."""


class DeliveriesPage(AdminPage):
    """Destinations above; below, the objects of the chosen one in one state."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.destinations = RecordTable(DESTINATIONS, lambda each: each.peer_name, palette)
        self.sendings = RecordTable(SENDINGS, lambda each: each.id, palette)
        self.state = QComboBox()
        self.heading = label(role="heading")
        self.advice = label(role="quiet", wrap=True)
        self.nothing = label(role="quiet")
        self.resume = QPushButton(tr("Resume"))
        self.resume_all = QPushButton(tr("Resume all parked"))
        self.resend = QPushButton(tr("Send again …"))
        self._is_filling = False
        self._of, self._state = "", next(iter(STATES))
        """Whose objects are shown, in which state."""
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """Destinations, and the objects of the chosen one (else of the first)."""
        chosen, state, before = self.destinations.current(), self._state, self._of
        name = chosen.peer_name if chosen is not None else ""

        def read() -> Found:
            found = list_destinations(self.client)
            if not found:
                return found, "", state, ()
            of = next((each for each in found if each.peer_name == name), found[0])
            wanted = state if of.peer_name == before else worst_state(of)
            return found, of.peer_name, wanted, list_sendings(self.client, of.peer_name, wanted)

        self.load(read, self._show)

    def node_changed(self) -> None:
        """A series made a step: a delivery, perhaps."""
        self.refresh_soon()

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.destinations.set_palette(palette)
        self.sendings.set_palette(palette)

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, found: Found) -> None:
        destinations, name, state, sendings = found
        if not destinations:
            self.show_empty(
                tr("Nothing was ever to be delivered"),
                tr("Results go to peers that “get results” or that a route names."),
            )
            return
        self._is_filling = True
        self.destinations.replace(destinations)
        chosen = self.destinations.current()
        if chosen.peer_name == name and name != self._of:
            self._of, self._state = name, state
            self.state.setCurrentIndex(self.state.findData(state))
        self._is_filling = False
        if chosen.peer_name != name or state != self._state:
            self.refresh()  # another one was chosen meanwhile
            return
        self.heading.setText(tr("Objects for {peer}").format(peer=name))
        self.advice.setText(what_to_do(chosen, datetime.now(UTC)))
        self.sendings.replace(sendings)
        self.nothing.setText(tr("No object for {peer} is in this state.").format(peer=name))
        self.nothing.setVisible(not sendings)
        self.resume_all.setEnabled(chosen.parked > 0)
        self._choose_sending(self.sendings.current())

    def _chosen(self, _: Any) -> None:
        if not self._is_filling:
            self.refresh()

    def _other_state(self) -> None:
        if not self._is_filling:
            self._state = str(self.state.currentData())
            self.refresh()

    def _choose_sending(self, sending: Any) -> None:
        self.resume.setEnabled(sending is not None and sending.state == "parked")
        self.resend.setEnabled(sending is not None and sending.state != "pending")

    # -- what is done ----------------------------------------------------------------------

    def _resume(self) -> None:
        sending = self.sendings.current()
        if sending is not None:
            self._do(
                partial(deliveries.resume, self.client, sending.id),
                tr("Number {number} is tried again now.").format(number=sending.id),
            )

    def _resume_all(self) -> None:
        chosen = self.destinations.current()
        if chosen is None:
            return

        def done(found: Resumed) -> None:
            words = tr_n(
                "%n object is tried again now.", "%n objects are tried again now.", found.resumed
            )
            if found.parked:
                more = tr("{count} more are parked: press again.").format(count=found.parked)
                words = f"{words} {more}"
            self.say(words)
            self.refresh()

        self.change(partial(deliveries.resume_all, self.client, chosen.peer_name), done)

    def _ask_to_resend(self) -> None:
        sending = self.sendings.current()
        if sending is None:
            return
        text = tr(
            "{piece}, number {number}, goes to {peer} once more: the same object under the same "
            "UID. A peer that has it already keeps one of them or refuses the second."
        ).format(
            piece=tr(PIECES.get(sending.piece, sending.piece)).capitalize(),
            number=sending.id,
            peer=sending.peer_name,
        )
        dialog = Question(
            self.background,
            tr("Send it again?"),
            text,
            tr("Send again"),
            partial(deliveries.resend, self.client, sending.id),
            self,
        )
        dialog.signed_out.connect(self.signed_out)
        dialog.saved.connect(lambda _: self._told(tr("It is sent again now.")))
        dialog.open()

    def _do(self, act: Callable[[], None], words: str) -> None:
        self.change(act, lambda _: self._told(words))

    def _told(self, words: str) -> None:
        self.say(words)
        self.refresh()

    def _build(self) -> None:
        self.destinations.setAccessibleName(tr("Destinations"))
        self.sendings.setAccessibleName(tr("Objects"))
        for name, words in STATES.items():
            self.state.addItem(tr(words), name)
        self.state.setAccessibleName(tr("Objects in which state"))
        self.state.currentIndexChanged.connect(self._other_state)
        self.destinations.chosen.connect(self._chosen)
        self.sendings.chosen.connect(self._choose_sending)
        self.resume.clicked.connect(self._resume)
        self.resume_all.clicked.connect(self._resume_all)
        self.resend.clicked.connect(self._ask_to_resend)
        row = QHBoxLayout()
        row.addWidget(self.heading)
        row.addWidget(self.state)
        row.addStretch()
        for each in (self.resume, self.resume_all, self.resend):
            row.addWidget(each)
            if not self.is_admin:
                each.hide()
        below = QWidget()
        inside = QVBoxLayout(below)
        inside.setContentsMargins(0, 4, 0, 0)
        inside.addWidget(self.advice)
        inside.addLayout(row)
        inside.addWidget(self.nothing)
        inside.addWidget(self.sendings, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.destinations)
        split.addWidget(below)
        split.setSizes([220, 420])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self._choose_sending(None)
