"""Rules as an admin makes them: what they say, their order, and what they would do."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pyqt_console.admin.requests.routes import Rule, Sending
from pyqt_console.admin.route_form import RouteDialog
from pyqt_console.admin.route_words import Compared, change, conditions, destinations
from pyqt_console.admin.routes import RoutesPage
from storage import peers, routes
from storage.records import Peer, Role
from tests.dcmtk import LOOPBACK
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS, finding
from tests.integration.api.conftest import Api
from tests.integration.storage.test_worklist import analysed

WHOLE = dict.fromkeys([f"C{level}" for level in range(1, 8)], "whole")


@pytest.fixture
def two_readings(api: Api) -> Api:
    """One with a finding, one without, a PACS and an archive that get results."""
    analysed(api.database, "1.1", 0.97, findings=[finding("C2", 0.97)], level_coverage=WHOLE)
    analysed(api.database, "1.2", 0.1, level_coverage=WHOLE)
    for name in ("pacs", "archive"):
        peer = Peer(name, name.upper(), LOOPBACK, 104, gets_results=True)
        peers.add_peer(api.database, peer, now=api.context.now())
    return api


def save(api: Api, name: str, **rule: object) -> None:
    routes.put_route(api.database, name, rule, enabled=True, now=api.context.now())


def routes_page(qtbot: QtBot, opened: Opened, role: Role = Role.ADMIN) -> RoutesPage:
    window = opened(role)
    window.go_to("routes")
    page = window.current
    assert isinstance(page, RoutesPage)
    qtbot.waitUntil(lambda: page.as_of is not None, timeout=WAIT_MS)
    return page


def form_of(page: RoutesPage) -> RouteDialog:
    assert page.dialog is not None
    return page.dialog


def names(page: RoutesPage) -> list[str]:
    return [each.name for each in page.table.shown()]


def cell(page: RoutesPage, row: int, column: int) -> str:
    return str(page.rehearsal.table.sorted.index(row, column).data())


def test_a_new_rule_is_tried_before_it_is_saved(
    qtbot: QtBot, two_readings: Api, opened: Opened
) -> None:
    page = routes_page(qtbot, opened)
    assert "everything goes to archive, pacs" in page.default.text()
    qtbot.mouseClick(page.buttons["add"], Qt.MouseButton.LeftButton)
    dialog = form_of(page)
    dialog.name.setText("findings")
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    note = dialog.form.notes["to"]
    qtbot.waitUntil(lambda: "names at least one peer" in note.text(), timeout=WAIT_MS)
    dialog.to.boxes["pacs"].setChecked(True)
    dialog.outcome.boxes["finding"].setChecked(True)
    qtbot.mouseClick(dialog.rehearsal.button, Qt.MouseButton.LeftButton)
    table = dialog.rehearsal.table
    qtbot.waitUntil(lambda: len(table.shown()) == 2, timeout=WAIT_MS)
    of = {each.reading.series_uid: change(each) for each in table.shown()}
    assert of == {"1.1": "− archive: report", "1.2": "− archive: report · − pacs: report"}
    assert not routes.list_routes(two_readings.database)
    with qtbot.waitSignal(dialog.saved, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(page) == ["findings"], timeout=WAIT_MS)
    (saved,) = routes.list_routes(two_readings.database)
    assert saved.rule == {"outcome": ["finding"], "to": ["pacs"]}


def test_rules_are_moved_turned_off_changed_and_removed(
    qtbot: QtBot, two_readings: Api, opened: Opened
) -> None:
    save(two_readings, "first", to=["pacs"])
    save(two_readings, "second", to=["archive"], source_aet=["CT_*", "MR"])
    page = routes_page(qtbot, opened)
    page.table.select("second")
    qtbot.mouseClick(page.buttons["up"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(page) == ["second", "first"], timeout=WAIT_MS)
    assert page.table.current().name == "second"
    qtbot.mouseClick(page.buttons["switch"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.table.current().enabled, timeout=WAIT_MS)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    dialog = form_of(page)
    assert dialog.patterns["source_aet"].text() == "CT_*; MR"
    assert not dialog.enabled.isChecked()
    # Somebody else is faster: nothing of theirs is overwritten.
    save(two_readings, "second", to=["pacs"])
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "someone else" in dialog.problem.text(), timeout=WAIT_MS)
    dialog.reject()
    page.table.select("first")
    qtbot.mouseClick(page.buttons["remove"], Qt.MouseButton.LeftButton)
    assert page.question is not None
    qtbot.mouseClick(page.question.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(page) == ["second"], timeout=WAIT_MS)


def test_a_dry_run_says_what_was_sent_and_what_would_be(
    qtbot: QtBot, two_readings: Api, opened: Opened
) -> None:
    save(two_readings, "findings", to=["pacs"], outcome=["finding"])
    page = routes_page(qtbot, opened)
    qtbot.mouseClick(page.rehearsal.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.rehearsal.table.shown()) == 2, timeout=WAIT_MS)
    page.rehearsal.only.setChecked(True)
    assert [cell(page, 0, column) for column in range(5)] == [
        *("1.1", "finding", "nobody", "pacs: report", "+ pacs: report"),
    ]
    assert page.rehearsal.table.sorted.rowCount() == 1


def test_a_radiologist_reads_the_rules_and_changes_none(
    qtbot: QtBot, two_readings: Api, opened: Opened
) -> None:
    save(two_readings, "first", to=["pacs"])
    page = routes_page(qtbot, opened, Role.RADIOLOGIST)
    assert names(page) == ["first"]
    assert not any(each.isVisible() for each in page.buttons.values())
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.dialog is None
    assert not page.rehearsal.isVisible()


def test_a_rule_is_told_in_words() -> None:
    rule = Rule(source_aet=("CT_*", "MR"), outcome=("finding", "partial"), to=("pacs",))
    assert conditions(rule) == "sender CT_* or MR · finding or partly seen"
    assert destinations(rule) == "everything to pacs"
    assert conditions(Rule()) == "always"
    assert destinations(Rule(stop=True)) == "hold back"


def test_what_this_console_does_not_know_of_a_rule_is_kept() -> None:
    document = {"to": ["pacs"], "body_part": ["NECK"], "stop": True}
    assert Rule.from_json(document).document() == document


def test_the_order_of_pieces_is_no_difference() -> None:
    one, other = Sending("a", ("report", "summary"), ()), Sending("a", ("summary", "report"), ())
    assert not Compared(None, (one,), (other,)).differs  # type: ignore[arg-type]
