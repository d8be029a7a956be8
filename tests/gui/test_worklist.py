"""The worklist as a reader sees it: order, signs, tabs, search, live rows, and its other states."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from pyqt_console.query import WorklistQuery
from pyqt_console.window import ConsoleWindow
from pyqt_console.worklist.columns import COLUMNS
from pyqt_console.worklist.view import WorklistView
from pyqt_console.workplace import Workplace
from storage import series
from storage.records import Role
from tests.gui.conftest import WAIT_MS, finding
from tests.integration.api.conftest import PASSWORD, Api
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed

SignIn = Callable[..., Workplace]
TITLES = [column.title for column in COLUMNS]


def uids(view: WorklistView) -> list[str]:
    return [each.series_uid for each in view.model.rows]


def shown(view: WorklistView, row: int, title: str, role: int = 0) -> object:
    return view.model.index(row, TITLES.index(title)).data(role)


def wait_for_rows(qtbot: QtBot, view: WorklistView, *expected: str) -> None:
    qtbot.waitUntil(lambda: uids(view) == list(expected), timeout=WAIT_MS)


def test_rows_stand_in_the_order_of_urgency_each_with_glyph_and_word(
    qtbot: QtBot, five: Api, sign_in: SignIn
) -> None:
    view = sign_in().worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    assert [shown(view, row, "Status") for row in range(5)] == [
        "▲ finding",
        "◐ partly seen",
        "? not analysed",
        "… queued",
        "○ no finding",
    ]
    assert shown(view, 0, "Patient") == "Doe, Jane"
    assert shown(view, 0, "AI") == "◇ 0.97"
    assert shown(view, 2, "AI") == "◇ –"
    assert shown(view, 2, "C1 – C7") == "A localizer."
    assert view.table.currentIndex().row() == 0
    assert all(shown(view, row, "Patient", Qt.ItemDataRole.FontRole).bold() for row in range(5))  # type: ignore[attr-defined]


def test_tabs_have_counts_and_search_finds_words(
    qtbot: QtBot, five: Api, sign_in: SignIn, window: ConsoleWindow
) -> None:
    workplace = sign_in()
    view = workplace.worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    assert [view.tabs[tab].text() for tab in ("unread", "critical", "not_analysed")] == [
        "Unread 5",
        "Critical 1",
        "Not analysed 1",
    ]
    assert "1 critical" in workplace.counts.text()
    qtbot.keyClick(view.table, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    wait_for_rows(qtbot, view, "1.1")
    qtbot.mouseClick(view.tabs["all"], Qt.MouseButton.LeftButton)
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    qtbot.keyClicks(view.search, "nobody of this name")
    qtbot.waitUntil(view.card.isVisible, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view.card.title.text() == "Nothing found", timeout=WAIT_MS)
    view.search.setText("doe")
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")


def test_more_pages_come_when_the_reader_gets_there(
    qtbot: QtBot, api: Api, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyqt_console.client.PAGE_ROWS", 20)
    for number in range(70):
        given.receive(api.database, f"1.{number}.1", f"1.{number}")
    view = sign_in().worklist
    qtbot.waitUntil(lambda: view.model.rowCount() >= 20, timeout=WAIT_MS)
    assert view.model.rowCount() < 70

    def at_the_end() -> bool:
        view.table.scrollToBottom()
        return view.model.rowCount() == 70

    qtbot.waitUntil(at_the_end, timeout=WAIT_MS)
    assert len(set(uids(view))) == 70


def test_an_empty_list_says_what_to_do(qtbot: QtBot, api: Api, sign_in: SignIn) -> None:
    view = sign_in().worklist
    port = api.context.settings.dicom.port
    # What a PACS must be told, where no study ever came.
    tells = f"to the AE title CSPINE at {socket.gethostname()}, port {port}."
    qtbot.waitUntil(lambda: tells in view.card.text.text(), timeout=WAIT_MS)
    assert view.card.title.text() == "No study came yet"
    view.bar.show_query(WorklistQuery(search="nobody"))
    qtbot.waitUntil(lambda: view.card.title.text() == "Nothing found", timeout=WAIT_MS)
    view.card.button.click()
    qtbot.waitUntil(lambda: view.card.title.text() == "No study came yet", timeout=WAIT_MS)
    given.receive(api.database, "1.2.1", "1.2")
    wait_for_rows(qtbot, view, "1.2")
    view.show_tab("critical")
    qtbot.waitUntil(lambda: view.card.title.text() == "Empty", timeout=WAIT_MS)
    assert "No unread study has a finding" in view.card.text.text()


def test_news_arrives_by_itself_and_the_selected_row_stays(
    qtbot: QtBot, five: Api, sign_in: SignIn
) -> None:
    workplace = sign_in()
    view = workplace.worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    qtbot.waitUntil(lambda: workplace.link.text() == "● live", timeout=WAIT_MS)
    view.select("1.3")
    analysed(five.database, "1.6", 0.99, findings=[finding("C5", 0.99)])
    # 1.4 came out of the queue for it: it is what waited longest.
    qtbot.waitUntil(lambda: "1.6" in uids(view), timeout=WAIT_MS)
    current = view.current()
    assert current is not None
    assert current.series_uid == "1.3"
    qtbot.waitUntil(workplace.announcer.banner.isVisible, timeout=WAIT_MS)
    qtbot.keyClick(view.table, Qt.Key.Key_G)
    wait_for_rows(qtbot, view, "1.4", "1.1")
    assert not workplace.announcer.banner.isVisible()
    opened = view.current()
    assert opened is not None
    assert opened.series_uid == "1.4"


def test_no_row_moves_under_the_reader_s_hand(qtbot: QtBot, five: Api, sign_in: SignIn) -> None:
    view = sign_in().worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    seconds = [1000.0]
    view._monotonic_s = lambda: seconds[0]
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    given.receive(five.database, "1.0.1", "1.0")
    qtbot.waitUntil(lambda: "1 more study" in view.banner.text.text(), timeout=WAIT_MS)
    assert uids(view) == ["1.1", "1.2", "1.3", "1.4", "1.5"]
    # What is known of the rows that are shown is told at once, in their places.
    (record,) = (each for each in [series.get_series(five.database, "1.4")])
    series.take_out(five.database, record.series_uid, now=given.LATER)
    qtbot.waitUntil(lambda: shown(view, 3, "Status") == "✕ failed", timeout=WAIT_MS)
    assert uids(view) == ["1.1", "1.2", "1.3", "1.4", "1.5"]
    seconds[0] += 60
    qtbot.waitUntil(lambda: "1.0" in uids(view), timeout=WAIT_MS)


def test_a_node_that_goes_away_leaves_the_list_and_says_how_old_it_is(
    qtbot: QtBot, five: Api, sign_in: SignIn
) -> None:
    workplace = sign_in()
    view = workplace.worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    five.server.stop()
    qtbot.waitUntil(lambda: workplace.link.text() == "◌ offline", timeout=WAIT_MS)
    assert view.banner.isVisible()
    assert "as of" in view.banner.text.text()
    assert uids(view) == ["1.1", "1.2", "1.3", "1.4", "1.5"]


def test_a_failure_of_the_node_shows_an_id_to_copy(
    qtbot: QtBot, five: Api, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("dicom_node.api.worklist.worklist.counts", broken)
    view = sign_in().worklist
    qtbot.waitUntil(view.card.copy.isVisible, timeout=WAIT_MS)
    assert view.card.title.text() == "The worklist did not come"
    monkeypatch.undo()
    qtbot.mouseClick(view.card.button, Qt.MouseButton.LeftButton)
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")


def test_enter_opens_the_row_and_letters_are_not_a_search(
    qtbot: QtBot, five: Api, sign_in: SignIn
) -> None:
    view = sign_in("bob", Role.ADMIN).worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    qtbot.keyClick(view.table, Qt.Key.Key_D)
    with qtbot.waitSignal(view.opened, timeout=WAIT_MS) as heard:
        qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert heard.args[0].series_uid == "1.2"


def test_filters_show_as_chips_and_each_is_taken_away_by_a_click(
    qtbot: QtBot, five: Api, sign_in: SignIn
) -> None:
    view = sign_in().worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view.table, Qt.Key.Key_F, control_shift)
    qtbot.waitUntil(view.bar.panel.isVisible)
    panel = view.bar.panel
    panel.outcomes["positive"].click()
    panel.outcomes["not_analysed"].click()
    wait_for_rows(qtbot, view, "1.1", "1.3")
    panel.source.setCurrentIndex(panel.source.findData("SCANNER"))
    panel.taken.setCurrentIndex(panel.taken.findData(True))
    qtbot.waitUntil(lambda: view.card.title.text() == "Nothing found", timeout=WAIT_MS)
    assert [each.text() for each in view.bar.chips] == [
        "▲ finding  ×",
        "? not analysed  ×",
        "taken by a reader  ×",
        "from SCANNER  ×",
    ]
    qtbot.mouseClick(view.bar.chips[2], Qt.MouseButton.LeftButton)
    wait_for_rows(qtbot, view, "1.1", "1.3")
    qtbot.mouseClick(view.bar.chips[0], Qt.MouseButton.LeftButton)
    wait_for_rows(qtbot, view, "1.3")
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert panel.isHidden()
    assert [each.text() for each in view.bar.chips] == ["? not analysed  ×", "from SCANNER  ×"]
    # What is filtered stays so while things change: a new finding does not come into it.
    analysed(five.database, "1.6", 0.99, findings=[finding("C5", 0.99)])
    qtbot.waitUntil(lambda: view.tabs["critical"].text() == "Critical 2", timeout=WAIT_MS)
    assert uids(view) == ["1.3"]


def test_a_view_is_saved_chosen_by_key_and_there_at_the_next_start(
    qtbot: QtBot, five: Api, sign_in: SignIn, window: ConsoleWindow
) -> None:
    view = sign_in().worklist
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    view.bar.show_query(WorklistQuery("all", "jane", outcome=("negative", "partial")))
    wait_for_rows(qtbot, view, "1.2", "1.5")
    view.table.setColumnWidth(TITLES.index("Patient"), 222)
    view.table.setColumnHidden(TITLES.index("Series"), True)
    qtbot.keyClick(view.table, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = view.findChildren(QInputDialog)
    dialog.setTextValue("Night")
    dialog.accept()
    assert view.views.text() == "View: Night"
    window.lock()
    qtbot.waitUntil(window.login.isVisible)
    qtbot.keyClicks(window.login.password, PASSWORD)
    qtbot.keyClick(window.login.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    assert window.workplace is not None
    view = window.workplace.worklist
    # Nothing is filtered unasked at the next start: that could hide a finding.
    wait_for_rows(qtbot, view, "1.1", "1.2", "1.3", "1.4", "1.5")
    assert view.views.text() == "Views"
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(view.table, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    wait_for_rows(qtbot, view, "1.2", "1.5")
    assert view.search.text() == "jane"
    assert view.table.columnWidth(TITLES.index("Patient")) == 222
    assert view.table.isColumnHidden(TITLES.index("Series"))
    view.views.rename("Night", "Late")
    assert view.views.text() == "View: Late"
    view.views.fill()
    entries = [each.text() for each in view.views.menu_of_views.actions()]
    assert entries[0] == "Late\tCtrl+6"
    view.views.remove("Late")
    view.views.choose(0)  # there is none any more
    assert view.views.text() == "Views"
    assert uids(view) == ["1.2", "1.5"]
