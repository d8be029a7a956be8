"""The page of rules: which results go where, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.question import Question
from pyqt_console.admin.rehearsal import RehearsalPanel
from pyqt_console.admin.requests.peers import Peer, list_peers
from pyqt_console.admin.requests.routes import (
    Route,
    list_routes,
    move_route,
    rehearse,
    remove_route,
    save_route,
)
from pyqt_console.admin.route_form import RouteDialog
from pyqt_console.admin.route_words import conditions, destinations, with_what_was_sent
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label

EVERY_MS: Final = 10_000


def _colour(route: Route) -> str:
    return "text" if route.enabled else "quiet"


COLUMNS: Final = (
    Column(mark("No."), 40, lambda route: str(route.position + 1), colour=_colour),
    Column(mark("Name"), 140, lambda route: route.name, colour=_colour),
    Column(
        mark("State"),
        90,
        lambda route: tr("✓ in force") if route.enabled else tr("– off"),
        colour=lambda route: "negative" if route.enabled else "quiet",
    ),
    Column(mark("If"), 300, lambda route: conditions(route.rule), colour=_colour),
    Column(mark("Then"), 250, lambda route: destinations(route.rule), colour=_colour),
    Column(mark("After that"), 110, lambda route: tr("stop") if route.rule.stop else tr("go on")),
)


class RoutesPage(AdminPage):
    """A radiologist reads them; an admin changes and tries them."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.table = RecordTable(COLUMNS, lambda route: route.name, palette, sortable=False)
        self.default = label(role="quiet", wrap=True)
        self.buttons: dict[str, QPushButton] = {}
        self.dialog: RouteDialog | None = None
        self.question: Question | None = None
        self.rehearsal = RehearsalPanel(
            tr("Dry run on the"), mark("Was sent"), mark("These rules"), palette
        )
        self._peers: tuple[Peer, ...] = ()
        self._pending = ""
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """Rules, and the peers that they may name."""
        client = self.client
        self.load(lambda: (list_routes(client), list_peers(client)), self._show)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)
        self.rehearsal.table.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page; a radiologist has none."""
        if not self.is_admin:
            return ()
        return (
            Key("Ins", tr("add a rule"), self.add),
            Key("Del", tr("remove the rule"), self._ask_to_remove),
            Key("Ctrl+Up", tr("ask the rule earlier"), lambda: self._move(-1)),
            Key("Ctrl+Down", tr("ask the rule later"), lambda: self._move(1)),
        )

    def add(self) -> None:
        """The form of a new rule."""
        self._open(None)

    # -- what the user does ----------------------------------------------------------------

    def _open(self, before: Route | None) -> None:
        names = [each.name for each in self._peers if each.gets_results]
        dialog = RouteDialog(
            self.client, self.background, self.palette_in_use, names, before=before, parent=self
        )
        dialog.saved.connect(self._saved)
        dialog.signed_out.connect(self.signed_out)
        self.dialog = dialog
        dialog.open()

    def _edit(self, *_: object) -> None:
        route = self.table.current()
        if route is not None and self.is_admin:
            self._open(route)

    def _saved(self, route: Route) -> None:
        self._done(tr("{name} is saved.").format(name=route.name), route.name)

    def _done(self, words: str, name: str = "") -> None:
        self._pending = name
        self.say(words)
        self.refresh()

    def _ask_to_remove(self) -> None:
        route = self.table.current()
        if route is None:
            return
        client, name = self.client, route.name
        last = sum(each.enabled for each in self.table.records.records) == int(route.enabled)
        consequence = tr("Its results go nowhere by it any more.")
        if last and route.enabled:
            consequence = tr("No rule is left then: every peer that gets results gets everything.")
        title = tr("Remove the rule {name}?").format(name=name)
        question = Question(
            self.background,
            title,
            consequence,
            tr("Remove"),
            lambda: remove_route(client, name),
            self,
        )
        question.saved.connect(lambda _: self._done(tr("{name} is removed.").format(name=name)))
        question.signed_out.connect(self.signed_out)
        self.question = question
        question.open()

    def _switch(self) -> None:
        route = self.table.current()
        if route is None:
            return
        on = not route.enabled
        words = tr("{name} is in force.") if on else tr("{name} is off: it is as if it were not.")
        self.change(
            lambda: save_route(self.client, route.name, route.rule, enabled=on, before=route),
            lambda _: self._done(words.format(name=route.name), route.name),
        )

    def _move(self, by: int) -> None:
        route = self.table.current()
        count = len(self.table.records.records)
        if route is None or not 0 <= route.position + by < count:
            return
        words = tr("{name} has moved.").format(name=route.name)
        self.change(
            lambda: move_route(self.client, route.name, route.position + by),
            lambda _: self._done(words, route.name),
        )

    def _rehearse(self) -> None:
        last = self.rehearsal.last.value()
        self.rehearsal.show_under_way()

        def broke(error: ConsoleError) -> bool:
            self.rehearsal.show_problem(error)
            return True

        self.change(
            lambda: rehearse(self.client, last),
            lambda found: self.rehearsal.show_found(with_what_was_sent(found)),
            broke,
        )

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, found: tuple[tuple[Route, ...], tuple[Peer, ...]]) -> None:
        routes, self._peers = found
        names = [each.name for each in self._peers if each.gets_results]
        if any(each.enabled for each in routes):
            words = tr("Asked from the top; each rule that holds adds what it says.")
        elif names:
            words = tr("No rule is in force: everything goes to {peers}.").format(
                peers=", ".join(names)
            )
        else:
            words = tr("No rule is in force, and no peer gets results: nothing is sent anywhere.")
        self.default.setText(words)
        self.table.replace(routes)
        if self._pending:
            self.table.select(self._pending)
            self._pending = ""
        self._chosen(self.table.current())

    def _chosen(self, route: Route | None) -> None:
        count = len(self.table.records.records)
        for name in ("edit", "switch", "remove"):
            self.buttons[name].setEnabled(route is not None)
        self.buttons["up"].setEnabled(route is not None and route.position > 0)
        self.buttons["down"].setEnabled(route is not None and route.position < count - 1)
        if route is not None:
            self.buttons["switch"].setText(tr("Turn off") if route.enabled else tr("Turn on"))

    def _build(self) -> None:
        buttons: Sequence[tuple[str, str, Callable[[], None]]] = (
            ("add", tr("Add a rule …"), self.add),
            ("edit", tr("Change …"), self._edit),
            ("switch", tr("Turn off"), self._switch),
            ("up", tr("↑ Earlier"), lambda: self._move(-1)),
            ("down", tr("↓ Later"), lambda: self._move(1)),
            ("remove", tr("Remove …"), self._ask_to_remove),
        )
        for name, words, act in buttons:
            button = self.buttons[name] = QPushButton(words)
            button.clicked.connect(act)
            self.bar.addWidget(button)
            if not self.is_admin:
                button.hide()
        above = QWidget()
        rules = QVBoxLayout(above)
        rules.setContentsMargins(0, 0, 0, 0)
        rules.addWidget(self.default)
        rules.addWidget(self.table, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(above)
        split.addWidget(self.rehearsal)
        self.rehearsal.setVisible(self.is_admin)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self._edit)
        self.rehearsal.button.clicked.connect(self._rehearse)
