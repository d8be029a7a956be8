"""In German nothing of the main views stays English, and their words have room."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pyqt_console.about import AboutDialog
from pyqt_console.i18n import tr, tr_n, use_language
from pyqt_console.shortcuts import COLUMN_ROWS, KeyDialog, in_columns
from pyqt_console.workplace import Workplace
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api
from tests.translations import messages, texts

PLACE = re.compile(r"\{[^{}]*\}|%n")


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    use_language(qapp, "de")
    yield
    use_language(qapp, "en")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def said(of: QWidget) -> Iterator[str]:
    """All that a reader can see or hear of a widget and what is in it."""
    for each in (of, *of.findChildren(QWidget)):
        yield from (each.toolTip(), each.accessibleName(), each.windowTitle())
        if isinstance(each, (QLabel, QAbstractButton)):
            yield each.text()
        if isinstance(each, QLineEdit):
            yield each.placeholderText()
        if isinstance(each, QMenu):
            yield from (action.text() for action in each.actions())
        if isinstance(each, QTableView) and (model := each.model()) is not None:
            for column in range(model.columnCount()):
                yield str(model.headerData(column, Qt.Orientation.Horizontal))
                yield from (
                    str(model.index(row, column).data() or "") for row in range(model.rowCount())
                )


def english(found: set[str]) -> list[str]:
    """Those that are a text of the sources which has another one in German."""
    templates = [
        re.compile(".+".join(map(re.escape, PLACE.split(each.source))))
        for each in texts()
        if tr(each.source, each.meaning) != each.source
        and re.search("[A-Za-z]{3}", PLACE.sub("", each.source))
    ]
    return sorted(text for text in found if any(template.fullmatch(text) for template in templates))


def test_what_was_compiled_says_what_the_translators_file_says(german: None) -> None:
    for each in messages("de"):
        text = each.text
        if not text.plural:
            wanted = each.translations[0] if each.finished else text.source
            assert tr(text.source, text.meaning) == wanted
        for number, form in zip((1, 2), each.translations if text.plural else (), strict=False):
            wanted = form if each.finished else text.source
            assert tr_n("", text.source, number) == wanted.replace("%n", str(number))


def test_no_english_is_left(
    qtbot: QtBot, german: None, five: Api, sign_in: Callable[..., Workplace]
) -> None:
    workplace = sign_in()
    worklist, review = workplace.worklist, workplace.review
    qtbot.waitUntil(lambda: worklist.model.rowCount() == 5, timeout=WAIT_MS)
    found = set(said(workplace.window() or workplace))
    for uid in ("1.1", "1.2", "1.3"):
        row = next(each for each in worklist.model.rows if each.series_uid == uid)
        worklist.opened.emit(row)
        qtbot.waitUntil(lambda: review.form is not None, timeout=WAIT_MS)
        found |= set(said(review))
    about = AboutDialog(five.url, None, workplace)
    keys = KeyDialog(workplace.keys.rows, workplace)
    found |= set(said(about)) | set(said(keys))
    assert {
        "Unbefundet 5",
        "? nicht analysiert",
        "Es sind Übersichtsaufnahmen (Scouts) dabei.",
    } <= found
    assert "Es sind Übersichtsaufnahmen (Scouts) dabei. (A localizer.)" in found
    assert "Nicht oder nicht ganz beurteilt: C2, C3, C4, C5, C6, C7. " in " ".join(found)
    assert {"Strg+F", "Befund bestätigen", "Signieren und weiter  (N)"} <= found
    assert english(found) == []
    box = about.findChild(QDialogButtonBox)
    assert box is not None
    assert [each.text().replace("&", "") for each in box.buttons()] == ["Schließen"]


def test_a_number_is_written_the_same_in_both_languages(german: None) -> None:
    assert (
        tr("{done:.1f} of {total:.1f} MiB").format(done=1.5, total=1234.5) == "1.5 von 1234.5 MiB"
    )


def test_a_long_group_of_keys_goes_on_in_the_next_column() -> None:
    long = [(str(n), "does") for n in range(COLUMN_ROWS + 3)]
    short = [("A", "accept")]
    columns = in_columns({"List": short, "Verdict": short, "Images": long, "Window": short})
    assert [[group for group, _ in column] for column in columns] == [
        ["List", "Verdict"],
        ["Images"],
        [" ", "Window"],
    ]
    assert [key for column in columns for _, keys in column for key in keys] == [
        *short,
        *short,
        *long,
        *short,
    ]
