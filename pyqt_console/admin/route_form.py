"""The form of a rule: when it holds, what goes where; and what it would do, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PyQt6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from pyqt_console.admin.forms import FormDialog
from pyqt_console.admin.rehearsal import RehearsalPanel
from pyqt_console.admin.requests.routes import (
    PATTERNS,
    Draft,
    Rehearsal,
    Route,
    Rule,
    rehearse,
    save_route,
)
from pyqt_console.admin.route_words import OUTCOMES, PIECES, PRIORITIES, with_the_saved_rules
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConflictError, ConsoleError
from pyqt_console.i18n import mark, tr
from pyqt_console.theme import Palette
from pyqt_console.widgets import label

SEPARATOR: Final = ";"
A_ROW: Final = 7
TITLES: Final[Mapping[str, str]] = {
    "source_aet": mark("AE title of the sender"),
    "called_aet": mark("It called this node"),
    "station_name": mark("Station name"),
    "study_description": mark("Study description"),
    "series_description": mark("Series description"),
}


class Choices(QWidget):
    """Boxes of which any may be checked."""

    def __init__(self, words: Mapping[str, str], chosen: Sequence[str]) -> None:
        super().__init__()
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        # What is chosen and not known (any more) is shown as well, so that it can be taken out.
        for number, value in enumerate(dict.fromkeys((*words, *chosen))):
            box = self.boxes[value] = QCheckBox(words.get(value, value))
            box.setChecked(value in chosen)
            grid.addWidget(box, number // A_ROW, number % A_ROW)
        grid.setColumnStretch(A_ROW, 1)

    def chosen(self) -> tuple[str, ...]:
        """In their order."""
        return tuple(value for value, box in self.boxes.items() if box.isChecked())


class RouteDialog(FormDialog):
    """A new rule, or (``before``) changes of one; ``saved`` brings the Route."""

    def __init__(
        self,
        client: NodeClient,
        background: Background,
        palette: Palette,
        destinations: Sequence[str],
        *,
        before: Route | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = tr("A new rule") if before is None else tr("Change a rule")
        super().__init__(background, title, tr("Save"), parent)
        self._client = client
        self._before = before
        rule = before.rule if before else Rule()
        self._others = rule.others
        self.name = QLineEdit(before.name if before else "")
        self.name.setEnabled(before is None)
        self.patterns: dict[str, QLineEdit] = {}
        self.outcome = Choices(_translated(OUTCOMES), rule.outcome)
        self.priority = Choices(_translated(PRIORITIES), rule.priority)
        self.to = Choices({each: each for each in destinations}, rule.to)
        self.pieces = Choices(_translated(PIECES), rule.pieces or tuple(PIECES))
        self.stop = QCheckBox(tr("No rule behind this one is asked"))
        self.stop.setChecked(rule.stop)
        self.enabled = QCheckBox(tr("In force"))
        self.enabled.setChecked(before is None or before.enabled)
        self.rehearsal = RehearsalPanel(
            tr("Try it on the"), mark("With the saved rules"), mark("With this rule"), palette
        )
        self.rehearsal.button.clicked.connect(self._try)
        self._build(rule, bool(destinations))

    def rule(self) -> Rule:
        """As the fields say."""
        patterns = {
            name: tuple(each.strip() for each in field.text().split(SEPARATOR) if each.strip())
            for name, field in self.patterns.items()
        }
        pieces = self.pieces.chosen()
        return Rule(
            **patterns,
            outcome=self.outcome.chosen(),
            priority=self.priority.chosen(),
            to=self.to.chosen(),
            pieces=() if set(pieces) == set(PIECES) else pieces,
            stop=self.stop.isChecked(),
            others=self._others,
        )

    def action(self) -> Callable[[], object]:
        """Save it."""
        name, rule, enabled = self.name.text().strip(), self.rule(), self.enabled.isChecked()
        client, before = self._client, self._before
        return lambda: save_route(client, name, rule, enabled=enabled, before=before)

    def try_to_save(self) -> None:
        """What the node would take for something else is told here."""
        if not self.pieces.chosen():
            self.form.complain("pieces", tr("choose at least one piece"))
        elif not self.name.text().strip():
            self.form.complain("name", tr("it is empty"))
        else:
            super().try_to_save()

    def tell(self, error: ConsoleError) -> bool:
        """That the name is taken belongs to the name; what is about the whole rule, to its end."""
        if isinstance(error, ConflictError) and error.code == "taken":
            self.form.complain("name", str(error))
            return True
        if str(error).startswith("rule: "):
            self.form.complain("to", str(error).removeprefix("rule: "))
            return True
        return super().tell(error)

    def _try(self) -> None:
        draft = Draft(self.name.text().strip() or tr("new rule"), self.rule())
        client, last = self._client, self.rehearsal.last.value()

        def both() -> tuple[tuple[Rehearsal, ...], tuple[Rehearsal, ...]]:
            return rehearse(client, last), rehearse(client, last, draft)

        self.form.clear()
        self.rehearsal.show_under_way()
        self._background.run(
            both,
            lambda found: self.rehearsal.show_found(with_the_saved_rules(*found)),
            self.rehearsal.show_problem,
        )

    def _build(self, rule: Rule, has_destinations: bool) -> None:
        form = self.form
        form.add("name", tr("Name"), self.name)
        self.above.addWidget(
            label(
                tr(
                    "All conditions must hold; an empty one always does. Several values by "
                    "semicolons; * is any text, ? any character."
                ),
                "quiet",
                wrap=True,
            )
        )
        for name in PATTERNS:
            field = self.patterns[name] = QLineEdit(f"{SEPARATOR} ".join(getattr(rule, name)))
            field.setPlaceholderText(tr("any"))
            form.add(name, tr(TITLES[name]), field)
        form.add("outcome", tr("Reading"), self.outcome, tr("None checked: any."))
        form.add("priority", tr("Priority"), self.priority, tr("None checked: any."))
        nobody = tr("No peer gets results yet: give one that role on the page of peers.")
        form.add("to", tr("Goes to"), self.to, "" if has_destinations else nobody)
        form.add("pieces", tr("Pieces"), self.pieces)
        form.add("stop", "", self.stop)
        form.add("enabled", "", self.enabled)
        self.below.addWidget(self.rehearsal, 1)
        self.resize(980, 720)


def _translated(words: Mapping[str, str]) -> dict[str, str]:
    return {value: tr(each) for value, each in words.items()}
